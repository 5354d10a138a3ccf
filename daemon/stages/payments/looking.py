"""Looks: what QuickBooks has of the payments that go out next, just before. Store-thread code.

Several payments are looked at in one message set, and then written one after the other. They
share no invoice, so that no write among them changes what another one was looked at for. Where
such an answer cannot be taken in, fewer are looked at together, down to one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from daemon.stages import paging
from daemon.stages.moves import Ask, GoOn, Move
from daemon.stages.payments import (
    deletions,
    describe,
    evidence,
    outcomes,
    plan,
    protocol,
    pushing,
    verdict,
)
from daemon.stages.payments.doubting import first_unanswered
from daemon.stages.payments.evidence import Evidence, Tags
from daemon.stages.payments.intake import LookedCustomer, LookedInvoice
from daemon.stages.payments.plan import LOOKS_AT_ONCE, Asked, Looked, PaymentSync, Step
from daemon.stages.payments.verdict import Fits, HeldBack, PlaceRules, Places, Unfit
from daemon.stages.reading import Reading
from shared.models import mappings
from shared.models.installation import origin
from shared.models.ledger import rereads
from shared.models.ledger.named import receivables_of
from shared.models.payments import from_platform, postings, quickbooks_lists
from shared.qbxml import requests as ask
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.qbxml.responses import ResponseHead
from shared.qbxml.text import LONGEST_NAME, LONGEST_NUMBER, holds
from shared.rules.payments.allowances import allowed
from shared.rules.payments.judging import ACCOUNT_AMBIGUOUS
from shared.rules.payments.names import folded
from shared.rules.payments.tags import Origin
from shared.rules.payments.values import (
    ListKind,
    Payment,
    PaymentPart,
    PaymentStatus,
    Posting,
    PostingState,
)
from shared.rules.values import RecordKind, Session
from shared.structs import Value, replace

LOOKED = ("TxnID", "RefNumber", "CustomerRef", "ARAccountRef", "IsPending", "BalanceRemaining")
LOOKED_CUSTOMER = ("ListID", "FullName", "IsActive", "CurrencyRef")
MOST_UNSEEN = 3
"""So many looks in a row that could not be taken in: it is not one payment that is odd."""
FEW = 4
"""So few payments are always looked at together again, once the one that was odd is over."""
RECORDS = range(3000, 4000)
"""Codes about a record, or about what the application may do with it."""


# The question


def ask_look(
    session: Session, state: PaymentSync, request_id: str, now: datetime
) -> tuple[PaymentSync, Ask]:
    """Ask for the next postings' invoices as they are now, and whether each is or was there."""
    requests: list[ask.Request] = []
    asked: list[Asked] = []
    connection_id = session.connection.id
    ready = [one.id for one in _apart(postings.ready(connection_id, state.at_once))]
    parts, owner = postings.parts(ready), origin(connection_id)
    for number, posting_id in enumerate(ready, 1):
        part = parts[posting_id]
        about_it = tuple(_questions(part, owner, f"{request_id}-{number}"))
        requests.extend(about_it)
        asked.append(Asked(posting_id, _invoices(part.posting), len(about_it)))
    requests.extend(deletions.questions(state, request_id))
    state = replace(
        state, posting_id=asked[0].posting_id, looked_at=now.isoformat(), asked_about=tuple(asked)
    )
    return state, Ask(Step.LOOK.value, request_id, requests)


def _apart(ready: Iterable[Posting]) -> Iterator[Posting]:
    """The first ones that share neither an invoice nor a payment, in their order."""
    met: set[int | str] = set()
    for posting in ready:
        shared: set[int | str] = {posting.payment_id, *(use.invoice_txn_id for use in posting.uses)}
        if met & shared:
            return
        met |= shared
        yield posting


def _questions(part: PaymentPart, owner: Origin, request_id: str) -> Iterator[ask.Request]:
    payment, posting = part.payment, part.posting
    yield _whom_it_concerns(f"{request_id}-1", posting)
    yield ask.ReceivePaymentQuery(
        f"{request_id}-2",
        ref_numbers=Tags.of(owner, payment.external_id, posting).ref_numbers,
        include_lines=True,
    )
    yield ask.ReceivePaymentQuery(
        f"{request_id}-3",
        from_date=payment.date,
        customer_list_id=posting.customer_list_id,
        include_lines=True,
    )
    numbers, name = _numbers_to_ask(payment, posting), _name_to_ask(payment, posting)
    if numbers:
        # Whoever bears a number that the platform named, also what no sync has read yet.
        yield ask.InvoiceQuery(f"{request_id}-4", ref_numbers=numbers, include=LOOKED)
    elif name:
        # Whoever bears the name now: it may have gone to another since the customers were read.
        yield ask.CustomerQuery(f"{request_id}-4", full_names=(name,), include=LOOKED_CUSTOMER)


def _numbers_to_ask(payment: Payment, posting: Posting) -> tuple[str, ...]:
    """Without a number that came garbled out of QuickBooks: it cannot be looked for."""
    named = verdict.numbers_named(payment, posting)
    return tuple(one for one in named if holds(one, LONGEST_NUMBER))


def _name_to_ask(payment: Payment, posting: Posting) -> str:
    """The name by which a payment on account was given its customer; empty where a person or its
    ListID says whom it means.
    """
    if posting.uses:
        return ""
    named = from_platform.on_file(payment.connection_id, [payment.external_id])
    name = named[payment.external_id].customer
    is_told = name == posting.customer_list_id
    is_told = is_told or folded(name) in mappings.of_connection(payment.connection_id)
    return name if holds(name, LONGEST_NAME) and not is_told else ""


def _whom_it_concerns(request_id: str, posting: Posting) -> ask.Request:
    """The invoices of a posting; of one on account, its customer."""
    txn_ids = tuple(use.invoice_txn_id for use in posting.uses)
    if txn_ids:
        return ask.InvoiceQuery(request_id, txn_ids=txn_ids, include=LOOKED)
    list_ids = (posting.customer_list_id,)
    return ask.CustomerQuery(request_id, list_ids=list_ids, include=LOOKED_CUSTOMER)


def _invoices(posting: Posting) -> str:
    invoices = " ".join(use.invoice_txn_id for use in posting.uses)
    return invoices or posting.customer_list_id


# The answer


def take_look(
    session: Session, state: PaymentSync, reading: Reading, now: datetime
) -> tuple[PaymentSync, Move]:
    """Decide of each posting whether it goes out as the books are now."""
    asked, heads = state.asked_about, list(reading.heads)
    about_each = [[heads.pop(0) for _ in range(min(one.parts, len(heads)))] for one in asked]
    about_deletions = heads[: len(deletions.questions(state, ""))]
    if reading.unreadable or len(about_deletions) < len(deletions.questions(state, "")):
        said = reading.unreadable or "a part of the answer was missing"
        return _unseen(session, state, said, now)
    state = replace(state, unseen=0)
    failed = [_unanswered_of(about_it) for about_it in about_each]
    about_all = next((one for one in failed if one and not _is_about_a_record(one)), None)
    about_all = about_all or first_unanswered(about_deletions[:1])
    if about_all is not None and (len(asked) > 1 or not _is_about_a_record(about_all)):
        return _looked_in_vain(session, state, about_all, now)
    state, is_told = deletions.take_listed(session, state, reading.rows, about_deletions)
    if not is_told:
        return plan.go_to(state, Step.LOOK), GoOn()
    state = replace(
        state,
        at_once=min(state.at_once * 2, state.most_at_once),
        write_until=(now + pushing.LOOK_LASTS).isoformat(),
    )
    seen = _Seen.of(session, asked, reading.rows)
    fit = []
    for one, in_vain in zip(asked, failed, strict=True):
        state, is_fit = _decided(session, state, one, in_vain or about_all, seen, now)
        fit += [one.posting_id] if is_fit else []
        if not state.pushing:
            break
    marked = postings.parts(fit)
    to_write = [Looked(one, pushing.mark_of(session, marked[one])) for one in fit]
    return pushing.write_next(state, to_write), GoOn()


class _Seen(Value):
    """What a look showed, and what is on file of the payments that it was about.

    Of payments that share nothing, so that what is decided of one changes nothing of another.
    ``came_in`` are the payments as the platform gave them, by external id, ``own`` the TxnIDs of
    those seen that this store posted.
    """

    rows: Sequence[object]
    invoices: Mapping[str, LookedInvoice]
    customers: Mapping[str, LookedCustomer]
    parts: Mapping[int, PaymentPart]
    came_in: Mapping[str, Payment]
    own: frozenset[str]
    owner: Origin
    rules: PlaceRules

    @classmethod
    def of(cls, session: Session, asked: Sequence[Asked], rows: Sequence[object]) -> _Seen:
        connection_id = session.connection.id
        parts = postings.parts([one.posting_id for one in asked])
        external_ids = [part.payment.external_id for part in parts.values()]
        received = [row.txn_id for row in rows if isinstance(row, ReceivePaymentRet)]
        return cls(
            tuple(deletions.without_others(rows)),
            {row.txn_id: row for row in rows if isinstance(row, LookedInvoice)},
            {row.list_id: row for row in rows if isinstance(row, LookedCustomer)},
            parts,
            from_platform.on_file(connection_id, external_ids),
            frozenset(one.txn_id for one in postings.by_tags(connection_id, txn_ids=received)),
            origin(connection_id),
            pushing.rules_now(session),
        )


def _decided(
    session: Session,
    state: PaymentSync,
    asked: Asked,
    in_vain: ResponseHead | None,
    seen: _Seen,
    now: datetime,
) -> tuple[PaymentSync, bool]:
    part = seen.parts[asked.posting_id]
    posting, payment = part.posting, part.payment
    if in_vain is not None:
        # A record that cannot be read, or is in use, keeps its own payment waiting only.
        code, said = in_vain.status.code, in_vain.status.message
        refused = verdict.refusal(posting, code, said)
        outcomes.put_back(session, part, refused, now, said=said)
        return pushing.left_out(state, refused), False
    known_by = Tags.of(seen.owner, payment.external_id, posting)
    rows = (*seen.rows, *deletions.deletion_of(session, state, posting))
    proof = _search(part, known_by, rows, seen.own)
    if not isinstance(proof.event, protocol.FoundNone):
        # Our own store may be a backup: what it takes for unsent may be in QuickBooks.
        outcomes.take_found(session, part, proof, now)
        return pushing.done_with(state), False
    if payment.status is not PaymentStatus.READY or _invoices(posting) != asked.invoices:
        # It was corrected meanwhile: as it is now, nobody has looked at it.
        return pushing.done_with(state), False
    why = _verdict(session, part, seen)
    if isinstance(why, Fits):
        why = _only_one(session, part, seen) or why
    if isinstance(why, Fits):
        found = verdict.places(part, seen.rules)
        if isinstance(found, Places):
            _accept(posting, why.date or payment.date, why, found, now)
            return state, True
        why = found
    outcomes.queue_reread(session, posting)
    outcomes.put_back(session, part, why, now)
    return pushing.left_out(state, why), False


def _unseen(
    session: Session, state: PaymentSync, said: str, now: datetime
) -> tuple[PaymentSync, Move]:
    """The look could not be taken in: fewer at once; one alone once more, then it waits.

    What nobody has seen is not taken for "not there". Where several in a row are so, it is no
    single payment that is odd, and posting waits for the next sync.
    """
    if len(state.asked_about) > 1:
        return _fewer(state), GoOn()
    if not state.tries and state.most_tries:
        return paging.unreadable(state, said)
    # The odd one is found: the others may be looked at together.
    state = replace(state, unseen=state.unseen + 1, most_at_once=LOOKS_AT_ONCE)
    pushing.put_off(session, state, said, now)
    if state.unseen < MOST_UNSEEN:
        return pushing.done_with(state), GoOn()
    describe.report_unreadable(session, said, now)
    return plan.stop_pushing(state), GoOn()


def _fewer(state: PaymentSync) -> PaymentSync:
    """Look at fewer payments at once; and not at so many again, unless they were few."""
    asked = len(state.asked_about)
    most = min(state.most_at_once, max(FEW, asked // 2))
    at_once = max(1, asked // paging.SHRINK)
    return plan.go_to(replace(state, at_once=at_once, most_at_once=most), Step.LOOK)


def _unanswered_of(about_it: Sequence[ResponseHead]) -> ResponseHead | None:
    """The first question about a posting that QuickBooks did not answer.

    What is gone is an answer: an invoice, or the customer, whose payments cannot be asked for then,
    or a name that nobody bears any more. An invoice whose ID is refused is not: its number may
    show it all the same.
    """
    concerned, by_number, by_customer, *bearing = about_it
    by_name = [one for one in bearing if one.name == "CustomerQueryRs"]
    by_invoice_number = [one for one in bearing if one not in by_name]
    wanted = [by_number]
    wanted += [
        one for one in (concerned, *by_invoice_number) if one.status.code != paging.NOT_FOUND
    ]
    wanted += [one for one in (by_customer, *by_name) if one.status.code not in paging.NOT_THERE]
    return first_unanswered(wanted)


def _is_about_a_record(failed: ResponseHead) -> bool:
    return failed.status.code in RECORDS and failed.status.code not in verdict.NOT_READY


def _looked_in_vain(
    session: Session, state: PaymentSync, failed: ResponseHead, now: datetime
) -> tuple[PaymentSync, Move]:
    """QuickBooks is busy, answers nothing to this application, or not about so many at once."""
    code, said = failed.status.code, failed.status.message
    if code in verdict.NOT_READY:
        return pushing.wait_or_stop(session, state, said, now)
    if _is_about_a_record(failed):
        return _fewer(state), GoOn()
    describe.report_stop(session, str(code), said, now)
    return plan.stop_pushing(state), GoOn()


def _verdict(session: Session, part: PaymentPart, seen: _Seen) -> Fits | HeldBack | Unfit:
    payment, posting = part.payment, part.posting
    binding, may = session.connection.binding, allowed(session.connection, payment)
    closing = binding.closing_date if binding else ""
    if posting.uses:
        return verdict.judge(payment, posting, seen.invoices, closing, may)
    customers = seen.customers
    receivables = verdict.Receivables(
        quickbooks_lists.entries(session.connection.id, ListKind.ACCOUNT),
        receivables_of(session.connection.id, posting.customer_list_id),
    )
    name = _name_to_ask(payment, posting)
    others = verdict.others_of_name(name, posting, customers.values())
    if others:
        ids = [posting.customer_list_id, *(one.list_id for one in others)]
        rereads.queue_reread(session.connection.id, RecordKind.CUSTOMER, ids)
        known = customers.get(posting.customer_list_id)
        found = ", ".join(one.customer for one in (known, *others) if one is not None)
        return verdict.of_code(ACCOUNT_AMBIGUOUS, customer=name, found=found)
    return verdict.judge_on_account(payment, posting, customers, receivables, closing, may)


def _only_one(session: Session, part: PaymentPart, seen: _Seen) -> HeldBack | Unfit | None:
    """Why a number does not say which invoice is meant: QuickBooks has others that bear it.

    Those are read at the end of this sync, so that the ledger shows them.
    """
    came_in = seen.came_in[part.payment.external_id]
    others = verdict.others_of_number(came_in, part.posting, seen.invoices.values())
    if not others:
        return None
    txn_ids = sorted({one.txn_id for one in others})
    rereads.queue_reread(session.connection.id, RecordKind.INVOICE, txn_ids)
    number, count = others[0].number, str(len(txn_ids) + 1)
    return verdict.of_code("payment-invoice-ambiguous", number=number, count=count)


def _search(
    part: PaymentPart, known_by: Tags, rows: Sequence[object], own: Collection[str]
) -> Evidence:
    """What the look shows of a payment that may be there already, be it by another store.

    Once a person had it posted anew, only what has our own tags counts.
    """
    proof = evidence.of_search(rows, part.posting, known_by)
    if part.posting.generation > 1 or not isinstance(proof.event, protocol.FoundNone):
        return proof
    return evidence.of_another(rows, part.payment, part.posting, known_by, own) or proof


def _accept(posting: Posting, day: date, fits: Fits, found: Places, now: datetime) -> None:
    postings.expect(posting.id, fits.expected, fits.paid)
    postings.move(
        posting.id,
        PostingState.PLANNED,
        now,
        event="checked: it matches",
        customer_list_id=fits.customer_list_id,
        customer=fits.customer,
        ar_account_list_id=fits.ar_account_list_id,
        method=found.method or found.missing_method,
        deposit_account=found.deposit_account,
        date=day,
    )

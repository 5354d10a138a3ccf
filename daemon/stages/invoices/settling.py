"""The end of Invoice Sync: who is billed, what is left out and why, which numbers clash.

The books of a company are settled in slices, each in a transaction of its own with the place
where the next one begins, so that nobody waits for more than one and a sync that was cut goes
on, or settles all of it again. What is wrong with the books goes on file on the way; in the end,
what waits on file is held against the books once more. Store-thread code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import NamedTuple, Protocol

from daemon.stages.invoices.importing import READABLE
from daemon.stages.invoices.plan import InvoiceSync, Step
from daemon.stages.troubles import trouble
from shared.hints import tell
from shared.models import problems, syncs
from shared.models.ledger import incoming_invoices, settlement, shared_numbers
from shared.rules.values import Outcome, Record, RecordKind, Session, Trouble
from shared.structs import replace

CYCLE, DUPLICATE = "customer-cycle", "invoice-duplicate-number"
MISSING = settlement.CUSTOMER_MISSING
MOST_NAMED = 3
"""How many of the others a problem names."""

A_SLICE = 500
"""How many plain rows are settled in one transaction: about 5 ms of work."""
AT_ONCE = 250
"""How many rows of a part are read before the cost is looked at again."""
TOLD = 3
"""So many plain rows cost as much as one that is told of, or put on file."""
UNREAD = 5
"""So many numbers are passed over at the cost of one plain row."""


class Slice(NamedTuple):
    """What a slice of a part cost, in plain rows, and where the next begins; "" after the last."""

    cost: int
    until: str


class Work(Protocol):
    """One part of the books."""

    def __call__(
        self, session: Session, terms: settlement.Terms, after: str, limit: int, now: datetime
    ) -> Slice:
        """Settle at most ``limit`` rows of it, those that follow ``after``."""


def settle(session: Session, state: InvoiceSync, now: datetime) -> InvoiceSync:
    """Settle a slice, unless nothing moved since the last finished sync; more where one is named.

    A settlement goes by the terms at its start: were they changed meanwhile, the next sync
    settles again.
    """
    terms = _terms(session)
    if not state.settling:
        on = _digest(terms)
        if not state.position and not state.failed and state.settled_on == on:
            return state
        state = replace(state, step=Step.SETTLE, settled_on=on, settling=next(iter(PARTS)))
    left = A_SLICE
    while state.settling and left > 0:
        done = PARTS[state.settling](session, terms, state.settled_until, AT_ONCE, now)
        left -= done.cost
        part = state.settling if done.until else _following(state.settling)
        state = replace(state, settling=part, settled_until=done.until)
    return state


def _following(part: str) -> str:
    names = list(PARTS)
    return next(iter(names[names.index(part) + 1 :]), "")


def _digest(terms: settlement.Terms) -> str:
    """What a settlement depends on besides invoices and customers, in short."""
    text = repr((terms.jobs.value, str(terms.start_date), sorted(terms.set_aside.items())))
    return sha256(text.encode()).hexdigest()


def _terms(session: Session) -> settlement.Terms:
    connection = session.connection
    aside = _set_aside(session)
    return settlement.Terms(connection.id, connection.jobs, connection.start_date, aside)


def _set_aside(session: Session) -> dict[str, str]:
    """Invoices of which we cannot say what they owe, by reason: skipped, or not readable.

    What we held of them before must not be shown as right.
    """
    skipped = problems.skipped(session.connection.id, RecordKind.INVOICE)
    waiting = problems.waiting(session.connection.id, RecordKind.INVOICE, READABLE)
    return waiting | dict.fromkeys(skipped, "skipped")


def _settle_books(
    part: settlement.Part,
    session: Session,
    terms: settlement.Terms,
    after: str,
    limit: int,
    now: datetime,
) -> Slice:
    settled = settlement.settle(terms, part, after, limit)
    _tell(session, settled)
    troubles = list(_troubles(session, settled))
    problems.report(session.connection.id, session.sync_id, troubles, now)
    told = len(settled.left_out) + len(settled.taken_in) + len(troubles)
    return Slice(settled.rows + TOLD * told, settled.until)


def _tell(session: Session, settled: settlement.Settled) -> None:
    """Have the sync say what is left out from now on, and what is taken in."""
    connection = session.connection
    moved = [txn_id for txn_id, _ in settled.left_out] + settled.taken_in
    documents = incoming_invoices.invoice_documents(connection.id, moved) if moved else {}
    records = [
        _left_out_record(txn_id, documents[txn_id], code, connection.start_date)
        for txn_id, code in settled.left_out
        if code not in READABLE
    ]
    records += [
        Record(RecordKind.INVOICE, txn_id, documents[txn_id], Outcome.IMPORTED)
        for txn_id in settled.taken_in
    ]
    assert session.sync_id is not None
    syncs.add_records(session.sync_id, records)


def _left_out_record(txn_id: str, document: str, code: str, start: date | None) -> Record:
    told = tell(code, date=start)
    return Record(RecordKind.INVOICE, txn_id, document, Outcome.LEFT_OUT, told.message, told.remedy)


def _troubles(session: Session, settled: settlement.Settled) -> Iterator[Trouble]:
    missing = settled.customer_missing
    documents = (
        incoming_invoices.invoice_documents(session.connection.id, missing) if missing else {}
    )
    for one in missing:
        yield trouble(MISSING, RecordKind.INVOICE, one, documents[one])
    for one in settled.cycles:
        yield trouble(CYCLE, RecordKind.CUSTOMER, one, f"Customer {one}")


def _look_for_duplicates(
    session: Session, terms: settlement.Terms, after: str, limit: int, now: datetime
) -> Slice:
    found = shared_numbers.shared_numbers(terms.connection_id, after, limit)
    bearers = [one for number in found.shared for one in number.bearers]
    documents = incoming_invoices.invoice_documents(terms.connection_id, bearers) if bearers else {}
    troubles = [one for number in found.shared for one in _duplicates(number, documents)]
    problems.report(terms.connection_id, session.sync_id, troubles, now)
    return Slice(found.rows // UNREAD + TOLD * len(bearers), found.until)


def _duplicates(
    shared: shared_numbers.SharedNumber, documents: Mapping[str, str]
) -> Iterator[Trouble]:
    """One trouble for each imported invoice that bears the number."""
    basis = sha256(" ".join(sorted(shared.bearers)).encode()).hexdigest()
    for one in shared.imported:
        found = trouble(
            DUPLICATE,
            RecordKind.INVOICE,
            one,
            documents[one],
            number=shared.number,
            count=len(shared.bearers),
            others=_others(one, shared.bearers, documents),
        )
        yield replace(found, basis=basis)


def _others(one: str, bearers: Sequence[str], documents: Mapping[str, str]) -> str:
    """The first of the others, and how many more there are."""
    named = [documents[other] for other in bearers[: MOST_NAMED + 1] if other != one][:MOST_NAMED]
    more = len(bearers) - 1 - len(named)
    return "; ".join([*named, *([f"{more} more"] if more > 0 else [])])


def _close(
    code: str,
    kind: RecordKind,
    still: Callable[[int, Sequence[str]], Collection[str]],
    session: Session,
    terms: settlement.Terms,
    after: str,
    limit: int,
    now: datetime,
) -> Slice:
    """Close what waits under a code about objects of which it is no longer true."""
    waiting = problems.about_which(terms.connection_id, kind, code, after, limit)
    if not waiting:
        return Slice(0, "")
    true = still(terms.connection_id, waiting)
    gone = [one for one in waiting if one not in true]
    problems.resolve(terms.connection_id, kind, gone, [code], now)
    return Slice(TOLD * len(waiting), waiting[-1] if len(waiting) == limit else "")


PARTS: Mapping[str, Work] = {
    **{part.value: partial(_settle_books, part) for part in settlement.Part},
    "numbers": _look_for_duplicates,
    MISSING: partial(_close, MISSING, RecordKind.INVOICE, settlement.without_customer),
    DUPLICATE: partial(_close, DUPLICATE, RecordKind.INVOICE, shared_numbers.sharing),
    CYCLE: partial(_close, CYCLE, RecordKind.CUSTOMER, settlement.in_cycle),
}
"""What is settled, in this order; the last three are what waits on file under a code."""

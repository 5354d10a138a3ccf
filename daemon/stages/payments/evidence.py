"""What an answer of QuickBooks proves about a payment that we sent: pure.

Money that is taken for unsent is sent twice, and money that is taken for sent is lost. So only
an answer that says so in full counts. Why: docs/architecture.md, "Payments: exactly once".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from daemon.stages.payments import protocol
from daemon.stages.payments.protocol import Event
from daemon.stages.reading import Reading
from shared.qbxml import statuses
from shared.qbxml.payment_responses import ErrorRecovery, ReceivePaymentRet
from shared.qbxml.responses import BadRecord, ResponseHead, TxnDeletedRet
from shared.qbxml.statuses import WriteOutcome
from shared.rules.payments import tags
from shared.rules.payments.values import Payment, Posting
from shared.structs import Value

ADD_ANSWER = "ReceivePaymentAddRs"
NEVER_RUNS = frozenset({600, 9001, 9002, 9004})
"""Without an answer to the request: the set to be cleared is unknown, the ID is taken by other
content or without a stored answer, or it is too long. No copy of these bytes will ever run."""
GUID_REFUSED = 3065
OF_ANOTHER = "payment-of-another-installation"


class Tags(Value):
    """What a posting is known by in QuickBooks: of now, and of each time it was planned anew."""

    guids: frozenset[str]
    ref_numbers: tuple[str, ...]

    @classmethod
    def of(cls, origin: tags.Origin, external_id: str, posting: Posting) -> Tags:
        """All tags that this posting ever had, worked out from whose payment it is and its id."""
        earlier = range(1, posting.generation)
        key = (origin, external_id, posting.part)
        guids = {tags.external_guid(*key, generation) for generation in earlier}
        refs = (tags.ref_number(*key, generation) for generation in earlier)
        return cls(
            frozenset(guid.casefold() for guid in {*guids, posting.external_guid}),
            (posting.ref_number, *refs),
        )

    def mark(self, ret: ReceivePaymentRet) -> bool:
        """Whether a payment of QuickBooks carries any of them."""
        memo = ret.memo.casefold()
        return ret.external_guid.casefold() in self.guids or any(
            ref.casefold() == ret.ref_number.casefold() or tags.memo_tag(ref).casefold() in memo
            for ref in self.ref_numbers
        )

    def name(self, text: str) -> bool:
        """Whether a text names one of the RefNumbers."""
        return any(ref.casefold() in text.casefold() for ref in self.ref_numbers)


class Evidence(Value):
    """An event of the posting protocol, with what it rests on.

    ``ret`` is the payment in QuickBooks; where only its ID was told, its other fields are
    empty. ``code`` and ``said`` are QuickBooks' status. ``hint`` says why a person must decide.
    """

    event: Event
    ret: ReceivePaymentRet | None = None
    code: int = 0
    said: str = ""
    hint: str = ""
    found: str = ""


def of_write(reading: Reading, set_id: str) -> Evidence:
    """What the answer to a ReceivePaymentAdd proves."""
    head = _head(reading)
    if reading.unreadable or (head is not None and head.request_id != set_id):
        return Evidence(protocol.Unanswered())
    if head is None:
        never = reading.set_status in NEVER_RUNS
        return Evidence(protocol.Unanswered(never, for_good=never), code=reading.set_status or 0)
    code, said = head.status.code, head.status.message
    ret = _payment(reading)
    match statuses.write_outcome(code, said):
        case WriteOutcome.SAVED if ret is not None:
            return Evidence(protocol.Saved(), ret, code, said)
        case WriteOutcome.NOT_DONE if ret is None:
            return Evidence(protocol.Declined(), None, code, said)
        case _:
            never = code == GUID_REFUSED
            return Evidence(protocol.Unanswered(never, for_good=never), None, code, said)


def of_check(reading: Reading, set_id: str) -> Evidence:
    """What QuickBooks remembers of a set: the whole answer, its status alone, or its record."""
    head = _head(reading)
    foreign = head is not None and head.request_id not in (None, "", set_id)
    if reading.unreadable or reading.set_status or foreign:
        return Evidence(protocol.NotRemembered(), code=reading.set_status or 0)
    if head is None:
        # Zero says that the set is on record, even where its answer is not shown.
        on_record = reading.set_status == 0
        return Evidence(protocol.RanUnseen() if on_record else protocol.NotRemembered())
    code, said = head.status.code, head.status.message
    ret = _payment(reading)
    match statuses.write_outcome(code, said):
        case WriteOutcome.SAVED if ret is not None:
            return Evidence(protocol.Saved(), ret, code, said)
        case WriteOutcome.NOT_DONE if ret is None:
            return Evidence(protocol.Declined(), None, code, said)
        case _ if code == GUID_REFUSED:
            return Evidence(protocol.NotRemembered(), None, code, said)
        case _:
            # It is on record, so it would never run again; what it made is not told.
            return Evidence(protocol.RanUnseen(), None, code, said)


def of_search(rows: Iterable[object], posting: Posting, known_by: Tags) -> Evidence:
    """What looking for a payment by its tags proves; all parts of the search were answered."""
    rows = tuple(rows)
    live = ours_among(rows, known_by)
    unread = _unread_among(rows, known_by) - {one.txn_id for one in live}
    found = len(live) + len(unread)
    if found > 1:
        return _unclear("payment-found-several", str(found))
    if live:
        return _alone(live[0], posting)
    if unread:
        return _unclear("payment-found-other", "a record that cannot be read")
    # What had earlier tags was deleted before a person decided to post it anew.
    tag = posting.ref_number.casefold()
    if any(isinstance(one, TxnDeletedRet) and one.ref_number.casefold() == tag for one in rows):
        return _unclear("payment-found-deleted", "")
    return Evidence(protocol.FoundNone())


def of_another(
    rows: Iterable[object], payment: Payment, posting: Posting, known_by: Tags, own: Collection[str]
) -> Evidence | None:
    """The same payment as another store, or another account, posted it: a person decides.

    Its number or memo names the same id, but its tags are not ours. Of another customer, of
    another amount or for other invoices it is another payment, and none of ours. ``own`` are the
    TxnIDs of what this store itself posted, for payments whose ids may be much alike.
    """
    for row in rows:
        if not isinstance(row, ReceivePaymentRet) or known_by.mark(row) or row.txn_id in own:
            continue
        named = tags.name_payment(row.ref_number, row.memo, payment.external_id)
        if named and _may_be_the_same(row, posting):
            return _unclear(OF_ANOTHER, f"TxnID {row.txn_id}, number {row.ref_number}")
    return None


def _may_be_the_same(ret: ReceivePaymentRet, posting: Posting) -> bool:
    applied = {one.txn_id for one in ret.applied}
    wanted = {use.invoice_txn_id for use in posting.uses}
    same_invoices = not applied or not wanted or bool(applied & wanted)
    terms = (ret.customer.list_id, ret.total_amount)
    return same_invoices and terms == (posting.customer_list_id, posting.amount)


def ours_among(rows: Iterable[object], known_by: Tags) -> Sequence[ReceivePaymentRet]:
    """The payments that carry any of these tags, each once."""
    found = {
        one.txn_id: one for one in rows if isinstance(one, ReceivePaymentRet) and known_by.mark(one)
    }
    return tuple(found.values())


def _unread_among(rows: Iterable[object], known_by: Tags) -> set[str]:
    return {
        one.object_id for one in rows if isinstance(one, BadRecord) and known_by.name(one.document)
    }


def _alone(ret: ReceivePaymentRet, posting: Posting) -> Evidence:
    """The one payment with our tags; as we sent it, or somebody changed it meanwhile."""
    as_sent = (posting.amount, posting.customer_list_id)
    if (ret.total_amount, ret.customer.list_id) == as_sent:
        return Evidence(protocol.Saved(), ret)
    amount = f"{ret.total_amount:,.2f}" if ret.total_amount is not None else "no amount"
    return _unclear("payment-found-other", f"{amount} of {ret.customer.full_name}")


def _unclear(hint: str, found: str) -> Evidence:
    return Evidence(protocol.FoundUnclear(), hint=hint, found=found)


def _head(reading: Reading) -> ResponseHead | None:
    return next((head for head in reading.heads if head.name == ADD_ANSWER), None)


def _payment(reading: Reading) -> ReceivePaymentRet | None:
    """The payment in the answer, or what is told of it where QuickBooks names it only."""
    for row in reading.rows:
        if isinstance(row, ReceivePaymentRet) and row.txn_id:
            return row
        if isinstance(row, ErrorRecovery) and row.txn_id:
            return ReceivePaymentRet(txn_id=row.txn_id, edit_sequence=row.edit_sequence)
        if isinstance(row, BadRecord) and row.object_id:
            return ReceivePaymentRet(txn_id=row.object_id)
    return None

"""What QuickBooks asks of a request and no schema says: rules over several fields.

Formats and the order of elements are declared in ``requests``, and checked by ``grammar``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from shared.qbxml.elements import elements_of
from shared.qbxml.formats import ITERATOR_ID, MESSAGE_SET_ID, REQUEST_ID, TIME, Format
from shared.qbxml.requests import (
    AppliedToTxn,
    Continue,
    ReceivePaymentAdd,
    ReceivePaymentQuery,
    Request,
    RequestRefused,
    Write,
)
from shared.qbxml.text import BadAmount, BadTime, wall_clock, write_amount
from shared.qbxml.versions import SPOKEN_VERSIONS, is_spoken


def check_message_set(
    requests: Sequence[Request], version: str, new_message_set_id: str, old_message_set_id: str
) -> None:
    """Raises RequestRefused for the first rule that the message set breaks."""
    for refusal in _refusals(requests, version, new_message_set_id, old_message_set_id):
        raise refusal


def _refusals(
    requests: Sequence[Request], version: str, new_id: str, old_id: str
) -> Iterator[RequestRefused]:
    if not is_spoken(version):
        rule = f"a qbXML version from {SPOKEN_VERSIONS[-1]} to {SPOKEN_VERSIONS[0]}"
        yield RequestRefused("qbxml/@version", version, rule, "Choose one that QuickBooks lists.")
    yield from _id_refusals("QBXMLMsgsRq/@newMessageSetID", new_id)
    yield from _id_refusals("QBXMLMsgsRq/@oldMessageSetID", old_id)
    if not requests and not new_id and not old_id:
        yield RequestRefused(
            "QBXMLMsgsRq", "", "one request or more", "Ask for something, or name a message set."
        )
    yield from _request_id_refusals(requests)
    yield from _companion_refusals(requests)
    for request in requests:
        yield from _request_refusals(request)


def _id_refusals(path: str, message_set_id: str) -> Iterator[RequestRefused]:
    if message_set_id and not _fits(message_set_id, MESSAGE_SET_ID):
        remedy = "Make a shorter ID; a UUID does not fit."
        yield RequestRefused(path, message_set_id, MESSAGE_SET_ID.rule, remedy)


def _request_id_refusals(requests: Sequence[Request]) -> Iterator[RequestRefused]:
    seen = set()
    for request in requests:
        path = f"{request.name}/@requestID"
        if not _fits(request.request_id, REQUEST_ID):
            remedy = "Make a shorter or plainer ID."
            yield RequestRefused(path, request.request_id, REQUEST_ID.rule, remedy)
        if request.request_id in seen:
            rule = "different in each request of a message set"
            yield RequestRefused(path, request.request_id, rule, "Number the requests.")
        seen.add(request.request_id)


def _fits(text: str, wanted: Format) -> bool:
    """Whether an attribute has its format; attributes are of plain ASCII."""
    return all(re.fullmatch(pattern, text) for pattern in wanted.patterns)


def _companion_refusals(requests: Sequence[Request]) -> Iterator[RequestRefused]:
    """A write travels alone: one answer for several leaves open which of them was done."""
    writes = [request for request in requests if isinstance(request, Write)]
    if writes and len(requests) > 1:
        name, request_id = writes[0].name, writes[0].request_id
        yield RequestRefused(name, request_id, "alone in its message set", "Send the rest apart.")


def _request_refusals(request: Request) -> Iterator[RequestRefused]:
    if isinstance(request, ReceivePaymentAdd):
        yield from _payment_refusals(request)
    yield from _iterator_refusals(request)
    yield from _time_refusals(request)
    if isinstance(request, ReceivePaymentQuery):
        yield from _range_refusals(request)


def _payment_refusals(payment: ReceivePaymentAdd) -> Iterator[RequestRefused]:
    """What QuickBooks asks of a payment; amounts that are none end the list."""
    path = f"{payment.name}/ReceivePaymentAdd"
    bad = list(_amount_refusals(path, payment))
    if bad:
        yield from bad
        return
    if bool(payment.applied) is payment.unapplied:
        rule = "given for each invoice that the payment pays, and only then"
        yield RequestRefused(f"{path}/AppliedToTxnAdd", "", rule, "Name the invoices.")
    seen = set()
    for step, use in _numbered(payment):
        txn_id = use.txn_id.upper()
        if txn_id in seen:
            rule = "different in each application of a payment"
            yield RequestRefused(f"{path}/{step}/TxnID", use.txn_id, rule, "Add up the amounts.")
        seen.add(txn_id)
    applied = sum(use.payment_amount for use in payment.applied)
    if applied > payment.total_amount:
        yield RequestRefused(
            f"{path}/TotalAmount",
            str(payment.total_amount),
            f"no less than what is applied, {applied}",
            "Apply less, or correct the amount of the payment.",
        )


def _amount_refusals(path: str, payment: ReceivePaymentAdd) -> Iterator[RequestRefused]:
    amounts = {f"{step}/PaymentAmount": use.payment_amount for step, use in _numbered(payment)}
    for step, amount in {"TotalAmount": payment.total_amount, **amounts}.items():
        if not _is_payable(amount):
            rule = "above zero, in whole cents, of at most 13 digits before the point"
            yield RequestRefused(f"{path}/{step}", str(amount), rule, "Correct the amount.")


def _numbered(payment: ReceivePaymentAdd) -> Iterator[tuple[str, AppliedToTxn]]:
    """Each application with its step in a path: numbered, when it has namesakes."""
    is_alone = len(payment.applied) == 1
    for number, use in enumerate(payment.applied, start=1):
        yield "AppliedToTxnAdd" if is_alone else f"AppliedToTxnAdd[{number}]", use


def _is_payable(amount: Decimal) -> bool:
    try:
        write_amount(amount)
    except BadAmount:
        return False
    return amount > 0


def _iterator_refusals(request: Request) -> Iterator[RequestRefused]:
    step = getattr(request, "iterator", None)
    if step is None:
        return
    if getattr(request, "max_returned", None) is None:
        rule = "given with an iterator"
        yield RequestRefused(f"{request.name}/MaxReturned", "", rule, "Set the size of a page.")
    if isinstance(step, Continue) and not _fits(step.iterator_id, ITERATOR_ID):
        yield RequestRefused(
            f"{request.name}/@iteratorID",
            step.iterator_id,
            ITERATOR_ID.rule,
            "Start the iterator again in this session.",
        )


def _time_refusals(request: Request) -> Iterator[RequestRefused]:
    """Times that no calendar has: a pattern lets the 31st of June pass."""
    for field, element in elements_of(type(request)):
        if element.holds is TIME:
            try:
                wall_clock(getattr(request, field))
            except BadTime as why:
                path = f"{request.name}/{element.path}"
                remedy = "Give the time as QuickBooks wrote it."
                yield RequestRefused(path, why.text, why.wanted, remedy)


def _range_refusals(request: ReceivePaymentQuery) -> Iterator[RequestRefused]:
    first, last = request.from_date, request.to_date
    if first and last and first > last:
        yield RequestRefused(
            f"{request.name}/TxnDateRangeFilter/FromTxnDate",
            str(first),
            "no later than the end of the range",
            "Swap the two ends.",
        )

"""What QuickBooks asks of a request and no schema says: rules over several fields.

Lengths, formats and the order of elements are in ``schema/requests.rng``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from shared.qbxml.requests import (
    AppliedToTxn,
    Continue,
    CustomerQuery,
    InvoiceQuery,
    ListDeletedQuery,
    ReceivePaymentAdd,
    ReceivePaymentQuery,
    Request,
    RequestRefused,
    Start,
    TxnDeletedQuery,
    Write,
)
from shared.qbxml.text import BadAmount, BadTime, wall_clock, write_amount
from shared.qbxml.versions import SPOKEN_VERSIONS, is_spoken

_REQUEST_ID = re.compile(r"[!-~]{1,50}")
_MESSAGE_SET_ID = re.compile(r"[A-Za-z0-9-]{1,23}")
_ITERATOR_ID = re.compile(r"[!-~]{1,64}")


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
    if message_set_id and _MESSAGE_SET_ID.fullmatch(message_set_id) is None:
        yield RequestRefused(
            path,
            message_set_id,
            "1 to 23 letters, digits and dashes",
            "Make a shorter ID; a UUID does not fit.",
        )


def _request_id_refusals(requests: Sequence[Request]) -> Iterator[RequestRefused]:
    seen = set()
    for request in requests:
        path = f"{request.name}/@requestID"
        if _REQUEST_ID.fullmatch(request.request_id) is None:
            rule = "1 to 50 printable ASCII characters without spaces"
            yield RequestRefused(path, request.request_id, rule, "Make a shorter or plainer ID.")
        if request.request_id in seen:
            rule = "different in each request of a message set"
            yield RequestRefused(path, request.request_id, rule, "Number the requests.")
        seen.add(request.request_id)


def _companion_refusals(requests: Sequence[Request]) -> Iterator[RequestRefused]:
    """A write travels alone: one answer for several leaves open which of them was done."""
    writes = [request for request in requests if isinstance(request, Write)]
    if writes and len(requests) > 1:
        name, request_id = writes[0].name, writes[0].request_id
        yield RequestRefused(name, request_id, "alone in its message set", "Send the rest apart.")


def _request_refusals(request: Request) -> Iterator[RequestRefused]:
    match request:
        case CustomerQuery():
            yield from _iterator_refusals(request)
            yield from _range_refusals(
                f"{request.name}/%sModifiedDate", request.from_modified, request.to_modified
            )
        case ReceivePaymentAdd():
            yield from _payment_refusals(request)
        case InvoiceQuery() | ReceivePaymentQuery():
            yield from _iterator_refusals(request)
            yield from _range_refusals(
                f"{request.name}/ModifiedDateRangeFilter/%sModifiedDate",
                request.from_modified,
                request.to_modified,
            )
            if request.from_date and request.to_date and request.from_date > request.to_date:
                yield _backwards(
                    f"{request.name}/TxnDateRangeFilter/FromTxnDate", str(request.from_date)
                )
        case TxnDeletedQuery() | ListDeletedQuery():
            yield from _range_refusals(
                f"{request.name}/DeletedDateRangeFilter/%sDeletedDate",
                request.from_deleted,
                request.to_deleted,
            )


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


def _iterator_refusals(
    request: CustomerQuery | InvoiceQuery | ReceivePaymentQuery,
) -> Iterator[RequestRefused]:
    step = request.iterator
    if isinstance(step, Start | Continue) and request.max_returned is None:
        rule = "given with an iterator"
        yield RequestRefused(f"{request.name}/MaxReturned", "", rule, "Set the size of a page.")
    if step is None or isinstance(step, Start):
        return
    if _ITERATOR_ID.fullmatch(step.iterator_id) is None:
        yield RequestRefused(
            f"{request.name}/@iteratorID",
            step.iterator_id,
            "the ID that the answer to Start brought",
            "Start the iterator again in this session.",
        )


def _range_refusals(path: str, first: str, last: str) -> Iterator[RequestRefused]:
    for end, text in (("From", first), ("To", last)):
        try:
            wall_clock(text)
        except BadTime as why:
            yield RequestRefused(
                path % end, text, why.wanted, "Give the time as QuickBooks wrote it."
            )
    if first and last and first > last:
        yield _backwards(path % "From", first)


def _backwards(path: str, value: str) -> RequestRefused:
    return RequestRefused(path, value, "no later than the end of the range", "Swap the two ends.")

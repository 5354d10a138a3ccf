"""Answers as QuickBooks writes them, with defaults, and where Intuit's own files may lie.

A record is a mapping of element name to text, to a mapping (an aggregate) or to a list of
either (a repeated element). Text is escaped once; write references such as ``&#153;`` by
``Raw``. None leaves an element out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape, quoteattr

import pytest

from shared.qbxml.reader import Limits, Repaired, read_message_set
from shared.qbxml.responses import BadRecord, MessageSetHead, ResponseHead, Ret
from shared.structs import Value

SHARED = Path(__file__).parents[2].parent / "shared"
SAMPLES = SHARED / "qbxml-samples"
INTUIT_SCHEMA = SHARED / "qbxml-schema" / "qbxmlops130.xsd"

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="Intuit's samples of qbXML are not beside this checkout"
)
needs_intuit_schema = pytest.mark.skipif(
    not INTUIT_SCHEMA.is_file(), reason="Intuit's XSD is not beside this checkout"
)

Record = Mapping[str, Any]


class Raw(str):
    """Text that is XML already."""

    __slots__ = ()


def xml(name: str, content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, list):
        return "".join(xml(name, each) for each in content)
    if isinstance(content, Mapping):
        inner = "\n" + "".join(xml(child, value) for child, value in content.items())
    else:
        inner = content if isinstance(content, Raw) else escape(str(content))
    return f"<{name}>{inner}</{name}>\n"


def response(name: str, *records: str, request_id: str | None = "1", **attributes: Any) -> str:
    status = {"statusCode": 0, "statusSeverity": "Info", "statusMessage": "Status OK"}
    given = {"requestID": request_id} | status | attributes
    written = "".join(f" {k}={quoteattr(str(v))}" for k, v in given.items() if v is not None)
    return f"<{name}{written}>\n{''.join(records)}</{name}>\n"


def answer(*responses: str, **attributes: str) -> str:
    written = "".join(f" {k}={quoteattr(v)}" for k, v in attributes.items())
    inner = f"<QBXMLMsgsRs{written}>\n{''.join(responses)}</QBXMLMsgsRs>\n"
    return f'<?xml version="1.0" ?>\n<QBXML>\n{inner}</QBXML>\n'


def ref(list_id: str, full_name: str) -> Record:
    return {"ListID": list_id, "FullName": full_name}


def invoice(**changes: Any) -> Record:
    return {
        "TxnID": "1A2-1718200000",
        "TimeCreated": "2024-06-12T09:46:40-05:00",
        "TimeModified": "2024-06-20T16:02:11-05:00",
        "EditSequence": "1718913731",
        "TxnNumber": "401",
        "CustomerRef": ref("80000102-1", "Alder Joinery:Stairs"),
        "ARAccountRef": ref("80000021-1", "Accounts Receivable"),
        "TxnDate": "2024-06-12",
        "RefNumber": "1042",
        "IsPending": "false",
        "DueDate": "2024-07-12",
        "Subtotal": "1200.00",
        "SalesTaxPercentage": "8.25",
        "SalesTaxTotal": "99.00",
        "AppliedAmount": "-500.00",
        "BalanceRemaining": "799.00",
        "Memo": "First delivery",
        "IsPaid": "false",
    } | changes


def line(**changes: Any) -> Record:
    return {
        "TxnLineID": "1A4-1",
        "ItemRef": ref("80000031-1", "Oak:Treads"),
        "Desc": "Oak treads",
        "Quantity": "40",
        "Rate": "22.50",
        "Amount": "900.00",
        "SalesTaxCodeRef": ref("80000001-1", "Tax"),
    } | changes


def customer(**changes: Any) -> Record:
    return {
        "ListID": "80000101-1",
        "TimeCreated": "2023-07-12T18:13:20-05:00",
        "TimeModified": "2024-06-20T16:02:11-05:00",
        "EditSequence": "1718913731",
        "Name": "Alder Joinery",
        "FullName": "Alder Joinery",
        "IsActive": "true",
        "Sublevel": "0",
        "Balance": "75.00",
        "TotalBalance": "3039.00",
    } | changes


def payment(**changes: Any) -> Record:
    return {
        "TxnID": "1B0-1718913731",
        "TimeCreated": "2024-06-20T16:02:11-05:00",
        "TimeModified": "2024-06-20T16:02:12-05:00",
        "EditSequence": "1718913731",
        "TxnNumber": "406",
        "CustomerRef": ref("80000102-1", "Alder Joinery:Stairs"),
        "ARAccountRef": ref("80000021-1", "Accounts Receivable"),
        "TxnDate": "2024-06-20",
        "RefNumber": "CHK 5512",
        "TotalAmount": "500.00",
        "PaymentMethodRef": ref("80000002-1", "Check"),
        "Memo": "part payment",
        "DepositToAccountRef": ref("80000047-1", "Undeposited Funds"),
        "UnusedPayment": "0.00",
        "UnusedCredits": "0.00",
        "ExternalGUID": "{9A6D1F52-0C1B-4D1E-8F77-5A4B3C2D1E0F}",
        "AppliedToTxnRet": [applied()],
    } | changes


def applied(**changes: Any) -> Record:
    return {
        "TxnID": "1A2-1718200000",
        "TxnType": "Invoice",
        "TxnDate": "2024-06-12",
        "RefNumber": "1042",
        "BalanceRemaining": "799.00",
        "Amount": "500.00",
    } | changes


def payments_answer(*records: Record, **attributes: Any) -> str:
    rets = (xml("ReceivePaymentRet", record) for record in records)
    return answer(response("ReceivePaymentQueryRs", *rets, **attributes))


def invoices_answer(*records: Record, **attributes: Any) -> str:
    rets = (xml("InvoiceRet", record) for record in records)
    return answer(response("InvoiceQueryRs", *rets, **attributes))


def customers_answer(*records: Record, **attributes: Any) -> str:
    rets = (xml("CustomerRet", record) for record in records)
    return answer(response("CustomerQueryRs", *rets, **attributes))


def read_one(text: str | bytes) -> Response:
    """The only response of an answer."""
    (only,) = read_all(text).responses
    return only


def read_sample(name: str) -> MessageSet:
    return read_all((SAMPLES / name).read_bytes())


RetT = TypeVar("RetT", bound=Ret)


class Response(Value):
    """One ``*Rs`` of a small answer, whole."""

    head: ResponseHead
    rows: tuple[Ret, ...]
    bad: tuple[BadRecord, ...]


class MessageSet(Value):
    """A small answer, whole: what ``read_all`` returns."""

    head: MessageSetHead
    responses: tuple[Response, ...]

    def rows_of(self, kind: type[RetT]) -> Iterator[RetT]:
        """The records of one kind, over all responses, in the order of the answer."""
        for response in self.responses:
            yield from (row for row in response.rows if isinstance(row, kind))

    def first(self, kind: type[RetT]) -> RetT | None:
        """The first record of one kind, such as the HostRet; None when there is none."""
        return next(self.rows_of(kind), None)


def read_all(data: bytes | str, limits: Limits | None = None) -> MessageSet:
    """Read a small answer whole. Raises UnreadableAnswer."""
    parts = read_message_set([data], limits)
    head = next(parts)
    assert isinstance(head, MessageSetHead)
    heads: list[ResponseHead] = []
    rows: list[list[Ret | BadRecord]] = []
    for part in parts:
        if isinstance(part, ResponseHead):
            heads.append(part)
            rows.append([])
        elif not isinstance(part, MessageSetHead | Repaired):
            rows[-1].append(part)
    return MessageSet(head, tuple(map(_response, heads, rows)))


def _response(head: ResponseHead, rows: list[Ret | BadRecord]) -> Response:
    bad = tuple(row for row in rows if isinstance(row, BadRecord))
    return Response(head, tuple(row for row in rows if not isinstance(row, BadRecord)), bad)

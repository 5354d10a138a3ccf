"""Writing answers the way QuickBooks does: plain ASCII, decimal references, one element a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from shared.structs import Value
from simulator.company.errors import OK, Status
from simulator.company.grammar import Version
from simulator.company.message_set import Request
from simulator.company.records import StoredAnswer

_SPECIAL = re.compile("[&<>\"'\x80-\U0010ffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_FIRST_ALL = (12, 0)  # from this version on, answers have everything
RECOVERY_SINCE = (11, 0)  # the ErrorRecovery element
ANSWER, STATUS, RECOVERY = "answer", "status", "recovery"

# Elements of answers that came later than qbXML 1.0.
SINCE: dict[str, Version] = {
    "Country": (3, 0),
    "IsPaid": (2, 0),
    "LinkedTxn": (1, 1),
    "BillAddressBlock": (6, 0),
    "ShipAddressBlock": (6, 0),
    "IsToBeEmailed": (6, 0),
    "IsTaxIncluded": (6, 0),
    "CurrencyRef": (8, 0),
    "ExchangeRate": (8, 0),
    "BalanceRemainingInHomeCurrency": (8, 0),
    "CreditRemainingInHomeCurrency": (8, 0),
    "TotalAmountInHomeCurrency": (8, 0),
    "MultiCurrencyPreferences": (8, 0),
    "ExternalGUID": (9, 0),
    "PaymentMethodType": (7, 0),
    "CreditRemaining": (2, 0),
    "SpecialAccountType": (2, 1),
    "PreferredDeliveryMethod": (12, 0),
}


def escape(text: str) -> str:
    """Text as QuickBooks writes it: Windows-1252 characters by their own code, as references.

    So a trade mark sign is ``&#153;``, and an e with acute is ``&#233;``. What Windows-1252 does
    not have is lost: a question mark.
    """
    return _SPECIAL.sub(_reference, text)


def _reference(found: re.Match[str]) -> str:
    char = found[0]
    return _NAMED.get(char) or f"&#{char.encode('cp1252', 'replace')[0]};"


def storable(text: str) -> bool:
    """Whether QuickBooks can hold the text: Windows-1252, no control characters but line ends."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)


def as_stored(text: str) -> str:
    """Text of a request as QuickBooks takes it: C1 codes are the Windows-1252 characters."""
    if text.isascii():
        return text
    return "".join(
        bytes([ord(char)]).decode("cp1252", "replace") if "\x80" <= char <= "\x9f" else char
        for char in text
    )


@lru_cache(maxsize=16384)
def element(name: str, text: str) -> str:
    """``<Name>text</Name>`` with the text escaped; nothing at all for an empty text."""
    return f"<{name}>{escape(text)}</{name}>\n" if text else ""


def flag(name: str, value: bool) -> str:
    """A yes or no."""
    return f"<{name}>{'true' if value else 'false'}</{name}>\n"


def ref(name: str, list_id: str, full_name: str) -> str:
    """A reference to a list entry."""
    return (
        f"<{name}>\n<ListID>{list_id}</ListID>\n"
        f"<FullName>{escape(full_name)}</FullName>\n</{name}>\n"
    )


def wrap(name: str, parts: Iterable[str]) -> str:
    """An element around its children."""
    return f"<{name}>\n{''.join(parts)}</{name}>\n"


def data_ext(owner: str, name: str, value: str) -> str:
    """A custom field, or a value that an application keeps with a record."""
    return (
        f"<DataExtRet>\n<OwnerID>{owner}</OwnerID>\n<DataExtName>{escape(name)}</DataExtName>\n"
        f"<DataExtType>STR255TYPE</DataExtType>\n"
        f"<DataExtValue>{escape(value)}</DataExtValue>\n</DataExtRet>\n"
    )


class Shape(Value):
    """What an answer should hold of each record."""

    version: Version = (13, 0)
    lines: bool = False
    links: bool = False
    include: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()


def record(name: str, parts: Sequence[str], shape: Shape) -> str:
    """A whole record of its top-level parts: those asked for, and known in that version."""
    if shape.include or shape.version < _FIRST_ALL:
        parts = [part for part in parts if part and _is_wanted(part[1 : part.index(">")], shape)]
    return f"<{name}>\n{''.join(parts)}</{name}>\n"


def _is_wanted(name: str, shape: Shape) -> bool:
    if SINCE.get(name, shape.version) > shape.version:
        return False
    return not shape.include or name in shape.include


# Answers to single requests, and the document around them.


class Answer(Value):
    """What one request is answered with; the numbers are None where QuickBooks says none."""

    status: Status = OK
    records: tuple[str, ...] = ()
    count: int | None = None
    remaining: int | None = None
    iterator_id: str = ""
    recovery: str = ""


def stored(request: Request, answer: Answer) -> StoredAnswer:
    """An answer as it is kept with its message set."""
    status = answer.status
    attributes = {
        "requestID": request.request_id,
        "statusCode": status.code,
        "statusSeverity": status.severity,
        "statusMessage": status.message,
        "retCount": answer.count,
        "iteratorRemainingCount": answer.remaining,
        "iteratorID": answer.iterator_id or None,
    }
    head = " ".join(
        f'{key}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    return StoredAnswer(
        name=request.type.name.removesuffix("Rq") + "Rs",
        head=head,
        data="".join(answer.records),
        recovery=wrap("ErrorRecovery", (answer.recovery,)) if answer.recovery else "",
    )


def text(answers: Iterable[StoredAnswer], show: str) -> str:
    """Answers as qbXML: with their records, with their ErrorRecovery, or with their status alone.

    ``show`` is ANSWER, RECOVERY or STATUS.
    """
    return "".join(_text(one, show) for one in answers)


def _text(one: StoredAnswer, show: str) -> str:
    inside = one.data if show == ANSWER else one.recovery if show == RECOVERY else ""
    if not inside:
        return f"<{one.name} {one.head} />\n"
    return f"<{one.name} {one.head}>\n{inside}</{one.name}>\n"


def message_set(answers: str, new_id: str | None, code: str) -> str:
    """The document around the answers; the attributes come only where ids were given."""
    new = f' newMessageSetID="{escape(new_id)}"' if new_id is not None else ""
    status = f' messageSetStatusCode="{code}"' if code else ""
    return (
        f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{new}{status}>\n'
        f"{answers}</QBXMLMsgsRs>\n</QBXML>\n"
    )

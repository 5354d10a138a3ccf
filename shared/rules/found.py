"""What people find by a number, an id or a name, whatever kind of thing it is."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from shared.structs import Value


class Kind(StrEnum):
    """What can be found, in the order in which it is listed."""

    COMPANY = "company"
    CUSTOMER = "customer"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_MEMO = "credit memo"
    SYNC = "sync"
    PROBLEM = "problem"
    HINT = "hint"


class Hit(Value):
    """One that was found."""

    kind: Annotated[
        Kind,
        "`company`, `customer`, `invoice`, `payment`, `credit memo`, `sync`, `problem` or `hint`",
    ]
    id: Annotated[
        str,
        "what names it: the ListID of a customer, the TxnID of an invoice or credit memo, the code "
        "of a hint, the number of anything else",
    ]
    title: Annotated[str, "what people call it"]
    about: Annotated[str, "whose it is, or what it is about; may be empty"] = ""
    state: Annotated[str, "where it stands, in a word or two; may be empty"] = ""
    amount: Annotated[Decimal | None, "balance due, or the amount of a payment; null: none"] = None
    currency: Annotated[str, "such as USD; empty without an amount"] = ""
    connection: Annotated[str, "its connection; empty: it has none"] = ""
    connection_id: int | None = None
    customer_list_id: str = ""


class Found(Value):
    """What was found of one kind, best first."""

    kind: Annotated[Kind, "what these are, as in each hit"]
    hits: Annotated[tuple[Hit, ...], "the best ones"]
    more: Annotated[int, "how many more there are"]
    counted: Annotated[bool, "whether that is the exact number, or there are even more"]

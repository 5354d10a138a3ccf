"""A write as the outbox keeps it: the calls to Invoiced in their order, as bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from daemon.connectors.platform import Request
from shared.rules.connectors import Would
from shared.rules.values import RecordKind
from shared.structs import Value, to_builtins


class Call(Value):
    """One call. ``values`` is its body, None where it has none."""

    method: str
    path: str
    values: Mapping[str, Any] | None = None


class Write(Value):
    """The calls that write one record of ours. ``our_id`` is its ListID or TxnID.

    ``total`` is what an invoice or a payment should come to, ``due`` what of a changed invoice is
    due in QuickBooks; empty: nothing is to be compared.
    """

    kind: RecordKind
    our_id: str
    calls: tuple[Call, ...]
    total: str = ""
    due: str = ""


def request(write: Write, would: Would, over: Any = None) -> Request:
    """A write, ready to be kept; ``over`` is when Invoiced last changed what it is written over."""
    body = json.dumps(to_builtins(write), separators=(",", ":"), sort_keys=True).encode()
    return Request(body, hashlib.sha256(b"%s over %a" % (body, over)).hexdigest(), would)


def read(body: bytes) -> Write:
    """The write that ``request`` made these bytes of."""
    told = json.loads(body)
    calls: Sequence[Mapping[str, Any]] = told["calls"]
    return Write(
        RecordKind(told["kind"]),
        told["our_id"],
        tuple(Call(**one) for one in calls),
        told["total"],
        told.get("due", ""),
    )

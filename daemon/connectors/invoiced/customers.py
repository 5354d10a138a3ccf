"""Customers: which one of Invoiced is meant, and what of ours goes there.

What QuickBooks leaves empty is not sent, so nothing is emptied there, and contacts are never named:
a list of them would replace those that staff added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from daemon.connectors.invoiced.values import (
    LONGEST_NAME,
    LONGEST_NUMBER,
    Values,
    cut,
    linked,
    tied,
)
from daemon.connectors.invoiced.writes import Call, Write
from daemon.connectors.platform import Ambiguous
from shared.rules.connectors import CustomerCopy
from shared.rules.payments.names import folded
from shared.rules.values import RecordKind

Record = Mapping[str, Any]
IMPORT = "/customers/accounting_sync"
_TOWN = re.compile(r"(?P<city>.+?),?\s+(?P<state>[A-Z]{2})\.?\s+(?P<postal_code>\d{5}(-\d{4})?)")
_MAIL_ENDS = re.compile(r"[\s,;]")
_SHOWN = 5


def create(copy: CustomerCopy, *, as_new: bool) -> Write:
    """Create a customer. The import makes one of a list entry once, however often it is told.

    It would take one of the same name for it, so one that is new all the same (``as_new``) bears a
    number that nobody else has. Else it bears its account number, which is not told again later: on
    Invoiced, the number is in people's hands.
    """
    number = copy.list_id if as_new else copy.number
    values = {**linked(copy.list_id), **fields(copy)}
    if number and (as_new or len(number) <= LONGEST_NUMBER):
        values["number"] = cut(number, LONGEST_NUMBER)
    if copy.parent_list_id:
        parent = {"accounting_id": copy.parent_list_id, "name": cut(copy.parent_name, LONGEST_NAME)}
        values["parent_customer"] = {**parent, "accounting_system": values["accounting_system"]}
    return _write(copy, Call("POST", IMPORT, values))


def change(copy: CustomerCopy, there: Record, *, ties_anew: bool) -> Write:
    """Change a customer that is there, and tie it to ours.

    An ordinary call leaves a link with other books as it is; the import replaces it (``ties_anew``)
    and finds the customer by its number there.
    """
    values = {**tied(copy.list_id, there), **fields(copy)}
    if copy.parent_id:
        values["parent_customer"] = int(copy.parent_id)
    call = Call("PATCH", f"/customers/{there['id']}", values)
    if not ties_anew:
        return _write(copy, call)
    named = {**linked(copy.list_id), "number": there["number"], "name": values["name"]}
    return _write(copy, call, Call("POST", IMPORT, named))


def _write(copy: CustomerCopy, *calls: Call) -> Write:
    return Write(RecordKind.CUSTOMER, copy.list_id, calls)


def fields(copy: CustomerCopy) -> Values:
    """What of a customer goes there."""
    values = {
        "name": cut(copy.name, LONGEST_NAME),
        "email": _MAIL_ENDS.split(copy.email.strip())[0],
        "phone": cut(copy.phone, LONGEST_NAME),
        **_address(copy),
    }
    return {**{name: value for name, value in values.items() if value}, "active": copy.is_active}


def _address(copy: CustomerCopy) -> Values:
    """The printed address in the fields that Invoiced has; a town of the US is recognized."""
    lines = [one.strip() for one in copy.address if one.strip()]
    own_name = folded(copy.name.rpartition(":")[2])
    if lines and folded(lines[0]) in (own_name, folded(copy.name)):
        lines = lines[1:]
    town = _TOWN.fullmatch(lines[-1]) if lines else None
    parts = town.groupdict() if town else {}
    street = lines[:-1] if town else lines
    cut_to = {"address1": street[0] if street else "", "address2": ", ".join(street[1:])}
    found = {**cut_to, **{name: parts.get(name) or "" for name in ("city", "state", "postal_code")}}
    return {name: cut(value, LONGEST_NAME) for name, value in found.items()}


def is_as_wanted(copy: CustomerCopy, there: Record) -> bool:
    """Whether Invoiced has all that would be sent."""
    wanted = fields(copy)
    if copy.parent_id:
        wanted["parent_customer"] = int(copy.parent_id)
    return all(there.get(name) == value for name, value in wanted.items())


def of_name(copy: CustomerCopy, there: Sequence[Record]) -> list[Record]:
    """Those of Invoiced that bear the name of ours, however that is typed."""
    return [one for one in there if folded(str(one.get("name"))) == folded(copy.name)]


def alike(copy: CustomerCopy, there: Sequence[Record]) -> Ambiguous:
    """Customers whose names Invoiced does not tell from ours, such as by an accent: none of them
    may be written over, and a person knows which one is meant."""
    shown = ", ".join(f"{one['name']} ({one['id']})" for one in there[:_SHOWN])
    return Ambiguous(
        f"Invoiced does not tell {copy.name} from {shown}. Choose the right one, or create a new"
        " one."
    )


def of_number(copy: CustomerCopy, there: Sequence[Record]) -> list[Record]:
    """Those of Invoiced that bear the account number of ours, however that is typed."""
    return [one for one in there if folded(str(one.get("number"))) == folded(copy.number)]


def ambiguous(copy: CustomerCopy, there: Sequence[Record]) -> Ambiguous:
    """Who may be meant, for a person to choose."""
    shown = ", ".join(f"{one['id']} (number {one.get('number')})" for one in there[:_SHOWN])
    more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
    both = " QuickBooks has that name twice." if copy.shares_name else ""
    return Ambiguous(
        f"Invoiced has {copy.name} as {shown}{more}.{both} Choose the right one, or create a new"
        " one."
    )

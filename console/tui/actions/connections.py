"""What a person may change about a connection, and what each change brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.cli.connection_fields import in_words
from console.cli.params import NO_DATE
from console.tui.actions import Operator, rules
from shared.models import connections
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.values import Connection, Layout


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What set-up asked for: ``fields`` as ``connections.add`` takes them, the name among them.

    The numbers of ``deposits`` mean nothing yet.
    """

    fields: Mapping[str, Any]
    deposits: tuple[DepositRule, ...] = ()
    methods: tuple[MethodRule, ...] = ()


def add(by: Operator, wanted: NewConnection) -> Connection:
    """Make a connection with its rules; raises BadName, NameTaken or DuplicateRule."""
    made = connections.add(**wanted.fields, now=by.now)
    told = {name: value for name, value in wanted.fields.items() if name != "name"}
    by.note("connection.add", made.name, in_words(told))
    for deposit in wanted.deposits:
        rules.add_deposit(by, made.id, deposit)
    for method in wanted.methods:
        rules.set_method(by, made.id, method)
    return made


def edit(by: Operator, connection_id: int, changes: Mapping[str, Any]) -> str:
    """Change fields, as ``connections.edit`` takes them; tells what the operator has to do now."""
    before = connections.by_id(connection_id)
    after = connections.edit(connection_id, **changes)
    by.note("connection.edit", before.name, _told(changes))
    return " ".join([f"Changed {after.name}.", *follows(before, changes)])


def follows(before: Connection, changes: Mapping[str, Any]) -> list[str]:
    """What changes will bring, in sentences; nothing for those that are none."""
    real = {name: value for name, value in changes.items() if value != getattr(before, name)}
    told = (_BY_VALUE.get((name, value), _BY_FIELD.get(name, "")) for name, value in real.items())
    return [sentence for sentence in told if sentence]


def always_follows(name: str) -> str:
    """What any change of a field will bring; empty where it depends on the new value."""
    return _BY_FIELD.get(name, "")


_BY_FIELD: Mapping[str, str] = {
    "name": (
        "User names and passwords stay. New .qwc files describe it by the new name; the old ones"
        " stay good."
    ),
    "company_file": (
        "The Web Connector opens it from the next sync on. It must be the company that the"
        " connection belongs to, or no request is handed out."
    ),
    "run_every_minutes": (
        "The proposal stands in the .qwc file: generate it again (g), or set Every_Min in the Web"
        " Connector."
    ),
    "minimum_interval_seconds": "The Web Connector is told with its next login.",
    "start_date": (
        "The ledger follows with the next Invoice Sync; payments dated earlier are not posted."
    ),
    "jobs": "The ledger follows with the next Invoice Sync.",
}
_BY_VALUE: Mapping[tuple[str, Any], str] = {
    ("layout", Layout.COMBINED): (
        "Invoice Sync and Payment Sync can no longer sign in: remove both from the Web Connector."
        " Then generate the file of the one row, Invoiced, with a new password (g)."
    ),
    ("layout", Layout.TWO): (
        "Invoiced can no longer sign in: remove it from the Web Connector. Then generate the files"
        " of Invoice Sync and Payment Sync, with a new password (g)."
    ),
    ("payments_out", True): (
        "Payments that were held back go to QuickBooks with the next Payment Sync."
    ),
    ("payments_out", False): (
        "No payment is posted from now on; a request that is out or in doubt is still settled."
    ),
    ("payments_in", True): "Payments recorded in QuickBooks come in with the next Payment Sync.",
    ("payments_in", False): "Payments recorded in QuickBooks no longer come in.",
    ("debug", True): (
        "From the next sync on QuickBooks' answers are kept: they hold names and amounts of"
        " customers. Turn it off when the trouble is found."
    ),
    ("debug", False): "Answers of QuickBooks are no longer kept.",
}


def unbind(by: Operator, connection_id: int) -> str:
    """Forget the company file that the connection is bound to."""
    before = connections.by_id(connection_id)
    connections.unbind(connection_id)
    by.note("connection.edit", before.name, in_words({"rebind": True}))
    return (
        "The company file was forgotten: the next sync binds the one that is open then. See that"
        " it is the right one."
    )


def remove(by: Operator, connection_id: int) -> str:
    """Remove a connection with all that it holds."""
    name = connections.by_id(connection_id).name
    connections.remove(connection_id)
    by.note("connection.remove", name, "")
    return (
        f"Removed {name}. Its applications can no longer sign in: remove them from the Web"
        " Connector too."
    )


def _told(changes: Mapping[str, Any]) -> str:
    """The changes as the command line notes them."""
    words = {"rename" if name == "name" else name: value for name, value in changes.items()}
    if "start_date" in words and words["start_date"] is None:
        words["start_date"] = NO_DATE
    return in_words(words)

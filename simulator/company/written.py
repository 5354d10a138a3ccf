"""What a write leaves behind: which record to show, and which objects it touched."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.company.answers import element
from simulator.company.errors import OK, Status
from simulator.company.records import Entry, Payment


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write: ``key`` is the record to show.

    ``recovery`` are the parts of the ErrorRecovery element.
    """

    key: str
    status: Status = OK
    recovery: str = ""


def recovery_of(one: Payment | Entry) -> str:
    """What the ErrorRecovery element says about a record."""
    if isinstance(one, Entry):
        return element("ListID", one.list_id) + element("EditSequence", str(one.created))
    return (
        f"<TxnID>{one.txn_id}</TxnID>\n<TxnNumber>{one.txn_number}</TxnNumber>\n"
        f"<EditSequence>{one.edit_sequence}</EditSequence>\n"
        f"{element('ExternalGUID', one.external_guid)}"
    )

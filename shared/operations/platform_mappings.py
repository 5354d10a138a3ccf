"""Which record of the billing platform is which of QuickBooks: shown, exported, put right."""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models.platforms import accounts, outbox, records
from shared.models.store import Store
from shared.operations import platform_intake
from shared.operations.deciding import Need, Operator, Outcome, Plan
from shared.operations.which import Which, every
from shared.rules.connectors import Mapped, Outgoing, Owner, PlatformAccount
from shared.rules.operators import Role
from shared.rules.values import RecordKind

REWRITES = "rewrites"


def view_mapped(_store: Store, which: Which = None) -> list[Mapped]:
    """The records that are on both sides, of a connection or of all. Raises NotFound."""
    found = ((one.id, accounts.find(one.id)) for one in every(which))
    return [
        mapped
        for connection_id, account in found
        if account is not None
        for mapped in records.listed(connection_id, account.identity)
    ]


class MapPlan(Plan[Outcome], kw_only=True):
    """A record that is another one on the platform from now on; ``their_id`` empty: none."""

    role = Role.MANAGE
    connection: str
    record: str
    their_id: str

    def again(self, store: Store) -> MapPlan:
        return plan_map(store, self.connection, self.record, self.their_id)

    def apply(self, by: Operator) -> Outcome:
        """Map it so, and have it looked at again: then it is sent as it is now."""
        account = accounts.of(self.connection)
        found = _found(account, self.record)
        where = (*account.where, found.kind, found.our_id)
        if self.their_id:
            records.put(*where, self.their_id, found.document, by.now)
        else:
            records.remove(*where)
        outbox.want(account.connection_id, [(found.kind, found.our_id, found.document)], by.now)
        if found.kind is RecordKind.INVOICE:
            waiting = platform_intake.view_to_look_at(by.store, account, None)
            platform_intake.look_again(account, waiting, by.now)
        told = f"{found.kind.value} {found.our_id}: {found.their_id} -> {self.their_id or 'none'}"
        by.note("invoiced.map", account.connection, told)
        if self.their_id:
            return Outcome(f"{_named(found)} is now matched to record {self.their_id} on Invoiced.")
        return Outcome(f"{_named(found)} is no longer matched to a record on Invoiced.")


def plan_map(_store: Store, name: str, record: str, their_id: str) -> MapPlan:
    """What mapping a record to another one of the platform would do, or to none (empty).

    ``record`` is its id in QuickBooks, or what a person calls it. Raises NotFound, CannotBeMeant,
    NotPossible.
    """
    account = accounts.of(name)
    found = _found(account, record)
    if their_id and not their_id.isdecimal():
        raise CannotBeMeant(f"{their_id!r} is not the ID of a record on Invoiced.", "Write digits.")
    _check(account, found, their_id)
    becomes = f"record {their_id}" if their_id else "no record"
    return MapPlan(
        title=f"Match {_named(found)} to {becomes} on Invoiced?",
        verb="Match",
        told=(f"Until now, it is matched to record {found.their_id}, which stays as it is.",),
        needs=(Need(REWRITES, _told(found, their_id)),),
        connection=account.connection,
        record=f"{found.kind.value}/{found.our_id}",
        their_id=their_id,
    )


def _told(found: Mapped, their_id: str) -> str:
    if their_id:
        return f"Record {their_id} on Invoiced is changed to match {_named(found)} in QuickBooks."
    return (
        f"{_named(found)} is looked up on Invoiced as if it had never been sent, and created"
        " there if it is not found."
    )


def _check(account: PlatformAccount, found: Mapped, their_id: str) -> None:
    """Refuse what would mix up records. Raises NotPossible."""
    if found.owner is Owner.PLATFORM:
        raise NotPossible(f"{_named(found)} belongs to Invoiced, so QuickBooks does not change it.")
    if their_id == found.their_id:
        raise NotPossible(f"{_named(found)} is already matched to record {their_id} on Invoiced.")
    taken = records.ours(*account.where, found.kind, their_id)
    if taken is not None:
        raise NotPossible(
            f"Record {their_id} on Invoiced is already matched to {_named(taken)}.",
            "Match that one to another record first: deskbridge invoiced map"
            f" {account.connection} {taken.our_id} --as ID",
        )
    if any(one.request is not None for one in _outgoing(account, found)):
        raise NotPossible(
            f"{_named(found)} was sent, and it is not known yet whether it arrived.",
            "Wait a few minutes until that is known.",
        )


def _outgoing(account: PlatformAccount, found: Mapped) -> Sequence[Outgoing]:
    try:
        sent = outbox.get(account.connection_id, found.our_id)
    except NotFound:
        return []
    return [one for one in sent if one.kind is found.kind]


def _found(account: PlatformAccount, text: str) -> Mapped:
    """The one record on both sides of this id or name. Raises NotFound, CannotBeMeant."""
    found = [
        one
        for one in records.listed(*account.where)
        if text in (one.our_id, f"{one.kind.value}/{one.our_id}")
        or one.document.lower() == text.lower()
    ]
    if not found:
        raise NotFound("record", text, where="on both sides")
    if len(found) > 1:
        ids = ", ".join(f"{one.kind.value}/{one.our_id}" for one in found)
        raise CannotBeMeant(f"{text!r} matches several records.", f"Write one of: {ids}")
    return found[0]


def _named(one: Mapped) -> str:
    return f"{one.kind.value} {one.document or one.our_id}"

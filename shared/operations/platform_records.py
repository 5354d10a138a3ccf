"""Records on their way to a billing platform: tried again, skipped, matched as a person chose."""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models.platforms import accounts, outbox, paid, records
from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.describe.text import count
from shared.operations.platform_problems import check_not_under_way
from shared.rules.connectors import CREATE, Outgoing, PlatformAccount, SendState
from shared.rules.operators import Role
from shared.rules.values import RecordKind


class DecidePlan(Plan[Outcome], kw_only=True):
    """Records on their way that are to be tried again, skipped, or matched as a person chose."""

    role = Role.RUN
    connection: str
    which: tuple[str, ...]
    names: tuple[str, ...]
    state: SendState
    note: str = ""
    choice: str = ""

    def again(self, store: Store) -> DecidePlan:
        if self.choice:
            return plan_choose(store, self.connection, self.which[0], self.choice)
        if self.state is SendState.SKIPPED:
            return plan_skip(store, self.connection, self.which, self.note)
        return plan_retry(store, self.connection, self.which)

    def apply(self, by: Operator) -> Outcome:
        account = accounts.of(self.connection)
        for one in _named(account, self.names):
            choice = self.choice or one.choice
            paid.decide(*account.where, one, self.state, self.note, choice, by.now)
        word = "skip" if self.state is SendState.SKIPPED else "choose" if self.choice else "retry"
        told = ", ".join(self.names[:5])
        by.note(
            f"invoiced.{word}", account.connection, f"{told} {self.choice or self.note}".strip()
        )
        which = f"{count(len(self.names), 'record')} of {account.connection}"
        sentence = f"{which} {_WILL[word]}."
        return Outcome(sentence, len(self.names))


_WILL = {"skip": "will not be sent", "choose": "will be sent", "retry": "will be sent again"}


def _named(account: PlatformAccount, names: Sequence[str]) -> list[Outgoing]:
    found = {one.name: one for one in outbox.listed(account.connection_id, list(SendState))}
    return [found[name] for name in names]


def _chosen(account: PlatformAccount, which: Sequence[str]) -> list[Outgoing]:
    """The records that are meant: by id or document; none named: all that were refused."""
    if not which:
        found = outbox.listed(account.connection_id, [SendState.REFUSED])
        if not found:
            raise NotPossible("No record was refused.")
        return found
    return [_only(outbox.get(account.connection_id, text), text) for text in which]


def _only(found: Sequence[Outgoing], text: str) -> Outgoing:
    if len(found) > 1:
        ids = ", ".join(f"{one.object_id} ({one.kind.value})" for one in found)
        raise CannotBeMeant(f"{text!r} matches several records.", f"Write one of: {ids}")
    return found[0]


def plan_retry(_store: Store, name: str, which: Sequence[str]) -> DecidePlan:
    """What sending records again would do; none named: all that were refused."""
    account = accounts.of(name)
    chosen = _chosen(account, which)
    return DecidePlan(
        title=f"Send {count(len(chosen), 'record')} of {account.connection} again?",
        verb="Send again",
        told=("The daemon sends them as they are in QuickBooks now.",),
        connection=account.connection,
        which=tuple(which),
        names=tuple(one.name for one in chosen),
        state=SendState.WAITING,
    )


def plan_skip(_store: Store, name: str, which: Sequence[str], note: str = "") -> DecidePlan:
    """What not sending records would do. Raises NotFound, CannotBeMeant."""
    account = accounts.of(name)
    if not which:
        raise CannotBeMeant("Which record?", "Give its ID or its number.")
    chosen = _chosen(account, which)
    for one in chosen:
        check_not_under_way(one)
    return DecidePlan(
        title=f"Leave {count(len(chosen), 'record')} of {account.connection} out of Invoiced?",
        verb="Leave out",
        told=("They are not sent until you retry them. QuickBooks is not changed.",),
        connection=account.connection,
        which=tuple(which),
        names=tuple(one.name for one in chosen),
        state=SendState.SKIPPED,
        note=note,
    )


def plan_choose(_store: Store, name: str, customer: str, choice: str) -> DecidePlan:
    """What taking a customer for one of Invoiced (its id), or for a new one, would do."""
    account = accounts.of(name)
    named = outbox.get(account.connection_id, customer)
    found = [one for one in named if one.kind is RecordKind.CUSTOMER]
    if not found:
        raise NotFound("customer", customer, where="waiting to be sent to the platform")
    one = _only(found, customer)
    if choice != CREATE and not choice.isdecimal():
        raise CannotBeMeant(
            f"{choice!r} is not the ID of a customer on Invoiced.", "Write its number."
        )
    taken = records.ours(*account.where, RecordKind.CUSTOMER, choice)
    if taken is not None and taken.our_id != one.object_id:
        raise NotPossible(f"Customer {choice} on Invoiced is already matched to {taken.document}.")
    becomes = "a new customer" if choice == CREATE else f"customer {choice}"
    return DecidePlan(
        title=f"Match {one.document} to {becomes} on Invoiced?",
        verb="Match",
        told=("Its invoices are sent there from now on.",),
        connection=account.connection,
        which=(customer,),
        names=(one.name,),
        state=SendState.WAITING,
        choice=choice,
    )

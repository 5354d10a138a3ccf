"""Billing platforms: an account connected, watched, paused, tried, and what goes out decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from shared.errors import NotPossible
from shared.models import connections, events
from shared.models.platforms import accounts, copies, outbox, sending, stopped
from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.describe.text import count
from shared.rules import invoiced
from shared.rules.connectors import AccountState, ConvenienceFees, PlatformAccount
from shared.rules.invoiced import InvoicedCompany
from shared.rules.operators import Role
from shared.rules.values import Connection
from shared.structs import Value, replace


class Door(Value):
    """The way to an account: where it is, and where its key is. ``sealed`` is the key, encrypted.

    ``company`` is whom the key opened the door to; None where nobody could look from here.
    """

    HIDDEN: ClassVar = ("sealed",)

    url: str
    sandbox: bool
    key_source: str
    sealed: bytes
    company: InvoicedCompany | None = None


class ConnectPlan(Plan[Outcome], kw_only=True):
    """An Invoiced account to be connected, or to be opened with another key."""

    NOT_COMPARED: ClassVar = ("position",)

    role = Role.MANAGE
    connection: str
    door: Door
    is_new: bool
    convenience_fees: ConvenienceFees | None
    position: int = 0

    def again(self, store: Store) -> ConnectPlan:
        return plan_connect(store, self.connection, self.door, self.convenience_fees)

    @contextmanager
    def prepared(self, by: Operator) -> Iterator[ConnectPlan]:
        """With where the events begin that are for it: asked before the transaction begins."""
        yield replace(self, position=events.end(by.store))

    def apply(self, by: Operator) -> Outcome:
        """Connect it, and have everything looked at that is open: nothing is sent yet."""
        connection = connections.get(self.connection)
        account = self._account(connection, by)
        told = f"{account.url}, key: {account.key_source}"
        if not self.is_new:
            accounts.set_key(account, self.door.sealed)
            if self.convenience_fees:
                accounts.set_convenience_fees(account, self.convenience_fees)
            by.note("invoiced.key", connection.name, told)
            return Outcome(f"{connection.name} now uses this key for its Invoiced account.")
        accounts.add(account, self.door.sealed, self.position)
        wanted = list(copies.at_first(connection, account.identity))
        outbox.want(connection.id, wanted, by.now)
        by.note("invoiced.connect", connection.name, told)
        company = f" ({account.company})" if account.company else ""
        return Outcome(
            f"{connection.name} is connected to Invoiced{company}. Nothing is sent yet:"
            f" {count(len(wanted), 'record')} will be checked. To see the result: deskbridge"
            f" invoiced preview {connection.name}; then deskbridge invoiced resume"
            f" {connection.name}."
        )

    def _account(self, connection: Connection, by: Operator) -> PlatformAccount:
        company = self.door.company or InvoicedCompany("", "", "", "")
        return PlatformAccount(
            connection_id=connection.id,
            connection=connection.name,
            platform=invoiced.NAME,
            url=self.door.url,
            sandbox=self.door.sandbox,
            key_source=self.door.key_source,
            state=AccountState.PAUSED,
            is_looking=True,
            identity=company.identity,
            company=company.name,
            currency=company.currency,
            time_zone=company.time_zone,
            warning="",
            connected_at=by.now,
            connected_by=by.who,
            convenience_fees=self.convenience_fees or ConvenienceFees.LEAVE_OUT,
        )


def plan_connect(
    _store: Store, name: str, door: Door, convenience_fees: ConvenienceFees | None = None
) -> ConnectPlan:
    """What connecting an account would do. Raises NotFound, NotPossible, CannotBeMeant.

    ``convenience_fees`` None: as they are, and left out at first.
    """
    connection = connections.get(name)
    known = accounts.find(connection.id)
    if known is not None:
        _check_same(connection, known, door)
    _check_alone(connection, door)
    _check_currency(connection, door)
    company = door.company.name if door.company else door.url
    return ConnectPlan(
        title=f"Connect {connection.name} to Invoiced ({company})?",
        verb="Connect",
        told=(
            f"Customers, open invoices and their payments are sent to {company}, once you have"
            " seen what that would do and resume.",
            "Invoice changes made on Invoiced never reach QuickBooks.",
        ),
        connection=connection.name,
        door=door,
        is_new=known is None,
        convenience_fees=convenience_fees,
    )


def _check_same(connection: Connection, known: PlatformAccount, door: Door) -> None:
    """Another key is taken only for the account that is connected."""
    told = door.company.identity if door.company else ""
    if known.identity and told and known.identity != told:
        raise NotPossible(
            f"{connection.name} is connected to {known.company} on Invoiced, but this key "
            "belongs to another account.",
            f"Disconnect it first: deskbridge invoiced disconnect {connection.name}",
        )


def _check_alone(connection: Connection, door: Door) -> None:
    """Two companies on one account would take in each other's payments."""
    other = accounts.with_identity(connection.id, door.company.identity) if door.company else ""
    if other:
        raise NotPossible(
            f"This Invoiced account is already connected to {other}, which would get the same"
            " payments.",
            "Connect an account of its own for each QuickBooks company.",
        )


def _check_currency(connection: Connection, door: Door) -> None:
    own = connection.binding.home_currency.upper() if connection.binding else ""
    theirs = door.company.currency if door.company else ""
    if own and theirs and own != theirs:
        raise NotPossible(
            f"The currency of QuickBooks is {own}, but the Invoiced account uses {theirs}.",
            "Connect an account with the same currency.",
        )


class StatePlan(Plan[Outcome], kw_only=True):
    """An account that is to pause, or to go on."""

    role = Role.RUN
    connection: str
    state: AccountState

    def again(self, store: Store) -> StatePlan:
        return plan_state(store, self.connection, self.state)

    def apply(self, by: Operator) -> Outcome:
        account = accounts.of(self.connection)
        accounts.set_state(account, self.state)
        word = "resume" if self.state is AccountState.LIVE else "pause"
        by.note(f"invoiced.{word}", account.connection, "")
        told = _STATES[self.state]
        return Outcome(f"{account.connection}: {told}")


_STATES = {
    AccountState.LIVE: "records are sent to Invoiced, and payments are received.",
    AccountState.PAUSED: "nothing is sent to Invoiced or received from it until you resume.",
}


def plan_state(_store: Store, name: str, state: AccountState) -> StatePlan:
    """What pausing or resuming would do.

    Raises NotFound, and NotPossible where it is so already, or nobody can have seen yet what
    resuming would send.
    """
    account = accounts.of(name)
    if account.state is state:
        raise NotPossible(f"{account.connection} is already {state.value}.")
    if state is AccountState.LIVE and account.is_looking:
        raise NotPossible(
            f"The dry run of {account.connection} has not finished yet, so nothing is sent.",
            f"Look at what it would send: deskbridge invoiced preview {account.connection}",
        )
    verb = "Resume" if state is AccountState.LIVE else "Pause"
    return StatePlan(
        title=f"{verb} Invoiced for {account.connection}?",
        verb=verb,
        told=(f"Then {_STATES[state]}",),
        connection=account.connection,
        state=state,
    )


class EditPlan(Plan[Outcome], kw_only=True):
    """An account whose settings are to change."""

    role = Role.MANAGE
    connection: str
    convenience_fees: ConvenienceFees

    def again(self, store: Store) -> EditPlan:
        return plan_edit(store, self.connection, self.convenience_fees)

    def apply(self, by: Operator) -> Outcome:
        """Change them, for payments that come in from now on."""
        account = accounts.of(self.connection)
        accounts.set_convenience_fees(account, self.convenience_fees)
        before = account.convenience_fees.value
        by.note("invoiced.edit", account.connection, f"{before} -> {self.convenience_fees.value}")
        return Outcome(f"{account.connection}: {_FEES[self.convenience_fees]}")


_FEES = {
    ConvenienceFees.LEAVE_OUT: (
        "payments from Invoiced are posted without their convenience fees; the memo names the fee."
    ),
    ConvenienceFees.ON_ACCOUNT: (
        "payments from Invoiced are posted with their convenience fees, which stay on the"
        " customer's account as credit."
    ),
}


def plan_edit(_store: Store, name: str, convenience_fees: ConvenienceFees) -> EditPlan:
    """What other settings would do. Raises NotFound, and NotPossible where they are so already."""
    account = accounts.of(name)
    if account.convenience_fees is convenience_fees:
        raise NotPossible(
            f"This is already how convenience fees of {account.connection} are handled."
        )
    return EditPlan(
        title=f"Change the convenience fees of {account.connection}?",
        verb="Change",
        told=(
            f"From now on, {_FEES[convenience_fees]}",
            "Payments already on file stay as they are.",
        ),
        connection=account.connection,
        convenience_fees=convenience_fees,
    )


class LookPlan(Plan[Outcome], kw_only=True):
    """A dry run that is wanted."""

    role = Role.RUN
    connection: str

    def again(self, store: Store) -> LookPlan:
        return plan_look(store, self.connection)

    def apply(self, by: Operator) -> Outcome:
        """Have the daemon look at all that waits; it sends nothing for that."""
        account = accounts.of(self.connection)
        outbox.look_again(account.connection_id)
        accounts.set_looking(account.connection_id, is_looking=True)
        by.note("invoiced.preview", account.connection, "")
        return Outcome(f"The daemon is checking what {account.connection} would send.")


def plan_look(_store: Store, name: str) -> LookPlan:
    """What a dry run would do. Raises NotFound."""
    account = accounts.of(name)
    return LookPlan(
        title=f"Preview what {account.connection} would send to Invoiced?",
        verb="Start dry run",
        told=("Nothing is sent.",),
        connection=account.connection,
    )


class DisconnectPlan(Plan[Outcome], kw_only=True):
    """An account to be disconnected."""

    role = Role.MANAGE
    connection: str

    def again(self, store: Store) -> DisconnectPlan:
        return plan_disconnect(store, self.connection)

    def apply(self, by: Operator) -> Outcome:
        """Disconnect it; which records are which is kept for the day it is connected again."""
        account = accounts.of(self.connection)
        accounts.remove(account)
        sending.settle_all(account.connection_id, by.now)
        stopped.settle(account, stopped.ALL, stopped.RECEIVING)
        by.note("invoiced.disconnect", account.connection, account.url)
        return Outcome(
            f"{account.connection} is disconnected from Invoiced and its key is deleted. What "
            "was already sent stays there."
        )


def plan_disconnect(_store: Store, name: str) -> DisconnectPlan:
    """What disconnecting would do. Raises NotFound."""
    account = accounts.of(name)
    return DisconnectPlan(
        title=f"Disconnect {account.connection} from Invoiced?",
        verb="Disconnect",
        told=(
            "Nothing more is sent or received. What is already on Invoiced stays.",
            "The key is deleted; the mapping of records is kept.",
        ),
        connection=account.connection,
    )

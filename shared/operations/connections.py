"""Connections: what stands in each, and adding, changing, unbinding and removing one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from shared.models import connections, problems, syncs
from shared.models.ledger import invoice_pages
from shared.models.payments import account_rules, holds, payment_pages, quickbooks_lists
from shared.models.store import Store
from shared.operations import payment_rules
from shared.operations.deciding import Need, Operator, Outcome, Plan, PlanForAll
from shared.operations.describe import connection_settings as settings
from shared.operations.describe import connections as describe
from shared.operations.describe.sections import Section
from shared.operations.describe.text import count
from shared.operations.which import Which
from shared.operations.which import connection as chosen
from shared.rules.operators import Role
from shared.rules.payments.values import DepositRule, ListKind, MethodRule, Payment, PaymentStatus
from shared.rules.payments.views import Hold
from shared.rules.values import Application, Connection, Sync
from shared.structs import Value

ENDS_SIGN_IN = "ends-sign-in"
IN_DOUBT = "in-doubt"
ON_ITS_WAY = "on-its-way"
POSTS_HELD = "posts-held"
REMOVES = "removes"

_DOUBTFUL = (PaymentStatus.SENT, PaymentStatus.UNKNOWN, PaymentStatus.PARKED)
_COMING = (PaymentStatus.READY, PaymentStatus.WAITING)
_HELD = ("payment-flow-off", "payment-too-old")
_REBOUND = (
    "The next sync binds the company that is open in QuickBooks at that time, and "
    "payments go there. Make sure that it is the right one."
)


# What there is.


class ConnectionView(Value):
    """A connection with what stands around it; ``hold`` keeps the payments that wait here."""

    connection: Connection
    applications: Annotated[Sequence[Application], "what the Web Connector lists"]
    open_problems: Annotated[int, "problems that need attention"]
    totals: Sequence[tuple[str, int, Decimal]] = ()
    last_sync: Sync | None = None
    hold: Hold | None = None

    @property
    def last_seen_at(
        self,
    ) -> Annotated[datetime | None, "when the Web Connector last called; null: never"]:
        """When the Web Connector last called for any of the applications."""
        return max((a.last_seen_at for a in self.applications if a.last_seen_at), default=None)

    @property
    def company(self) -> Annotated[str | None, "company name of the bound file; null before it"]:
        """The company that the connection is bound to, as QuickBooks names it."""
        binding = self.connection.binding
        return binding.company_name if binding else None

    @property
    def payments_held(
        self,
    ) -> Annotated[str, "what holds waiting payments; empty: nothing, or none is waiting"]:
        """Why the payments that wait stay here."""
        return self.hold.reason if self.hold else ""

    @property
    def sections(self) -> tuple[Section, ...]:
        """It as a page."""
        return describe.sections(
            self.connection, self.totals, self.open_problems, self.last_sync, self.hold
        )


def view_all(_store: Store) -> list[ConnectionView]:
    """Every connection, by name; without the totals of its invoices."""
    holding = holds.of_waiting()
    return [_view(held, hold=holding.get(held.id)) for held in connections.all()]


def view_names(_store: Store) -> tuple[str, ...]:
    """The names of all connections, in order."""
    return tuple(one.name for one in connections.all())


def view(_store: Store, which: Which) -> ConnectionView:
    """One connection in full; raises as ``which.connection``."""
    held = chosen(which)
    return _view(held, totals=invoice_pages.totals(held.id), hold=holds.of_waiting().get(held.id))


def _view(
    held: Connection, totals: Sequence[tuple[str, int, Decimal]] = (), hold: Hold | None = None
) -> ConnectionView:
    return ConnectionView(
        held,
        connections.applications(held.id),
        open_problems=len(problems.list_problems(held.id)),
        totals=totals,
        last_sync=next(iter(syncs.list_syncs(held.id, limit=1)), None),
        hold=hold,
    )


class SettingsView(Value):
    """Everything of a connection that a person can change.

    ``accounts`` and ``methods`` are the full names that QuickBooks listed last, active ones only.
    """

    connection: Connection
    applications: tuple[Application, ...]
    deposit_rules: tuple[DepositRule, ...]
    method_rules: tuple[MethodRule, ...]
    accounts: tuple[str, ...]
    methods: tuple[str, ...]


def view_settings(_store: Store, which: Which) -> SettingsView:
    """The settings of a connection; raises as ``which.connection``."""
    held = chosen(which)
    return SettingsView(
        held,
        tuple(connections.applications(held.id)),
        tuple(account_rules.deposit_rules(held.id)),
        tuple(account_rules.method_rules(held.id)),
        _listed(held.id, ListKind.ACCOUNT),
        _listed(held.id, ListKind.PAYMENT_METHOD),
    )


def _listed(connection_id: int, kind: ListKind) -> tuple[str, ...]:
    return tuple(
        one.full_name for one in quickbooks_lists.entries(connection_id, kind) if one.active
    )


def check_name(_store: Store, name: str) -> None:
    """Raise BadName or NameTaken for what cannot name a new connection."""
    connections.check_name(name)


# What can be decided.


class Decided(Outcome, kw_only=True):
    """The connection as it is now; after removing it, as it was."""

    connection: Connection


class AddPlan(PlanForAll[Decided], kw_only=True):
    """A new connection: ``fields`` as ``models.connections.add`` takes them, the name among them.

    The numbers of ``deposits`` mean nothing yet.
    """

    role = Role.MANAGE
    fields: Mapping[str, Any]
    deposits: tuple[DepositRule, ...] = ()
    methods: tuple[MethodRule, ...] = ()

    def again(self, store: Store) -> AddPlan:
        return plan_add(store, self.fields, self.deposits, self.methods)

    def apply(self, by: Operator) -> Decided:
        """Make the connection and its rules; raises DuplicateRule."""
        made = connections.add(**self.fields, now=by.now)
        told = {name: value for name, value in self.fields.items() if name != "name"}
        by.note("connection.add", made.name, settings.for_the_audit(told))
        for deposit in self.deposits:
            payment_rules.plan_deposit(by.store, made.id, deposit).apply(by)
        for method in self.methods:
            payment_rules.plan_method(by.store, made.id, method).apply(by)
        return Decided(f"Added {made.name}.", connection=made)


def plan_add(
    _store: Store,
    fields: Mapping[str, Any],
    deposits: Sequence[DepositRule] = (),
    methods: Sequence[MethodRule] = (),
) -> AddPlan:
    """Plan a connection with its rules; raises BadName or NameTaken."""
    connections.check_name(fields["name"])
    return AddPlan(
        title=f"Add {fields['name']}?",
        verb="Add",
        fields=dict(fields),
        deposits=tuple(deposits),
        methods=tuple(methods),
    )


class EditPlan(Plan[Decided], kw_only=True):
    """Other values for fields, and whether the company file is forgotten."""

    role = Role.MANAGE
    connection_id: int
    changes: Mapping[str, Any]
    rebind: bool

    def again(self, store: Store) -> EditPlan:
        return plan_edit(store, self.connection_id, self.changes, rebind=self.rebind)

    def apply(self, by: Operator) -> Decided:
        """Change the fields, forget the company; raises BadName or NameTaken."""
        before = connections.by_id(self.connection_id)
        if self.changes:
            connections.edit(before.id, **self.changes)
        if self.rebind:
            connections.unbind(before.id)
        after = connections.by_id(before.id)
        told = dict(self.changes) | ({"rebind": True} if self.rebind else {})
        by.note("connection.edit", before.name, settings.for_the_audit(told))
        follows = [*settings.follows(before, self.changes), *[_REBOUND] * self.rebind]
        return Decided(" ".join([f"Changed {after.name}.", *follows]), connection=after)


def plan_edit(
    _store: Store, which: Which, changes: Mapping[str, Any], *, rebind: bool = False
) -> EditPlan:
    """Plan what ``models.connections.edit`` takes; raises as ``which.connection``.

    It needs a confirmation where money moves because of it, where a payment is in doubt, or
    where somebody who signs in now no longer can.
    """
    before = chosen(which)
    real = settings.real(before, changes)
    told = [*settings.changed(before, real), *settings.follows(before, real)]
    if rebind and before.binding:
        told.append(f"{before.binding.company_name} is forgotten.")
    title, verb = settings.question(before.name, real, rebind=rebind)
    return EditPlan(
        title=title,
        verb=verb,
        told=(*told, *[_REBOUND] * rebind),
        needs=tuple(_edit_needs(before, real, rebind=rebind)),
        connection_id=before.id,
        changes=dict(changes),
        rebind=rebind,
    )


def _edit_needs(before: Connection, real: Mapping[str, Any], *, rebind: bool) -> Iterator[Need]:
    if "layout" in real:
        yield from layout_needs(before)
    elif rebind or "start_date" in real:
        yield from _doubt(before.id)
    if rebind:
        coming = _Sums.of(before.id, _COMING)
        if coming.count:
            yield Need(ON_ITS_WAY, f"{coming} would go to the company that is bound next.")
    held = _released(before, real)
    if held.count:
        yield Need(POSTS_HELD, f"The next Payment Sync posts what was held: {held}.")


def layout_needs(before: Connection) -> Iterator[Need]:
    """What must be confirmed before the applications of a connection become others."""
    used = [one for one in connections.applications(before.id) if one.password_used]
    if names := describe.rows(used):
        yield Need(ENDS_SIGN_IN, f"{names} can no longer sign in. No sync runs until then.")
    yield from _doubt(before.id)


def _doubt(connection_id: int) -> Iterator[Need]:
    doubtful = _Sums.of(connection_id, _DOUBTFUL)
    if doubtful.count:
        yield Need(
            IN_DOUBT, f"QuickBooks may already have {doubtful}. Run Payment Sync first to find out."
        )


class _Sums(Value):
    """How many payments, and their amounts by currency."""

    count: int
    amounts: Mapping[str, Decimal]

    def __str__(self) -> str:
        return describe.payments(self.count, self.amounts)

    @classmethod
    def of(cls, connection_id: int, statuses: Collection[PaymentStatus]) -> _Sums:
        """Those in one of these states."""
        return cls.over(payment_pages.each(connection_id, statuses=statuses))

    @classmethod
    def over(cls, payments: Iterable[Payment]) -> _Sums:
        """Add payments up."""
        number, amounts = 0, dict[str, Decimal]()
        for payment in payments:
            number += 1
            amounts[payment.currency] = amounts.get(payment.currency, Decimal()) + payment.amount
        return cls(number, dict(sorted(amounts.items())))


def _released(before: Connection, real: Mapping[str, Any]) -> _Sums:
    """What is not posted only because of the present values."""
    start: date | None = real.get("start_date", before.start_date)
    out: bool = real.get("payments_out", before.payments_out)
    if not {"start_date", "payments_out"} & set(real) or not out:
        return _Sums(0, {})
    held = payment_pages.each(before.id, statuses=[PaymentStatus.NOT_ELIGIBLE])
    in_time = (one for one in held if start is None or one.date >= start)
    return _Sums.over(one for one in in_time if one.code in _HELD)


class RemovalPlan(Plan[Decided], kw_only=True):
    """A connection that goes, with all that it holds."""

    role = Role.MANAGE
    connection_id: int

    def again(self, store: Store) -> RemovalPlan:
        return plan_removal(store, self.connection_id)

    def apply(self, by: Operator) -> Decided:
        held = connections.by_id(self.connection_id)
        connections.remove(held.id)
        by.note("connection.remove", held.name, "")
        return Decided(
            f"Removed {held.name}. Its applications can no longer sign in: remove them from the"
            " Web Connector too.",
            connection=held,
        )


def plan_removal(_store: Store, which: Which) -> RemovalPlan:
    """Plan a removal, which always needs a confirmation; raises as ``which.connection``."""
    held = chosen(which)
    invoices = sum(number for _currency, number, _balance in invoice_pages.totals(held.id))
    troubles = len(problems.list_problems(held.id))
    return RemovalPlan(
        title=f"Remove {held.name}?",
        verb="Remove",
        told=(
            f"This removes {held.name} with {count(invoices, 'open invoice')}, its customers, "
            f"its payments, its syncs, {count(troubles, 'open problem')} and its passwords. "
            "QuickBooks is not changed.",
        ),
        needs=(Need(REMOVES, " ".join([*_lost(held.id), "This cannot be undone."])),),
        connection_id=held.id,
    )


_LOSSES = (
    (PaymentStatus.SENT, "Sent, but QuickBooks has not answered yet: {}."),
    (PaymentStatus.UNKNOWN, "Outcome unknown: {}."),
    (PaymentStatus.PARKED, "Parked until somebody checks QuickBooks: {}."),
    (PaymentStatus.READY, "Ready, and will not be posted: {}."),
    (PaymentStatus.WAITING, "Waiting, and will not be posted: {}."),
)


def _lost(connection_id: int) -> Iterator[str]:
    held = payment_pages.counts(connection_id)
    for status, sentence in _LOSSES:
        if held.get(status):
            yield sentence.format(_Sums.of(connection_id, [status]))

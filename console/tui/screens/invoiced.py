"""Invoiced: which companies are connected, what goes there, and what needs a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

from textual import on

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.account_fields import account_fields, open_door, plan_of_account
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.dialogs import AskReason, ask_with
from console.tui.widgets.form import TextField, Wrong
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.record_table import Heading, RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import Paragraph
from console.tui.worker import Company
from shared.models.store import Store
from shared.operations import connections, platform_records, platform_standing
from shared.operations import connectors as operations
from shared.operations.connectors import Door
from shared.operations.describe import platforms as describe
from shared.operations.platform_standing import AccountLine, Standing
from shared.rules.connectors import CREATE, AccountState, Outgoing, Would
from shared.rules.operators import Role
from shared.rules.values import RecordKind
from shared.structs import Value

ACCOUNTS = Records[AccountLine](
    lambda one: f"account {one.account.connection_id}",
    field("What", lambda one: one.account.company or one.account.url, least=20, fair=32),
    field("Becomes", lambda one: render.state(describe.state(one.account)), least=9),
    field("Why", describe.counted, least=20, drop=1),
    field("Connection", lambda one: one.account.connection, least=10, drop=2),
)
MOST = 200
"""So many records of each state are listed; what is behind them follows as they go."""
_HEADINGS = {True: "Need a decision", False: "Waiting"}
Line: TypeAlias = AccountLine | Outgoing


class Shown(Value):
    """The accounts; of the company in focus also how far it is, and its records."""

    accounts: Sequence[AccountLine]
    standing: Standing | None = None
    records: Sequence[Outgoing] = ()


class InvoicedScreen(PagedScreen[Shown, Line, int], ReadsDetail[Shown]):
    """The connected companies; Enter opens one, with the records that wait or need a person."""

    PLACE = "Invoiced"
    TABLE = ACCOUNTS.columns
    NOTHING = (
        "No company is connected to Invoiced.\n\nOnce a company is connected, its customers, open"
        " invoices and payments are sent to Invoiced, and payments made there are imported. +"
        " connects a company. Nothing is sent before you have seen a dry run."
    )
    COPIED = "this text"
    BINDINGS = bindings(
        bind("plus", "connect", "Connect", "Connect a company.", key_display="+"),
        bind("L", "dry_run", "Dry run", "See what would be sent. Sends nothing."),
        bind("o", "go_live", "Go live", "Send and receive from now on. Asks first."),
        bind("x", "pause", "Pause", "Send and receive nothing until you go live."),
        bind("r", "retry", "Retry", "Send the record under the cursor again."),
        bind("R", "retry_alike", "Retry all", "Send all refused records again."),
        bind("s", "skip", "Skip", "Leave the record out of Invoiced, with a reason."),
        bind("w", "match", "Match customer", "Choose the matching customer on Invoiced."),
        bind("C", "copy", "Copy", "Copy these details to your clipboard."),
    )

    def question(self) -> Callable[[Store], Shown]:
        return partial(_view, connection_id=self.connection_id)

    def listed(self, snapshot: Shown) -> Iterator[Listed[Line]]:
        yield from self.rows(ACCOUNTS, snapshot.accounts)
        before = None
        for one in snapshot.records:
            needs = one.state.value == "refused"
            if needs is not before:
                yield Heading(_HEADINGS[needs])
            before = needs
            yield self._record_row(one), one

    def told(self, record: Line) -> Iterator[Paragraph]:
        if isinstance(record, AccountLine):
            yield from self._told_of_account(record)
            return
        yield render.titled(describe.named(record), record.object_id)
        yield render.titled("State", record.state.value)
        if record.would is not Would.UNKNOWN:
            yield render.titled("Sending it would", record.would.value)
        if record.reason:
            yield render.titled("Why", record.reason)
        if record.kind is RecordKind.CUSTOMER and record.would is Would.AMBIGUOUS:
            yield render.titled("w", "matches it to a customer on Invoiced, or creates a new one.")

    def _told_of_account(self, line: AccountLine) -> Iterator[Paragraph]:
        standing = self.snapshot.standing if self.snapshot else None
        if standing is not None:
            for section in describe.sections(standing):
                yield from render.lines(section)
            return
        yield render.titled(line.account.connection, describe.account(line.account))
        yield render.titled("State", describe.state(line.account))
        yield render.titled("Records", describe.counted(line))
        yield render.titled("Enter", "shows what waits and what needs a decision.")

    def company_of(self, record: Line) -> Company | None:
        if isinstance(record, AccountLine):
            return Company(record.account.connection_id, record.account.connection)
        return self.company

    def place(self, snapshot: Shown) -> str:
        connected = len(snapshot.accounts)
        return f"Invoiced{self.of_company}" + ("" if self.company else f" ({connected} connected)")

    def able(self) -> dict[str, bool]:
        chosen, account = self.chosen(), self._account()
        may, runs = self.worker.includes(Role.MANAGE), self.worker.includes(Role.RUN)
        record = runs and isinstance(chosen, Outgoing)
        state = account.account.state if account else None
        customer = isinstance(chosen, Outgoing) and chosen.kind is RecordKind.CUSTOMER
        return super().able() | {
            "connect": may,
            "dry_run": runs and account is not None,
            "go_live": runs and state is AccountState.PAUSED,
            "pause": runs and state is AccountState.LIVE,
            "retry": record,
            "retry_alike": runs and account is not None and account.refused > 0,
            "skip": record,
            "match": record and customer,
        }

    @on(RecordTable.Opened)
    def _open_account(self, event: RecordTable.Opened) -> None:
        """Enter on a company shows its records; on anything else, all that is told of it."""
        if isinstance(self.chosen(), AccountLine) and self.company is None:
            event.prevent_default()
            self.action_company()

    def _account(self) -> AccountLine | None:
        """The account under the cursor, or that of the company in focus."""
        if isinstance(chosen := self.chosen(), AccountLine):
            return chosen
        shown = self.snapshot.accounts if self.snapshot else ()
        return shown[0] if len(shown) == 1 else None

    @property
    def _whose(self) -> str:
        account = self._account()
        assert account is not None, "the key is dimmed"
        return account.account.connection

    def action_dry_run(self) -> None:
        """Have the daemon look at all that waits."""
        self.decide(partial(operations.plan_look, name=self._whose))

    def action_go_live(self) -> None:
        """Ask, then send and receive."""
        plan = partial(operations.plan_state, name=self._whose, state=AccountState.LIVE)
        self.decide(plan, asks=True)

    def action_pause(self) -> None:
        """Ask, then send and receive nothing more."""
        plan = partial(operations.plan_state, name=self._whose, state=AccountState.PAUSED)
        self.decide(plan, asks=True)

    def action_retry(self) -> None:
        """Send the record under the cursor again."""
        if isinstance(chosen := self.chosen(), Outgoing):
            self.decide(
                partial(platform_records.plan_retry, name=self._whose, which=(chosen.object_id,))
            )

    def action_retry_alike(self) -> None:
        """Ask, then send all again that were refused."""
        self.decide(partial(platform_records.plan_retry, name=self._whose, which=()), asks=True)

    def action_skip(self) -> None:
        """Ask for the reason, then leave the record out."""
        chosen = self.chosen()
        if not isinstance(chosen, Outgoing):
            return
        told = ["It is not sent to Invoiced until you retry it. QuickBooks is not changed."]
        dialog = AskReason(f"Skip {describe.named(chosen)}?", told, "The reason, for the record")
        plan = partial(platform_records.plan_skip, name=self._whose, which=(chosen.object_id,))
        ask_with(self, dialog, lambda note: self.decide(partial(plan, note=note)))

    def action_match(self) -> None:
        """Ask for the customer on Invoiced, then match."""
        chosen = self.chosen()
        if not isinstance(chosen, Outgoing):
            return
        field = TextField(
            *("their_id", "ID on Invoiced", "A number; leave empty to create a new customer."),
            _customer_id,
        )
        told = [chosen.reason] if chosen.reason else []
        dialog = FormDialog(f"Match {chosen.document} to a customer", told, [field], "Match")
        ask_with(self, dialog, partial(self._match, self._whose, chosen.object_id))

    def _match(self, name: str, customer: str, values: dict[str, Any]) -> None:
        choice = values["their_id"] or CREATE
        self.decide(
            partial(platform_records.plan_choose, name=name, customer=customer, choice=choice),
            asks=True,
        )

    # Connecting.

    def action_connect(self) -> None:
        """Ask for the account, then connect it."""
        self.look(connections.view_names, self._ask)

    def _ask(self, names: Sequence[str]) -> None:
        proposed = self.company.name if self.company else names[0] if len(names) == 1 else ""
        company = TextField(
            *("name", "Company", "Which company's records go to the account."),
            str.strip,
            proposed,
            tuple(names),
        )
        told = ["Nothing is sent yet: first you see what would be sent."]
        fields = [company, *account_fields(key_is_needed=True)]
        dialog = FormDialog("Connect Invoiced", told, fields, "Connect")
        ask_with(self, dialog, self._connect)

    def _connect(self, values: dict[str, Any]) -> None:
        self.say("Asking Invoiced…", stays=True)
        opening = partial(open_door, values, self.worker)
        self.go_on(self.worker.beside(opening), partial(self._opened, values))

    def _opened(self, values: dict[str, Any], door: Door) -> None:
        self.say("")
        self.decide(plan_of_account(values["name"], values, door), asks=True)

    def _record_row(self, one: Outgoing) -> Row:
        becomes = render.state(describe.becomes(one))
        return Row(
            one.name,
            (describe.named(one), becomes, one.reason, self.company.name if self.company else ""),
        )


def _view(store: Store, connection_id: int | None) -> Shown:
    found = platform_standing.view_accounts(store, connection_id)
    if connection_id is None or not found:
        return Shown(found)
    standing = platform_standing.view_standing(store, found[0].account.connection)
    return Shown(found, standing, platform_standing.view_records(store, connection_id, MOST))


def _customer_id(typed: str) -> str:
    if typed.strip() and not typed.strip().isdecimal():
        raise Wrong("The ID of a customer on Invoiced is a number.")
    return typed.strip()

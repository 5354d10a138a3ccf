"""No way leads past a confirmation: each one is gone to each decision that demands one.

Refused or given up, nothing is changed, down to the last row; confirmed, it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from console.cli.app import cli
from console.tui.main_screens import HOME
from shared.models import applications, audit, connections, events, outlets, problems
from shared.models.events import Told
from shared.models.outlets import Progress
from shared.models.platforms import accounts, records
from shared.models.sqlite import sqlite3  # another build of SQLite would break the locks of ours
from shared.operations import (
    audit_pruning,
    issuing,
    parked_deliveries,
    payment_allowances,
    payments,
    platform_mappings,
    webhooks,
)
from shared.operations import connections as held
from shared.operations import problems as decisions
from shared.operations.deciding import NotConfirmed, Operator, carry_out
from shared.operations.describe.connection_settings import GROUPS
from shared.rules.events import EventKind
from shared.rules.outlets import Refused
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import Layout, ProblemState, RecordKind
from shared.settings import load_settings
from shared.structs import Value, replace
from tests.console.tui.screens.driver import LARGE, Driver, sit_down
from tests.daemon.connectors.rig import ACCOUNT
from tests.deciding import decide
from tests.doors.known import PLANS
from tests.models.builders import NOON, invoice, later, trouble
from tests.models.payments.builders import Till, pays
from tests.models.test_connections import BOUND

AGREE = ("right", "enter")


def seated(office) -> Till:
    """Larkspur owes 250.00 by invoice 100; the company is known."""
    till = Till(office.store)
    till.owes(invoice("1A-100"))
    with till.store.transaction():
        connections.bind(till.id, BOUND)
    return till


# What there is to be decided about.


def parked(office) -> Till:
    till = seated(office)
    till.take_in(pays())
    till.move(PostingState.SENT)
    told = "2 payments in QuickBooks carry the tags of this one."
    till.move(PostingState.PARKED, code="payment-found-several", reason=told)
    number = str(till.payment().id)
    one = trouble(
        "payment-found-several", number, kind=RecordKind.PAYMENT, document="Payment pay_1"
    )
    with till.store.transaction():
        problems.report(till.id, None, [one], NOON)
    return till


def in_doubt(office) -> Till:
    till = seated(office)
    till.take_in(pays())
    one = till.write("SET1")
    till.move(PostingState.SENT, set_id="SET1")
    till.save(one, phase="doubt", doubted=True)
    told = "QuickBooks did not tell whether it saved the payment."
    till.move(PostingState.UNKNOWN, code="payment-unknown", reason=told, set_id="SET1")
    return till


def owing_nothing(office) -> Till:
    till = seated(office)
    till.take_in(pays())
    told = "Its invoice is paid."
    till.move(PostingState.REFUSED, code="payment-invoice-closed", reason=told)
    return till


def twice_numbered(office) -> Till:
    till = seated(office)
    with till.store.transaction():
        problems.report(till.id, None, [trouble("invoice-duplicate-number", "1A-100")], NOON)
    return till


def signed_in(office) -> Till:
    till = seated(office)
    with till.store.transaction():
        applications.set_password(till.applications, "hash")
        for one in till.applications:
            applications.login_succeeded(one, "hash", "", NOON)
    return till


def ready(office) -> Till:
    till = seated(office)
    till.take_in(pays())
    return till


def kept_back(office) -> Till:
    till = seated(office)
    decide(till.store, held.plan_edit, till.id, {"payments_out": False})
    till.take_in(pays())
    return till


def on_both_sides(office) -> Till:
    till = seated(office)
    account = replace(ACCOUNT, connection_id=till.id, identity="toy:1")
    with till.store.transaction():
        accounts.add(account, b"", 0)
        one = (till.id, "toy:1", RecordKind.INVOICE, "1A-100", "7", "100", NOON)
        records.put(*one)
    return till


def missed(office) -> Till:
    """A webhook whose receiver refused an event."""
    till = seated(office)
    decide(till.store, webhooks.plan_add, till.id, "https://hooks.example.com/in")
    with till.store.transaction():
        [outlet] = [one for one in outlets.all_outlets() if one.connection_id == till.id]
        events.record(till.id, EventKind.INVOICE_CHANGED, [Told("1A-100", "100")])
        [event] = events.newest(limit=1)
        progress = Progress(event.id, ((event, Refused("410 Gone")),))
        how = {"gives_up_after": timedelta(), "chance": lambda: 1.0}
        outlets.note(outlet, progress, now=NOON, **how)
    return till


def long_ago(office) -> Till:
    till = seated(office)
    with till.store.transaction():
        audit.add("anna", "qwc", "Larkspur", "", later(days=-400))
    return till


# The decisions.


class Decision(Value):
    """One decision with all ways to it.

    ``typed`` are command lines, each with what stands on standard input. ``pressed`` are the keys
    up to the question; with ``agreed`` the answer is yes.
    """

    plan: str
    needs: frozenset[str]
    arrange: Callable[[Any], Till]
    planned: Callable[[Till], Callable[..., Any]]
    typed: Sequence[tuple[str, str]] = ()
    pressed: Sequence[tuple[str, ...]] = ()
    agreed: tuple[str, ...] = AGREE


def of_payment(plan_of: Callable[..., Any], **more: Any) -> Callable[[Till], Callable[..., Any]]:
    return lambda till: partial(plan_of, payment_ids=[till.payment().id], **more)


def of_problem(plan_of: Callable[..., Any], **more: Any) -> Callable[[Till], Callable[..., Any]]:
    return lambda till: partial(plan_of, problem_ids=[1], **more)


def of_connection(plan_of: Callable[..., Any], **more: Any) -> Callable[[Till], Callable[..., Any]]:
    return lambda till: partial(plan_of, which=till.id, **more)


def files(till: Till, **how: Any) -> Callable[..., Any]:
    settings = load_settings(None, {})
    return partial(issuing.plan_files, settings=settings, which=till.id, folder=Path("qwc"), **how)


ONE_PAYMENT = ("m", "j")
TO_FORGET = ("j",) * (len(GROUPS["Connection"]) + 1)
DECISIONS = {
    "a parked payment is posted again": Decision(
        "payments.Retry",
        frozenset({payments.POST_AGAIN}),
        parked,
        of_payment(payments.plan_retry),
        typed=(
            ("payments retry 1", ""),
            ("payments retry -", "1\n"),
            ("payments retry pay_1 --connection Larkspur", ""),
        ),
        pressed=((*ONE_PAYMENT, "r"), (*ONE_PAYMENT, "enter", "r")),
    ),
    "the problem of a parked payment is retried": Decision(
        "problems.Retry",
        frozenset({payments.POST_AGAIN}),
        parked,
        of_problem(decisions.plan_retry),
        typed=(("problems retry 1", ""), ("problems retry -", "1\n")),
        pressed=(("p", "r"), ("p", "enter", "r")),
    ),
    "a doubt is ended": Decision(
        "payments.Settle",
        frozenset({payments.NO_COPY_LEFT}),
        in_doubt,
        lambda till: partial(payments.plan_settle, payment_id=till.payment().id),
        typed=(("payments settle Larkspur", ""),),
        pressed=((*ONE_PAYMENT, "d"), (*ONE_PAYMENT, "enter", "d")),
    ),
    "a payment goes to an invoice that owes nothing": Decision(
        "payment_allowances.Allow",
        frozenset({payment_allowances.MAY_BE_RECORDED}),
        owing_nothing,
        lambda till: partial(payment_allowances.plan_way_out, payment_id=till.payment().id),
        typed=(
            ("payments allow 1 --overpayment credit", ""),
            ("payments allow - --overpayment credit", "1\n"),
        ),
        pressed=((*ONE_PAYMENT, "o"), (*ONE_PAYMENT, "enter", "o")),
    ),
    "an open invoice is left out": Decision(
        "problems.Skip",
        frozenset({decisions.LEAVE_OUT}),
        twice_numbered,
        of_problem(decisions.plan_skip, because="x"),
        typed=(("problems skip 1 --because x", ""), ("problems skip - --because x", "1\n")),
        pressed=(("p", "s", "x", "enter"), ("p", "enter", "s", "x", "enter")),
    ),
    "a password in use is replaced": Decision(
        "issuing.IssuePlan",
        frozenset({issuing.REPLACES_PASSWORD}),
        signed_in,
        of_connection(issuing.plan_rotation),
        typed=(("password rotate Larkspur", ""),),
        pressed=(("G",), ("comma", "G")),
    ),
    "files come with another password": Decision(
        "issuing.IssuePlan",
        frozenset({issuing.REPLACES_PASSWORD}),
        signed_in,
        files,
        typed=(("qwc Larkspur", ""),),
        pressed=(("g", "enter", "enter"), ("comma", "g", "enter", "enter")),
    ),
    "files come with other ids": Decision(
        "issuing.IssuePlan",
        frozenset({issuing.REPLACES_PASSWORD, issuing.RENEWS_IDS}),
        signed_in,
        partial(files, renew_ids=True),
        typed=(("qwc Larkspur --renew-ids", ""),),
        pressed=(("comma", "end", "k", "enter", "enter", "enter"),),
    ),
    "files of another layout end a sign-in": Decision(
        "issuing.IssuePlan",
        frozenset({held.ENDS_SIGN_IN}),
        signed_in,
        partial(files, app="combined"),
        typed=(("qwc Larkspur --app combined", ""),),
    ),
    "another layout ends a sign-in": Decision(
        "connections.EditPlan",
        frozenset({held.ENDS_SIGN_IN}),
        signed_in,
        of_connection(held.plan_edit, changes={"layout": Layout.COMBINED}),
        typed=(("connection edit Larkspur --layout combined", ""),),
    ),
    "the company is forgotten before what is ready went there": Decision(
        "connections.EditPlan",
        frozenset({held.ON_ITS_WAY}),
        ready,
        of_connection(held.plan_edit, changes={}, rebind=True),
        typed=(("connection edit Larkspur --rebind", ""),),
        pressed=(("comma", *TO_FORGET, "enter"),),
    ),
    "the company is forgotten while it may have a payment": Decision(
        "connections.EditPlan",
        frozenset({held.IN_DOUBT}),
        in_doubt,
        of_connection(held.plan_edit, changes={}, rebind=True),
        typed=(("connection edit Larkspur --rebind", ""),),
        pressed=(("comma", *TO_FORGET, "enter"),),
    ),
    "what was kept back is posted": Decision(
        "connections.EditPlan",
        frozenset({held.POSTS_HELD}),
        kept_back,
        of_connection(held.plan_edit, changes={"payments_out": True}),
        typed=(("connection edit Larkspur --payments-out", ""),),
    ),
    "an invoice is another one on Invoiced": Decision(
        "platform_mappings.MapPlan",
        frozenset({platform_mappings.REWRITES}),
        on_both_sides,
        lambda _: partial(
            platform_mappings.plan_map, name="Larkspur", record="1A-100", their_id="8"
        ),
        typed=(("invoiced map Larkspur 100 --as 8", ""),),
    ),
    "events that a receiver missed are given up": Decision(
        "parked_deliveries.DropPlan",
        frozenset({parked_deliveries.NEVER_DELIVERED}),
        missed,
        lambda _: partial(parked_deliveries.plan_drop, webhook_id=1),
        typed=(("webhook drop 1", ""),),
    ),
    "old entries leave the audit log": Decision(
        "audit_pruning.PrunePlan",
        frozenset({audit_pruning.LEAVES_STORE}),
        long_ago,
        lambda _: partial(
            audit_pruning.plan_prune, before=date(2024, 1, 1), file=Path("old.jsonl").absolute()
        ),
        typed=(("audit prune --before 2024-01-01 --out old.jsonl", ""),),
    ),
    "a connection is removed": Decision(
        "connections.RemovalPlan",
        frozenset({held.REMOVES}),
        ready,
        of_connection(held.plan_removal),
        typed=(("connection remove Larkspur", ""),),
        pressed=(("comma", "x"),),
        agreed=(*"Larkspur", "enter"),
    ),
}


def test_each_need_of_each_plan_is_gone_to():
    gone: dict[str, set[str]] = {}
    for one in DECISIONS.values():
        gone.setdefault(one.plan, set()).update(one.needs)
    demanded = {plan: codes for plan, codes in PLANS.items() if not isinstance(codes, str)}
    demanded["issuing.IssuePlan"] -= {held.IN_DOUBT}  # the layout's own, as of EditPlan
    assert gone == {plan: set(codes) for plan, codes in demanded.items()}


# How it is seen.


def content(office) -> list[tuple[Any, ...]]:
    """Every row of the store, with the table that it is in."""
    with closing(sqlite3.connect(office.path)) as store:
        tables = store.execute("select name from sqlite_master where type = 'table' order by name")
        return [
            (name, *row)
            for (name,) in tables.fetchall()
            for row in store.execute(f'select * from "{name}" order by rowid')
        ]


@pytest.fixture(params=list(DECISIONS))
def decision(request) -> Decision:
    return DECISIONS[request.param]


@pytest.fixture
def terminal(monkeypatch) -> None:
    monkeypatch.setattr("console.cli.output.is_terminal", lambda: True)


@pytest.fixture(autouse=True)
def at_home(office, monkeypatch) -> None:
    """Commands and files find their places beside the store."""
    monkeypatch.setenv("HOME", str(office.path.parent))
    monkeypatch.chdir(office.path.parent)


def run(office, line: str, given: str) -> Any:
    environ = {"DESKBRIDGE_DATABASE": office.url, "SUDO_USER": None}
    return CliRunner(env=environ).invoke(cli, line.split(), input=given, prog_name="deskbridge")


# The ways.


def test_the_operation_demands_it(office, decision):
    till = decision.arrange(office)
    with till.store.reading():
        plan = decision.planned(till)(till.store)
    assert {need.code for need in plan.needs} == decision.needs
    before = content(office)
    for missing in decision.needs:
        with pytest.raises(NotConfirmed) as refused:
            carry_out(Operator(till.store, "anna"), plan, decision.needs - {missing})
        assert [need.code for need in refused.value.needs] == [missing]
    assert content(office) == before
    carry_out(Operator(till.store, "anna"), plan, decision.needs)
    assert content(office) != before


def test_a_command_without_a_terminal_demands_yes(office, decision):
    decision.arrange(office)
    before = content(office)
    for line, given in decision.typed:
        refused = run(office, line, given)
        assert (refused.exit_code, refused.stdout) == (2, ""), refused.output
        assert "--yes" in refused.stderr
        assert content(office) == before
    line, given = decision.typed[-1]
    assert run(office, f"{line} --yes", given).exit_code == 0
    assert content(office) != before


def test_a_command_at_a_terminal_asks(office, decision, terminal):
    decision.arrange(office)
    before = content(office)
    asked = [line for line, given in decision.typed if not given]
    for line in asked:
        assert run(office, line, "n\n").exit_code == 1
        assert run(office, line, "").exit_code == 1
        assert content(office) == before
    assert run(office, asked[-1], "y\n").exit_code == 0
    assert content(office) != before


WITH_KEYS = {name: one for name, one in DECISIONS.items() if one.pressed}


@pytest.mark.parametrize("name", WITH_KEYS)
def test_a_key_asks(office, name):
    decision = WITH_KEYS[name]
    decision.arrange(office)
    before = content(office)

    async def gives_up(at: Driver) -> None:
        for keys in decision.pressed:
            at.app.open_main(HOME)
            await at.press(*keys)
            assert at.screen.is_modal, at.text
            assert content(office) == before
            await at.press("escape")

    sit_down(office.url, gives_up, size=LARGE)
    assert content(office) == before

    async def agrees(at: Driver) -> None:
        await at.press(*decision.pressed[-1], *decision.agreed)

    sit_down(office.url, agrees, size=LARGE)
    assert content(office) != before


def test_a_jump_leads_to_the_same_question(office):
    parked(office)
    before = content(office)

    async def scenario(at: Driver) -> None:
        await at.press(*ONE_PAYMENT, "ctrl+p")
        await at.type("retry")
        await at.press("enter")
        assert "Retry Payment pay_1" in at.text
        await at.press("enter")

    sit_down(office.url, scenario, size=LARGE)
    assert content(office) == before


# All at once: what demands a word is left out, and said.


@pytest.mark.parametrize("yes", ["", " --yes"])
def test_retrying_all_problems_takes_no_parked_payment_along(office, yes):
    till = parked(office)
    with till.store.transaction():
        problems.report(till.id, None, [trouble("invoice-unreadable", "1A-7")], NOON)
    done = run(office, f"problems retry --all{yes}", "")
    assert done.exit_code == 0
    assert "parked" in done.stdout
    assert till.payment().status is PaymentStatus.PARKED
    with till.store.reading():
        states = {one.object_id: one.state for one in problems.list_problems(till.id)}
    assert states == {str(till.payment().id): ProblemState.OPEN, "1A-7": ProblemState.RETRY}


@pytest.mark.parametrize(
    "pressed", [("p", "R", *AGREE), ("m", "R", *AGREE), (*ONE_PAYMENT, "R", *AGREE)]
)
def test_retrying_all_of_a_kind_takes_no_parked_payment_along(office, pressed):
    parked(office)
    before = content(office)

    async def scenario(at: Driver) -> None:
        await at.press(*pressed)

    sit_down(office.url, scenario, size=LARGE)
    assert content(office) == before


def test_only_looking_changes_nothing_whatever_is_agreed_to(office):
    parked(office)
    before = content(office)

    async def scenario(at: Driver) -> None:
        await at.press(*ONE_PAYMENT, "r", *AGREE)

    sit_down(office.url, scenario, size=LARGE, read_only=True)
    assert content(office) == before

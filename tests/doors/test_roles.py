"""Each role at each door: what it does not include is refused, and nothing is changed by it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial

import pytest

from console.tui.bindings import ROLES
from shared.errors import NotAllowed
from shared.models import operators
from shared.models.store import Store, open_store
from shared.operations import connections as held
from shared.operations import payments
from shared.operations import problems as decisions
from shared.operations.deciding import Operator, Plan, allowed, carry_out
from shared.people import Person
from shared.rules.operators import Grants, Role, granted
from shared.structs import field_names
from tests.console.tui.screens.driver import LARGE, Driver, sit_down
from tests.doors.known import KEYS, PLANS
from tests.doors.test_guards import DECISIONS, at_home, content, parked, run  # noqa: F401
from tests.doors.test_known import called, plans
from tests.models.builders import NOON

ADA = Person("ada", frozenset(), 1234)
KINDS = {called(cls): cls for cls in plans()}
NEEDS_MANAGE = {
    *(
        "alerts",
        "audit_pruning",
        "connections",
        "operators",
        "payment_rules",
        "platform_mappings",
        "throttles",
    ),
    *("tokens", "webhooks"),
}
"""Modules of which every plan takes the role manage."""


def below(role: Role) -> list[Role]:
    return [one for one in Role if not one.includes(role)]


# The one gate.


class Asked:
    """A store, as far as rights are concerned."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants

    def grants(self) -> Grants:
        return self._grants

    @contextmanager
    def reading(self, _role: Role):
        yield


def blank(kind):
    """A plan of which nothing is told but what it takes."""
    told = dict.fromkeys(field_names(kind))
    if "connection" in told:
        told["connection"] = "Larkspur"
    return kind(**told)


@pytest.mark.parametrize("name", PLANS)
def test_each_plan_takes_a_role_and_less_is_refused(name):
    plan = blank(KINDS[name])
    between = [one for one in KINDS[name].__mro__ if issubclass(one, Plan) and one is not Plan]
    assert any("role" in vars(one) for one in between), "the highest role is only for the forgotten"
    assert plan.role in (Role.RUN, Role.MANAGE), "whoever decides does more than look"
    for role in below(plan.role):
        with pytest.raises(NotAllowed) as refused:
            allowed(Asked(granted("ada", [("ada", role, None)])), plan)
        assert refused.value.needed == plan.role
    assert allowed(Asked(granted("ada", [("ada", plan.role, None)])), plan) is plan
    with pytest.raises(NotAllowed):  # who is no operator
        allowed(Asked(Grants("ada")), plan)


def test_what_is_set_up_takes_the_role_manage():
    for name, kind in KINDS.items():
        assert kind.role is Role.MANAGE or name.partition(".")[0] not in NEEDS_MANAGE


@pytest.mark.parametrize(
    "name", ["connections.AddPlan", "tokens.AddPlan", "tokens.RevokePlan", "operators.AddPlan"]
)
def test_what_concerns_all_connections_takes_a_right_in_all(name):
    plan, some = blank(KINDS[name]), frozenset({1, 2})
    with pytest.raises(NotAllowed):
        allowed(Asked(granted("ada", [("ada", Role.MANAGE, some)])), plan)


def test_the_console_knows_the_role_of_each_key_that_decides():
    known = {full: ROLES.get(full.partition(".")[2]) for full in KEYS}
    plans = {full: KINDS[plan].role for full, plan in KEYS.items() if plan in KINDS}
    assert known == {**dict.fromkeys(KEYS, Role.MANAGE), **plans}


def test_the_other_keys_with_a_role_open_what_leads_to_a_decision():
    deciding = {full.partition(".")[2] for full in KEYS}
    assert set(ROLES) - deciding == {"set_up", "take_file"}


# The doors.


@pytest.fixture
def at_the_keyboard(monkeypatch):
    """Whoever types commands is Ada."""
    monkeypatch.setattr("console.cli.context.person_here", lambda _environ: ADA)


def operates(office, role: Role, ids=None) -> None:
    with office.store.transaction():
        operators.add("ada", role, ids, user="ada", group="", who="root", now=NOON)


def hers(office) -> Store:
    return open_store(office.url, clock=lambda: NOON, person=ADA)


FORBIDDEN = [
    (name, role)
    for name, decision in DECISIONS.items()
    for role in below(KINDS[decision.plan].role)[-1:]
]


@pytest.mark.parametrize(("name", "role"), FORBIDDEN)
def test_the_operation_and_each_command_refuse_what_the_role_does_not_include(
    office, at_the_keyboard, name, role
):
    decision = DECISIONS[name]
    till = decision.arrange(office)
    operates(office, role)
    before = content(office)
    with hers(office) as store:
        with store.reading():
            plan = decision.planned(till)(store)
        with pytest.raises(NotAllowed):
            carry_out(Operator(store, "ada"), plan, decision.needs)
    for line, given in decision.typed:
        refused = run(office, f"{line} --yes", given)
        assert refused.exit_code == 1, refused.output
        assert "Nothing was done" in refused.stderr
        assert "deskbridge operator" in refused.stderr
    assert content(office) == before


def test_a_key_refuses_it_and_says_why_before_anything_is_asked(office):
    parked(office)
    operates(office, Role.LOOK)
    before = content(office)

    async def scenario(at: Driver) -> None:
        await at.press("p", "r")
        assert not at.screen.is_modal
        assert "ada has the role look" in at.text
        assert "may look" in at.lines[0]

    sit_down(office.url, scenario, size=LARGE, opens=opens(office))
    assert content(office) == before


def test_what_the_role_does_not_include_is_dimmed(office):
    parked(office)
    operates(office, Role.RUN)

    async def scenario(at: Driver) -> None:
        assert "Set up new" not in at.lines[-1]
        await at.press("plus")
        assert "ada has the role run" in at.text
        await at.press("p")
        assert "Retry" in at.lines[-1]
        await at.press("r", "right", "enter")

    before = content(office)
    sit_down(office.url, scenario, size=LARGE, opens=opens(office))
    assert content(office) != before


def opens(office):
    return lambda *, create: open_store(office.url, create=create, clock=lambda: NOON, person=ADA)


# Of one connection alone.


@pytest.fixture
def two(office):
    """Larkspur, with a payment that is parked, and Fern."""
    till = parked(office)
    return till, office.connect("Fern").id


@pytest.mark.parametrize("role", Role)
def test_another_connection_is_as_unknown_as_one_that_does_not_exist(
    office, two, at_the_keyboard, role
):
    _, fern = two
    operates(office, role, [fern])
    for line in ("payments retry 1", "problems retry 1", "connection edit Larkspur --rebind"):
        refused = run(office, f"{line} --yes", "")
        assert refused.exit_code in (1, 3), refused.output
        assert "Larkspur Tile" not in refused.output
    with hers(office) as store, store.reading():
        assert [one.connection.name for one in held.view_all(store)] == ["Fern"]


def test_who_may_run_one_and_look_at_the_other_decides_about_the_one_alone(office, two):
    till, fern = two
    operates(office, Role.LOOK)
    with office.store.transaction():
        operators.add("of fern", Role.RUN, [fern], user="ada", group="", who="root", now=NOON)
    before = content(office)
    with hers(office) as store:
        with store.reading():
            plan = payments.plan_retry(store, [till.payment().id])
        with pytest.raises(NotAllowed, match="may view this"):
            carry_out(Operator(store, "ada"), plan, {payments.POST_AGAIN})
    assert content(office) == before


def test_all_at_once_means_all_of_the_own_connections(office, two, at_the_keyboard):
    _, fern = two
    operates(office, Role.RUN, [fern])
    before = content(office)
    run(office, "problems retry --all --yes", "")
    assert content(office) == before
    with hers(office) as store, store.reading():
        assert decisions.view_all(store, None) == []


def test_the_audit_log_names_the_operator(office, two):
    till, _ = two
    with office.store.transaction():
        operators.add("night shift", Role.RUN, None, user="ada", group="", who="root", now=NOON)
    with hers(office) as store:
        with store.reading():
            plan = partial(payments.plan_retry, payment_ids=[till.payment().id])(store)
        carry_out(Operator(store, "ada"), plan, {payments.POST_AGAIN})
    assert {one.who for one in office.audit() if one.action == "payment.retry"} == {
        "ada [night shift]"
    }

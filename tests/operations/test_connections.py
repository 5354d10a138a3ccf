"""What a person decides about connections: what is told, what must be confirmed, what is done."""

from __future__ import annotations

import re
from datetime import date

import pytest

from shared.errors import CannotBeMeant, NameTaken, NotFound, NotPossible
from shared.models import applications, audit, connections
from shared.models.payments import account_rules
from shared.operations import connections as operations
from shared.operations import payment_rules
from shared.operations.deciding import NotConfirmed, Operator, PlanIsStale, carry_out
from shared.operations.describe.connection_settings import SETTINGS, question
from shared.rules.payments.values import DepositRule, MethodRule, PostingState
from shared.rules.values import Connection, Layout, OnAccount, Overpayment
from shared.structs import defaults
from tests.deciding import decide
from tests.models.builders import NOON, both_engines, invoice
from tests.models.payments.builders import Till, pays
from tests.models.test_connections import BOUND


@pytest.fixture
def till(store):
    """Invoices 100 and 101 are owed; nothing is paid yet."""
    till = Till(store)
    till.owes(invoice("1A-100", "250.00"), invoice("1A-101", "80.00"))
    return till


def plan(till, plan_of, *arguments, **options):
    with till.store.reading():
        return plan_of(till.store, *arguments, **options)


def edit(till, **changes):
    rebind = changes.pop("rebind", False)
    return plan(till, operations.plan_edit, till.id, changes, rebind=rebind)


def codes(decision):
    return [need.code for need in decision.needs]


def carried_out(till, decision):
    return carry_out(Operator(till.store, "anna"), decision, codes(decision))


def audited(till):
    with till.store.reading():
        entries = [(entry.action, entry.detail) for entry in audit.entries()]
    return [entry for entry in entries if entry[0] != "payment.import"]


def bind(till):
    with till.store.transaction():
        connections.bind(till.id, BOUND)


def signs_in(till):
    """Both applications have a password, and the Web Connector signed in with it."""
    with till.store.transaction():
        applications.set_password(till.applications, "hash")
        for one in till.applications:
            applications.login_succeeded(one, "hash", "", NOON)


# Which one.


def test_a_connection_is_meant_by_name_by_number_or_by_being_the_only_one(till):
    for which in ("larkspur", till.id, None):
        assert plan(till, operations.view, which).connection.id == till.id


def test_of_several_one_has_to_be_named(till):
    with till.store.transaction():
        connections.add("Bramble", now=NOON)
    with pytest.raises(CannotBeMeant, match="Bramble, Larkspur"):
        plan(till, operations.view, None)


def test_without_any_there_is_nothing_to_look_at(store):
    with store.reading(), pytest.raises(NotPossible, match="no connection yet"):
        operations.view(store, None)


# Adding.


def test_a_connection_is_added_with_its_rules_or_not_at_all(till):
    deposit, method = DepositRule(9, "", "", "stripe", "Clearing"), MethodRule("ach", "ACH")
    wanted = ({"name": "Bramble", "overpayment": Overpayment.CREDIT}, [deposit], [method])
    carried_out(till, plan(till, operations.plan_add, *wanted))
    with till.store.reading():
        made = connections.get("Bramble")
        assert [rule.account for rule in account_rules.deposit_rules(made.id)] == ["Clearing"]
        assert account_rules.method_rules(made.id) == [method]
    assert made.overpayment is Overpayment.CREDIT
    twice = plan(till, operations.plan_add, {"name": "Clover"}, [deposit, deposit])
    with pytest.raises(account_rules.DuplicateRule):
        carried_out(till, twice)
    with till.store.reading(), pytest.raises(NotFound):
        connections.get("Clover")


def test_a_name_that_is_taken_is_refused_while_planning(till):
    with pytest.raises(NameTaken):
        plan(till, operations.plan_add, {"name": "LARKSPUR"})


# Changing.


@both_engines
def test_a_change_of_words_alone_needs_nothing(till):
    decision = edit(till, overpayment=Overpayment.CREDIT)
    assert decision.needs == ()
    assert decision.told[0] == "Overpayments: from Refuse to Keep the rest as customer credit."
    carried_out(till, decision)
    with till.store.reading():
        assert connections.by_id(till.id).overpayment is Overpayment.CREDIT
    assert audited(till) == [("connection.edit", "overpayment: credit")]


def test_what_is_so_already_is_no_change(till):
    signs_in(till)
    decision = edit(till, layout=Layout.TWO)
    assert (decision.needs, decision.told) == ((), ())


EVERY_CHOICE = [(key, value) for key, one in SETTINGS.items() for value, _ in one.options]
TYPED = [
    ("name", "Bramble"),
    *(("company_file", path) for path in ("", "D:\\Bramble.qbw")),
    *(("run_every_minutes", minutes) for minutes in (0, 60)),
    *(("minimum_interval_seconds", seconds) for seconds in (0, 90)),
    *(("quiet_hours", hours) for hours in ("", "08:00-17:00")),
    *(("time_budget_minutes", minutes) for minutes in (0, 10)),
    *(("start_date", day) for day in (None, date(2026, 1, 31))),
]


@pytest.mark.parametrize(("field", "value"), EVERY_CHOICE + TYPED)
def test_each_change_asks_what_will_be_and_its_button_names_it(field, value):
    title, verb = question("Larkspur", {field: value}, rebind=False)
    assert title.endswith("?")
    assert "Larkspur" in title
    assert not re.search(r"\bnot?\b|n't", title)
    assert verb not in {"Change", "Continue", "OK", "Yes"}


def test_set_up_proposes_what_a_new_connection_is_as_a_rule():
    usual = defaults(Connection)
    chosen = [one for one in SETTINGS.values() if one.options]
    assert {one.key: one.proposed for one in chosen} == {one.key: usual[one.key] for one in chosen}


def test_each_field_that_can_be_changed_has_its_question():
    assert {name for name, _ in EVERY_CHOICE + TYPED} == set(SETTINGS)


def test_the_plan_asks_about_what_really_changes(till):
    assert edit(till, on_account=OnAccount.POST).title == (
        "Post payments without an invoice on account for Larkspur?"
    )
    real = edit(till, on_account=OnAccount.REFUSE, debug=True)
    assert (real.title, real.verb) == (
        "Keep QuickBooks' answers for Larkspur?",
        "Keep answers",
    )
    several = edit(till, on_account=OnAccount.POST, debug=True)
    assert several.title == "Make these 2 changes to Larkspur?"
    assert len(several.told) == 4
    assert edit(till, debug=False).title == "Leave Larkspur as it is?"
    bind(till)
    assert (edit(till, rebind=True).title, edit(till, rebind=True).verb) == (
        "Forget the company file of Larkspur?",
        "Forget",
    )


def test_another_layout_is_confirmed_where_somebody_signs_in(till):
    assert codes(edit(till, layout=Layout.COMBINED)) == []
    signs_in(till)
    decision = edit(till, layout=Layout.COMBINED)
    assert codes(decision) == [operations.ENDS_SIGN_IN]
    with pytest.raises(NotConfirmed):
        carry_out(Operator(till.store, "anna"), decision)
    with till.store.reading():
        assert connections.by_id(till.id).layout is Layout.TWO


@pytest.mark.parametrize(
    "change",
    [{"layout": Layout.COMBINED}, {"start_date": date(2024, 7, 1)}, {"rebind": True}],
    ids=["layout", "start date", "rebind"],
)
def test_what_is_in_doubt_is_confirmed_with_its_amount(till, change):
    till.take_in(pays())
    till.move(PostingState.SENT)
    till.move(PostingState.UNKNOWN)
    decision = edit(till, **change)
    assert operations.IN_DOUBT in codes(decision)
    [doubt] = [need for need in decision.needs if need.code == operations.IN_DOUBT]
    assert "1 payment, 100.00" in doubt.sentence


def test_forgetting_the_company_is_confirmed_where_payments_would_go_to_the_next_one(till):
    bind(till)
    assert codes(edit(till, rebind=True)) == []
    till.take_in(pays())
    decision = edit(till, rebind=True)
    assert codes(decision) == [operations.ON_ITS_WAY]
    assert "Larkspur Tile & Stone is forgotten." in decision.told
    carried_out(till, decision)
    with till.store.reading():
        assert connections.by_id(till.id).binding is None


def test_turning_posting_on_is_confirmed_with_the_money_that_moves(till):
    decide(till.store, operations.plan_edit, till.id, {"payments_out": False})
    till.take_in(pays(), pays("pay_2", "80.00", ("101", "80.00")))
    decision = edit(till, payments_out=True)
    assert codes(decision) == [operations.POSTS_HELD]
    assert "2 payments, 180.00" in decision.needs[0].sentence


@both_engines
def test_an_earlier_start_date_is_confirmed_with_the_money_that_moves(till):
    decide(till.store, operations.plan_edit, till.id, {"start_date": date(2024, 7, 1)})
    till.take_in(pays())
    assert codes(edit(till, start_date=date(2024, 6, 30))) == []
    assert codes(edit(till, start_date=date(2024, 6, 3))) == [operations.POSTS_HELD]
    assert codes(edit(till, start_date=None, payments_out=False)) == []


def test_a_payment_that_comes_in_between_makes_the_plan_stale(till):
    bind(till)
    decision = edit(till, rebind=True)
    till.take_in(pays())
    with pytest.raises(PlanIsStale) as stale:
        carried_out(till, decision)
    assert codes(stale.value.fresh) == [operations.ON_ITS_WAY]
    with till.store.reading():
        assert connections.by_id(till.id).binding is not None


# Removing.


def test_removing_tells_what_is_sent_unknown_ready_and_waiting(till):
    till.take_in(
        pays("sent", "10.00"),
        pays("unknown", "20.00"),
        pays("ready", "30.00"),
        pays("waiting", "40.00", ("999", "40.00")),
    )
    till.move(PostingState.SENT, "sent")
    till.move(PostingState.SENT, "unknown")
    till.move(PostingState.UNKNOWN, "unknown")
    removal = plan(till, operations.plan_removal, till.id)
    told = " ".join([*removal.told, *(need.sentence for need in removal.needs)])
    assert "Sent, but QuickBooks has not answered yet: 1 payment, 10.00" in told
    assert "Outcome unknown: 1 payment, 20.00" in told
    assert "Ready, and will not be posted: 1 payment, 30.00" in told
    assert "Waiting, and will not be posted: 1 payment, 40.00" in told
    assert "2 open invoices" in told
    assert "Ready" in removal.needs[0].sentence  # a command without a terminal says only needs


def test_removing_always_needs_a_persons_word(till):
    decision = plan(till, operations.plan_removal, "Larkspur")
    assert codes(decision) == [operations.REMOVES]
    with pytest.raises(NotConfirmed):
        carry_out(Operator(till.store, "anna"), decision)
    carried_out(till, decision)
    with till.store.reading(), pytest.raises(NotFound):
        connections.by_id(till.id)
    assert audited(till) == [("connection.remove", "")]


# Rules.


@both_engines
def test_a_deposit_rule_is_made_told_and_removed(till):
    wanted = DepositRule(0, "ach", "USD", "", "Undeposited")
    made = carried_out(till, plan(till, payment_rules.plan_deposit, till.id, wanted))
    assert (made.rule.account, made.warning) == ("", "")
    gone = plan(till, payment_rules.plan_removal, till.id, str(made.rule.id))
    assert gone.told[0] == "Until now, ach payments in USD go to Undeposited Funds."
    carried_out(till, gone)
    assert plan(till, payment_rules.view, till.id).deposits == []
    assert [action for action, _ in audited(till)] == ["rule.remove", "rule.deposit"]


def test_a_method_rule_is_made_told_and_removed(till):
    carried_out(till, plan(till, payment_rules.plan_method, till.id, MethodRule("ach", "Wire")))
    gone = plan(till, payment_rules.plan_removal, till.id, "ACH")
    assert gone.told[0] == "ach is Wire in QuickBooks."
    carried_out(till, gone)
    assert plan(till, payment_rules.view, till.id).methods == []


@pytest.mark.parametrize("rule", ["7", "ach"])
def test_a_rule_that_is_not_there_cannot_be_removed(till, rule):
    with pytest.raises(NotFound):
        plan(till, payment_rules.plan_removal, till.id, rule)

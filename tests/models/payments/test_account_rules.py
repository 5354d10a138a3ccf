"""Rules: one for each set of conditions, one for each method."""

from __future__ import annotations

import pytest

from shared.errors import NotFound
from shared.models.payments import account_rules
from shared.models.payments.account_rules import DuplicateRule
from shared.rules.payments.values import DepositRule, MethodRule
from tests.models.payments.builders import Till


def deposit(till, account="Bank:Checking", **conditions):
    wanted = {"method": "", "currency": "", "gateway": "", **conditions}
    return account_rules.add_deposit_rule(till.id, account=account, **wanted)


def test_deposit_rules_are_listed_in_the_order_in_which_they_were_made(till):
    second = deposit(till, "Bank:Zurich", method="ach", currency="USD", gateway="stripe")
    first = deposit(till, "")
    assert account_rules.deposit_rules(till.id) == [second, first]
    assert second == DepositRule(second.id, "ach", "USD", "stripe", "Bank:Zurich")
    assert first.account == ""


@pytest.mark.parametrize("method", ["ach", "ACH", " ach "])
def test_a_second_rule_for_the_same_payments_is_refused_in_words(till, method):
    held = deposit(till, method="ach", currency="USD")
    with pytest.raises(DuplicateRule, match=r"same conditions.*go to Bank:Checking") as refusal:
        deposit(till, "Bank:Other", method=method, currency="usd")
    assert refusal.value.held == held
    assert str(held.id) in refusal.value.sentence
    assert account_rules.deposit_rules(till.id) == [held]


def test_rules_that_differ_in_one_condition_stand_side_by_side(till):
    made = [
        deposit(till, method="ach"),
        deposit(till, currency="ach"),
        deposit(till, gateway="ach"),
        deposit(till),
    ]
    assert account_rules.deposit_rules(till.id) == made


def test_a_deposit_rule_is_removed_by_its_number(till):
    gone, stays = deposit(till, method="ach"), deposit(till)
    account_rules.remove_deposit_rule(till.id, gone.id)
    assert account_rules.deposit_rules(till.id) == [stays]


@pytest.mark.parametrize("number", [0, 99, 2**70])
def test_a_deposit_rule_that_is_not_there_cannot_be_removed(till, number):
    deposit(till)
    with pytest.raises(NotFound, match=f"no deposit rule {number}"):
        account_rules.remove_deposit_rule(till.id, number)
    assert len(account_rules.deposit_rules(till.id)) == 1


def test_the_rules_of_another_company_are_out_of_reach(till):
    other = Till(till.store, "Bramble")
    ours = deposit(till, method="ach")
    theirs = deposit(other, method="ach")
    with pytest.raises(NotFound):
        account_rules.remove_deposit_rule(other.id, ours.id)
    assert account_rules.deposit_rules(till.id) == [ours]
    assert account_rules.deposit_rules(other.id) == [theirs]


def test_a_method_rule_replaces_the_one_before_whatever_its_case(till):
    account_rules.set_method_rule(till.id, "credit_card", "Visa")
    assert account_rules.set_method_rule(till.id, "Credit_Card", "") == MethodRule(
        "Credit_Card", ""
    )
    assert account_rules.method_rules(till.id) == [MethodRule("Credit_Card", "")]


def test_method_rules_are_listed_by_method_and_removed_by_it(till):
    account_rules.set_method_rule(till.id, "check", "Cheque")
    account_rules.set_method_rule(till.id, "ach", "Bank transfer")
    assert [rule.method for rule in account_rules.method_rules(till.id)] == ["ach", "check"]
    account_rules.remove_method_rule(till.id, "CHECK")
    assert [rule.method for rule in account_rules.method_rules(till.id)] == ["ach"]
    with pytest.raises(NotFound, match="no method rule 'check'"):
        account_rules.remove_method_rule(till.id, "check")

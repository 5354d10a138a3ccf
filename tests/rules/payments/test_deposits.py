"""Deposit accounts, payment methods, and finding either in QuickBooks' lists."""

from __future__ import annotations

import pytest

from shared.rules.payments.deposits import deposit_account, find_entry, method_name, undeposited
from shared.rules.payments.values import DepositRule, ListEntry, ListKind, MethodRule


def rule(account, method="", currency="", gateway=""):
    return DepositRule(1, method, currency, gateway, account)


def account_for(*rules, method="credit_card", currency="USD", gateway="stripe"):
    found = deposit_account(rules, method=method, currency=currency, gateway=gateway)
    return None if found is None else found.account


ANY = rule("Any")
CARDS = rule("Cards", method="credit_card")
DOLLARS = rule("Dollars", currency="USD")
STRIPE = rule("Stripe", gateway="stripe")
CARDS_AT_STRIPE = rule("Cards at Stripe", method="credit_card", gateway="stripe")
EUROS = rule("Euros", currency="EUR")


@pytest.mark.parametrize(
    ("rules", "account"),
    [
        ((), None),
        ((ANY,), "Any"),
        ((EUROS,), None),
        ((ANY, CARDS), "Cards"),
        ((CARDS, ANY), "Cards"),
        ((CARDS, DOLLARS, CARDS_AT_STRIPE), "Cards at Stripe"),
        ((DOLLARS, CARDS), "Dollars"),
        ((CARDS, DOLLARS), "Cards"),
        ((rule("Both", method="credit_card", currency="EUR"), STRIPE), "Stripe"),
        ((rule("Yen", "credit_card", "JPY", "stripe"), ANY), "Any"),
    ],
)
def test_the_rule_with_most_conditions_met_wins_and_the_first_of_equals(rules, account):
    assert account_for(*rules) == account


def test_conditions_are_compared_without_case_and_blanks():
    assert account_for(rule("A", " Credit_Card ", "usd", "STRIPE")) == "A"


def test_a_condition_on_what_the_payment_does_not_tell_is_not_met():
    assert account_for(STRIPE, gateway="") is None
    assert account_for(ANY, gateway="", method="", currency="") == "Any"


def test_a_rule_for_undeposited_funds_wins_like_any_other():
    assert account_for(ANY, rule("", method="credit_card")) == ""


# Payment methods.


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("ach", "ACH"),
        ("affirm", "Affirm"),
        ("balance", "Balance"),
        ("bank_transfer", "Wire Transfer"),
        ("wire_transfer", "Wire Transfer"),
        ("cash", "Cash"),
        ("check", "Check"),
        ("echeck", "E-Check"),
        ("credit_card", "Credit Card"),
        ("CREDIT_CARD", "Credit Card"),
        ("direct_debit", "Direct Debit"),
        ("eft", "EFT"),
        ("klarna", "Klarna"),
        ("online", "Online"),
        ("paypal", "PayPal"),
        ("other", ""),
        ("", ""),
        ("apple_pay", "Apple Pay"),
        ("alipay's", "Alipay's"),
    ],
)
def test_a_method_has_its_usual_name_and_an_unknown_one_its_own(method, name):
    assert method_name((), method) == name


def test_a_rule_comes_before_the_usual_name():
    rules = (MethodRule("ach", "eCheck"), MethodRule("Credit_Card", "Visa"))
    assert method_name(rules, "credit_card") == "Visa"
    assert method_name(rules, "cash") == "Cash"
    assert method_name((MethodRule("cash", ""),), "cash") == ""


def test_a_method_name_is_never_longer_than_quickbooks_takes_nor_of_other_characters():
    assert method_name((), "x" * 40) == "X" + "x" * 30
    assert method_name((MethodRule("ach", "y" * 30 + "  z"),), "ach") == "y" * 30
    assert method_name((), "łódź_pay") == "Lódz Pay"


# QuickBooks' lists.


def entry(list_id, full_name, *, active=True, special=""):
    return ListEntry(ListKind.ACCOUNT, list_id, full_name, "Bank", special, "USD", active)


CHECKING = entry("80-A", "Bank:Checking")
OLD = entry("80-B", "Savings", active=False)


@pytest.mark.parametrize("name", ["Bank:Checking", "bank:checking ", "80-A", "80-a"])
def test_an_entry_is_found_by_full_name_or_list_id(name):
    assert find_entry([OLD, CHECKING], name) is CHECKING


@pytest.mark.parametrize("name", ["", " ", "Checking", "Bank", "80"])
def test_a_part_of_a_name_finds_nothing(name):
    assert find_entry([entry("", ""), CHECKING], name) is None


def test_an_inactive_entry_is_found_when_there_is_no_active_one_of_that_name():
    assert find_entry([OLD], "Savings") is OLD
    new = entry("80-C", "Savings")
    assert find_entry([OLD, new], "Savings") is new


def test_undeposited_funds_is_known_by_its_kind_whatever_its_name():
    funds = entry("80-D", "*Geld unterwegs", special="UndepositedFunds")
    assert undeposited([CHECKING, funds]) is funds
    assert undeposited([CHECKING]) is None

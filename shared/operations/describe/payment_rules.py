"""Payment rules in words."""

from __future__ import annotations

from shared.rules.payments.values import DepositRule, MethodRule

UNDEPOSITED_FUNDS = "Undeposited Funds"
ANY = "any"
NO_METHOD = "(none)"


def account(rule: DepositRule) -> str:
    """Where a rule deposits to."""
    return rule.account or UNDEPOSITED_FUNDS


def condition(rule: DepositRule) -> str:
    """``credit_card payments in USD by stripe``; ``all payments`` for a rule without conditions."""
    currency = f" in {rule.currency}" if rule.currency else ""
    gateway = f" by {rule.gateway}" if rule.gateway else ""
    return f"{rule.method or 'all'} payments{currency}{gateway}"


def deposit(rule: DepositRule) -> str:
    """``credit_card payments in USD by stripe go to Bank:Checking``."""
    return f"{condition(rule)} go to {account(rule)}"


def method(rule: MethodRule) -> str:
    """``credit_card is Visa in QuickBooks``."""
    return f"{rule.method} is {rule.name or NO_METHOD} in QuickBooks"

"""Which account a payment is deposited to, and what QuickBooks calls its method.

An empty gateway condition fits any gateway, and a payment that no rule fits goes to Undeposited
Funds instead of failing.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import capwords

from shared.qbxml.text import clean, one_line
from shared.rules.payments.names import folded
from shared.rules.payments.values import DepositRule, ListEntry, MethodRule

MAX_METHOD = 31
"""The longest PaymentMethod name that QuickBooks takes."""

UNDEPOSITED = "UndepositedFunds"

USUAL_NAMES = {
    "ach": "ACH",
    "affirm": "Affirm",
    "balance": "Balance",
    "bank_transfer": "Wire Transfer",
    "cash": "Cash",
    "check": "Check",
    "credit_card": "Credit Card",
    "direct_debit": "Direct Debit",
    "echeck": "E-Check",
    "eft": "EFT",
    "klarna": "Klarna",
    "online": "Online",
    "other": "",
    "paypal": "PayPal",
    "wire_transfer": "Wire Transfer",
}
"""The platform's methods as QuickBooks usually lists them; empty: the payment names none."""


def deposit_account(
    rules: Sequence[DepositRule], *, method: str, currency: str, gateway: str
) -> DepositRule | None:
    """The rule that fits best: most conditions met by name, the first of equals.

    None when none fits, which means Undeposited Funds, as does a rule without account.
    """
    scored = [(_score(rule, method, currency, gateway), rule) for rule in rules]
    best = max((score for score, _ in scored), default=0)
    return next((rule for score, rule in scored if score == best), None) if best else None


def _score(rule: DepositRule, method: str, currency: str, gateway: str) -> int:
    pairs = ((rule.method, method), (rule.currency, currency), (rule.gateway, gateway))
    points = [_points(folded(condition), folded(value)) for condition, value in pairs]
    return sum(points) if all(points) else 0


def _points(condition: str, value: str) -> int:
    if not condition:
        return 1
    return 2 if condition == value else 0


def method_name(rules: Sequence[MethodRule], method: str) -> str:
    """The PaymentMethod for a method of the platform, at most 31 characters; empty for none."""
    return one_line(_method_given(rules, method))[:MAX_METHOD].rstrip()


def lost_method(rules: Sequence[MethodRule], method: str) -> str:
    """The name that it should have, where QuickBooks cannot store it as it is; else empty."""
    given = _method_given(rules, method)
    return given if clean(given).lost or len(one_line(given)) > MAX_METHOD else ""


def _method_given(rules: Sequence[MethodRule], method: str) -> str:
    wanted = folded(method)
    ruled = (rule.name for rule in rules if folded(rule.method) == wanted)
    usual = USUAL_NAMES.get(wanted, capwords(method.replace("_", " ")))
    return next(ruled, usual)


def find_entry(entries: Sequence[ListEntry], name: str) -> ListEntry | None:
    """The account or method of that full name or ListID, an active one before others."""
    wanted = folded(name)
    matching = [e for e in entries if wanted and wanted in (folded(e.full_name), folded(e.list_id))]
    return _active_first(matching)


def undeposited(entries: Sequence[ListEntry]) -> ListEntry | None:
    """The account Undeposited Funds, which a company may have renamed."""
    return _active_first([entry for entry in entries if entry.special == UNDEPOSITED])


def _active_first(entries: Sequence[ListEntry]) -> ListEntry | None:
    return next((entry for entry in entries if entry.active), entries[0] if entries else None)

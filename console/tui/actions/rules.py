"""Rules of a connection: where payments are deposited, what QuickBooks calls their method."""

from __future__ import annotations

from console.cli.rules import NONE, told_of, unlisted
from console.tui.actions import Operator
from shared.models import connections
from shared.models.payments import rules
from shared.rules.payments.values import DepositRule, ListKind, MethodRule


def add_deposit(by: Operator, connection_id: int, wanted: DepositRule) -> str:
    """Make a deposit rule, whatever its number; raises DuplicateRule."""
    connection = connections.by_id(connection_id)
    made = rules.add_deposit_rule(
        connection_id,
        method=wanted.method,
        currency=wanted.currency,
        gateway=wanted.gateway,
        account=wanted.account,
    )
    by.note("rule.deposit", connection.name, told_of(made))
    warning = unlisted(connection_id, ListKind.ACCOUNT, made.account)
    return f"From now on {told_of(made)}. {warning}".strip()


def set_method(by: Operator, connection_id: int, wanted: MethodRule) -> str:
    """Have QuickBooks call a method by another name; replaces the rule for the same method."""
    connection = connections.by_id(connection_id)
    made = rules.set_method_rule(connection_id, wanted.method, wanted.name)
    told = f"{made.method} is {made.name or NONE} in QuickBooks"
    by.note("rule.method", connection.name, told)
    warning = unlisted(connection_id, ListKind.PAYMENT_METHOD, made.name)
    return f"From now on {told}. {warning}".strip()


def remove_deposit(by: Operator, connection_id: int, rule_id: int) -> str:
    """Remove a deposit rule; raises NotFound."""
    connection = connections.by_id(connection_id)
    rules.remove_deposit_rule(connection_id, rule_id)
    by.note("rule.remove", connection.name, str(rule_id))
    return "Removed the deposit rule. Payments that are posted already stay where they are."


def remove_method(by: Operator, connection_id: int, method: str) -> str:
    """Remove the rule for a method; raises NotFound."""
    connection = connections.by_id(connection_id)
    rules.remove_method_rule(connection_id, method)
    by.note("rule.remove", connection.name, method)
    return f"Removed the rule: {method} goes by its usual name in QuickBooks again."

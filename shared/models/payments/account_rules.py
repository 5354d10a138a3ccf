"""Rules for what is posted: deposit accounts, and what QuickBooks calls a payment method."""

from __future__ import annotations

from shared.errors import NotFound, StoreError
from shared.models import events
from shared.models import tables as t
from shared.models.statements import Statement, insert_rows, put_rows
from shared.rules.payments.names import folded
from shared.rules.payments.values import DepositRule, MethodRule


class DuplicateRule(StoreError):
    """There is a deposit rule with the same conditions, which goes to ``account``."""

    def __init__(self, held: DepositRule) -> None:
        account = held.account or "Undeposited Funds"
        super().__init__(
            f"Deposit rule {held.id} has the same conditions: such payments go to {account}.",
            "Remove that rule first.",
        )
        self.held = held


def deposit_rules(connection_id: int) -> list[DepositRule]:
    """Return where payments are deposited, in the order in which the rules were made."""
    return [DepositRule(*row) for row in _DEPOSITS.all(connection=connection_id)]


_DEPOSITS = Statement(
    lambda: (
        t.DepositRule.select("id", "method", "currency", "gateway", "account")
        .where(t.DepositRule.has("connection"))
        .order_by(t.DepositRule.id)
    )
)


def add_deposit_rule(
    connection_id: int, *, method: str, currency: str, gateway: str, account: str
) -> DepositRule:
    """Make a rule; raises DuplicateRule where one has these conditions, in whatever case."""
    wanted = DepositRule(0, method, currency, gateway, account)
    _refuse_duplicate(connection_id, wanted)
    _ADD_DEPOSIT.many([(connection_id, method, currency, gateway, account)])
    events.settings_changed(connection_id, "deposit-rule", account)
    return next(
        one for one in deposit_rules(connection_id) if _conditions(one) == _conditions(wanted)
    )


def _refuse_duplicate(connection_id: int, wanted: DepositRule) -> None:
    for held in deposit_rules(connection_id):
        if _conditions(held) == _conditions(wanted):
            raise DuplicateRule(held)


def _conditions(rule: DepositRule) -> tuple[str, str, str]:
    return folded(rule.method), folded(rule.currency), folded(rule.gateway)


_ADD_DEPOSIT = insert_rows(t.DepositRule)


def remove_deposit_rule(connection_id: int, id: int) -> None:  # noqa: A002 - the rule's own
    """Remove a rule by its number; raises NotFound."""
    if id not in {rule.id for rule in deposit_rules(connection_id)}:
        raise NotFound("deposit rule", id)
    _REMOVE_DEPOSIT.run(connection=connection_id, id=id)
    events.settings_changed(connection_id, "deposit-rule", "")


_REMOVE_DEPOSIT = Statement(
    lambda: t.DepositRule.delete().where(t.DepositRule.has("connection", "id"))
)


def method_rules(connection_id: int) -> list[MethodRule]:
    """Return which payment methods have another name in QuickBooks, by method."""
    found = [MethodRule(*row) for row in _METHODS.all(connection=connection_id)]
    return sorted(found, key=lambda rule: rule.method)


_METHODS = Statement(
    lambda: t.MethodRule.select("method", "name").where(t.MethodRule.has("connection"))
)


def set_method_rule(connection_id: int, method: str, name: str) -> MethodRule:
    """Have QuickBooks call a method ``name``, empty for none; replaces the rule for it."""
    for held in _for_method(connection_id, method):
        _REMOVE_METHOD.run(connection=connection_id, method=held.method)
    _ADD_METHOD.many([(connection_id, method, name)])
    events.settings_changed(connection_id, "method-rule", method)
    return MethodRule(method, name)


_ADD_METHOD = put_rows(t.MethodRule)


def remove_method_rule(connection_id: int, method: str) -> None:
    """Remove the rule for a method; raises NotFound."""
    held = _for_method(connection_id, method)
    if not held:
        raise NotFound("method rule", method)
    for rule in held:
        _REMOVE_METHOD.run(connection=connection_id, method=rule.method)
    events.settings_changed(connection_id, "method-rule", method)


def _for_method(connection_id: int, method: str) -> list[MethodRule]:
    """The rules for a method, upper and lower case alike; at most one."""
    return [rule for rule in method_rules(connection_id) if folded(rule.method) == folded(method)]


_REMOVE_METHOD = Statement(
    lambda: t.MethodRule.delete().where(t.MethodRule.has("connection", "method"))
)

"""Payment rules: where payments are deposited in QuickBooks, and what it calls their method."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from shared.errors import NotFound
from shared.models import connections
from shared.models.payments import account_rules, quickbooks_lists
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.describe import payment_rules as describe
from shared.operations.which import connection as chosen
from shared.rules.operators import Role
from shared.rules.payments.deposits import find_entry
from shared.rules.payments.names import folded
from shared.rules.payments.values import DepositRule, ListKind, MethodRule
from shared.structs import Value, replace

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.operations.which import Which
UNDEPOSITED = "undeposited"
"""What a person may write for Undeposited Funds."""


class Rules(Value):
    """What a connection says about deposits and methods."""

    deposits: Annotated[
        Sequence[DepositRule],
        "where payments are deposited; among equally specific rules the first one applies",
    ]
    methods: Annotated[Sequence[MethodRule], "payment methods that have another name in QuickBooks"]


def view(_store: Store, which: Which) -> Rules:
    """The rules of a connection; raises as ``which.connection``."""
    held = chosen(which)
    return Rules(account_rules.deposit_rules(held.id), account_rules.method_rules(held.id))


Rule = TypeVar("Rule", DepositRule, MethodRule)


class Made(Outcome, Generic[Rule], kw_only=True):
    """The rule that was made; ``warning``, if any, is the end of the sentence."""

    rule: Rule
    warning: str


def _made(by: Operator, connection_id: int, action: str, rule: Rule, does: str) -> Made[Rule]:
    """What became of a rule that ``does`` something, with a line in the audit trail."""
    by.note(action, connections.by_id(connection_id).name, does)
    warning = _unlisted(connection_id, rule)
    return Made(f"From now on {does}. {warning}".strip(), rule=rule, warning=warning)


class DepositPlan(Plan[Made[DepositRule]], kw_only=True):
    """A new deposit rule, whatever its number."""

    role = Role.MANAGE
    connection_id: int
    wanted: DepositRule

    def again(self, store: Store) -> DepositPlan:
        return plan_deposit(store, self.connection_id, self.wanted)

    def apply(self, by: Operator) -> Made[DepositRule]:
        """Make the rule; raises DuplicateRule."""
        wanted = self.wanted
        made = account_rules.add_deposit_rule(
            self.connection_id,
            method=wanted.method,
            currency=wanted.currency,
            gateway=wanted.gateway,
            account=wanted.account,
        )
        return _made(by, self.connection_id, "rule.deposit", made, describe.deposit(made))


def plan_deposit(_store: Store, which: Which, wanted: DepositRule) -> DepositPlan:
    """Plan a deposit rule; raises as ``which.connection``."""
    held = chosen(which)
    if folded(wanted.account) == UNDEPOSITED:
        wanted = replace(wanted, account="")
    return DepositPlan(
        title=f"Add a deposit rule to {held.name}?",
        verb="Add",
        told=(f"{describe.deposit(wanted)}.",),
        connection_id=held.id,
        wanted=wanted,
    )


class MethodPlan(Plan[Made[MethodRule]], kw_only=True):
    """Another name for a method in QuickBooks, in place of the rule for the same method."""

    role = Role.MANAGE
    connection_id: int
    wanted: MethodRule

    def again(self, store: Store) -> MethodPlan:
        return plan_method(store, self.connection_id, self.wanted)

    def apply(self, by: Operator) -> Made[MethodRule]:
        wanted = self.wanted
        made = account_rules.set_method_rule(self.connection_id, wanted.method, wanted.name)
        return _made(by, self.connection_id, "rule.method", made, describe.method(made))


def plan_method(_store: Store, which: Which, wanted: MethodRule) -> MethodPlan:
    """Plan a method rule; raises as ``which.connection``."""
    held = chosen(which)
    return MethodPlan(
        title=f"Add a method rule to {held.name}?",
        verb="Add",
        told=(f"{describe.method(wanted)}.",),
        connection_id=held.id,
        wanted=wanted,
    )


class RemovalPlan(Plan[Outcome], kw_only=True):
    """A rule that goes: a deposit rule by its number, else the rule for a method."""

    role = Role.MANAGE
    connection_id: int
    rule: str

    def again(self, store: Store) -> RemovalPlan:
        return plan_removal(store, self.connection_id, self.rule)

    def apply(self, by: Operator) -> Outcome:
        if _is_number(self.rule):
            account_rules.remove_deposit_rule(self.connection_id, int(self.rule))
        else:
            account_rules.remove_method_rule(self.connection_id, self.rule)
        by.note("rule.remove", connections.by_id(self.connection_id).name, self.rule)
        return Outcome(f"Removed the {_kind(self.rule)} rule. {self.told[-1]}")


def plan_removal(_store: Store, which: Which, rule: str) -> RemovalPlan:
    """Plan the removal of a deposit rule by its number, or of a method's; raises NotFound."""
    held = chosen(which)
    told = _deposit_gone if _is_number(rule) else _method_gone
    return RemovalPlan(
        title=f"Remove this {_kind(rule)} rule?",
        verb="Remove",
        told=told(held.id, rule),
        connection_id=held.id,
        rule=rule,
    )


def _is_number(rule: str) -> bool:
    return rule.isascii() and rule.isdigit()


def _kind(rule: str) -> str:
    return "deposit" if _is_number(rule) else "method"


def _deposit_gone(connection_id: int, number: str) -> tuple[str, str]:
    found = [one for one in account_rules.deposit_rules(connection_id) if one.id == int(number)]
    if not found:
        raise NotFound("deposit rule", int(number))
    return (
        f"Until now, {describe.deposit(found[0])}.",
        (
            "From the next Payment Sync on, another rule or Undeposited Funds applies. Payments "
            "that are already posted stay where they are."
        ),
    )


def _method_gone(connection_id: int, method: str) -> tuple[str, str]:
    held = account_rules.method_rules(connection_id)
    found = [one for one in held if folded(one.method) == folded(method)]
    if not found:
        raise NotFound("method rule", method)
    return (
        f"{describe.method(found[0])}.",
        f"{found[0].method} uses its usual name in QuickBooks again.",
    )


def _unlisted(connection_id: int, rule: DepositRule | MethodRule) -> str:
    """Warn of a name that the company did not list when it was last read; else empty."""
    if isinstance(rule, DepositRule):
        kind, name = ListKind.ACCOUNT, rule.account
    else:
        kind, name = ListKind.PAYMENT_METHOD, rule.name
    entries = quickbooks_lists.entries(connection_id, kind)
    if not name or not entries or find_entry(entries, name):
        return ""
    near = difflib.get_close_matches(name, [entry.full_name for entry in entries], n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return (
        f'The last Payment Sync found no {kind.replace("-", " ")} "{name}" in '
        f"QuickBooks.{meant} Add it there, or correct the rule."
    )

"""How long the rows of each table stay: a rule permanentlyy table that there is.

``keep_days`` is the setting. A test takes each table from the declarations, so that none comes
without a rule, and holds what is forgotten against the rules; docs/what-is-kept.md has them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shared.models import tables as t
from shared.structs import Value


class Stays(StrEnum):
    """How long a row stays, and whether there will be more and more of them."""

    BOUNDED = "current ones only"  # more time does not make more rows
    CONNECTION = "as long as its connection"
    EVER = "permanently"
    AGE = "for a time"
    WITH = "with what it belongs to"


class Rule(Value):
    """The rule of a table: ``why`` it stays permanently, or until when else."""

    stays: Stays
    why: str


def _bounded(why: str) -> Rule:
    return Rule(Stays.BOUNDED, why)


def _ledger(why: str) -> Rule:
    return Rule(Stays.CONNECTION, why)


def _aged(why: str) -> Rule:
    return Rule(Stays.AGE, why)


def _with(what: str) -> Rule:
    return Rule(Stays.WITH, what)


_PROOF = "what shows that a payment was posted once; a later copy of it is known by this"
_SYNC = "its sync"
_DAYS = "`keep_days` after it ended"

RULES: Mapping[type[t.Table], Rule] = {
    t.Installation: _bounded("one row"),
    t.Connection: _bounded("until you remove it"),
    t.Application: _bounded("one or two for each connection"),
    t.Sync: _aged(f"{_DAYS}; the newest of a connection stays, and 100 logins of unknown users"),
    t.Record: _with(_SYNC),
    t.Session: _with(_SYNC),
    t.Exchange: _with(_SYNC),
    t.ExchangeRequest: _with(f"{_SYNC}; deleted when it succeeded, unless `debug` is on"),
    t.ExchangeText: _with(f"{_SYNC}; only with `debug`"),
    t.DeletedNumber: _with("its session"),
    t.Problem: _aged("`keep_days` after it was last seen, once resolved; others stay"),
    t.Customer: _ledger("invoices name it, and names of payments are matched to it"),
    t.CustomerAlias: _ledger("an earlier name still finds the customer"),
    t.CustomerMove: _ledger("a payment for a merged customer still finds its invoice"),
    t.Invoice: _ledger("payments name it, and a change of a closed one is noticed by comparing"),
    t.InvoiceLine: _with("its invoice"),
    t.CreditMemo: _bounded("until nothing of it is left"),
    t.CreditUse: _bounded("until nothing of its credit memo is left"),
    t.SeenPage: _bounded("until the comparison that it is for has ended"),
    t.Reread: _bounded("until the next sync has read it"),
    t.Watermark: _bounded("one for each kind of record"),
    t.PaymentImport: _bounded("until the import has ended"),
    t.Payment: _ledger(_PROOF),
    t.PaymentUse: _with("its payment"),
    t.Posting: _ledger(_PROOF),
    t.PostingUse: _with("its posting"),
    t.MessageSet: _ledger(_PROOF),
    t.PostingEvent: _with("its posting"),
    t.DepositRule: _bounded("until you remove it"),
    t.FileProfile: _bounded("until you remove it"),
    t.MethodRule: _bounded("until you remove it"),
    t.ListEntry: _bounded("until QuickBooks no longer lists it"),
    t.Audit: Rule(
        Stays.EVER, "who did what stays known for years, even after a connection is removed"
    ),
    t.Event: _aged("`keep_days`, once every receiver has it"),
    t.Outlet: _bounded("one for each receiver"),
    t.Delivery: _with("its event; until it is delivered or given up by a person"),
    t.Webhook: _bounded("until you remove it"),
    t.AlertRecipient: _bounded("until you remove it"),
    t.Alert: _aged("`keep_days` after it ended"),
    t.AlertTold: _with("its alert; until the all-clear"),
    t.ApiToken: _bounded("even after it is revoked, so that the list still shows it"),
    t.TokenConnection: _with("its token"),
    t.Operator: _bounded("until you remove it"),
    t.OperatorConnection: _with("its operator, or its connection"),
    t.ApiAnswer: _aged("24 hours"),
    t.Daemon: _aged("30 days after its last sign of life"),
    t.Throttle: _aged("a day after the last wrong password"),
    t.ClockLook: _aged("30 days after the last look"),
    t.Backup: _bounded("the latest of each kind"),
    t.Download: _aged("until its link ends"),
    t.CustomerMapping: _bounded("until you remove it"),
    t.PlatformAccount: _bounded("one for each connection"),
    t.PlatformRecord: _ledger("what is there is changed there, and not sent a second time"),
    t.BaselineUse: _ledger("what had been paid before is not counted a second time"),
    t.Outgoing: _ledger("what was sent last is compared with what is to be sent"),
    t.InboxCursor: _bounded("one for each feed"),
    t.InboxStanding: _bounded("one for each account"),
    t.Watched: _bounded("until it is settled there"),
}


def page() -> str:
    """The rules as a table of docs/what-is-kept.md."""
    lines = ["| table | its rows stay | |", "|---|---|---|"]
    lines += [
        f"| `{table._meta.table_name}` | {rule.stays.value} | {rule.why} |"
        for table, rule in RULES.items()
    ]
    return "\n".join(lines)

"""The lines of Settings: fields, rules, passwords, and what each line stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from rich.text import Text

from console.tui import render
from console.tui.widgets.record_table import Heading, Row
from shared import dates
from shared.operations.connections import SettingsView
from shared.operations.describe import connections as describe
from shared.operations.describe import payment_rules as rule_words
from shared.operations.describe.connection_settings import GROUPS
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.values import Application

ALWAYS = "Import from QuickBooks, always"

ACTIONS: Mapping[str, tuple[str, str, str]] = {
    "unbind": (
        "Forget the company",
        "",
        "For a connection that met the wrong company file. The next sync binds the company that is"
        " open then. It asks.",
    ),
    "add_deposit": (
        "Add a deposit rule",
        "",
        "Which payments are deposited to which account. Of several rules that fit, the one that"
        " names most counts; what none fits goes to Undeposited Funds.",
    ),
    "set_method": (
        "Add a method rule",
        "",
        "What QuickBooks calls a payment method of the billing platform. Without a rule it goes by"
        " its usual name.",
    ),
    "generate": (
        "Generate .qwc",
        "g",
        "Writes the files that the bookkeeper adds to the Web Connector, with one new password.",
    ),
    "rotate": ("New password", "G", "Replaces the password; the .qwc files stay good. It asks."),
    "renew_ids": (
        "Renew IDs",
        "",
        "Files with a new OwnerID and FileID: the cure for QBWC1039 and QBWC1026. It explains and"
        " asks.",
    ),
    "unlock": (
        "Unlock sign-in",
        "u",
        "Too many wrong passwords locked it for a while. The password stays.",
    ),
    "remove": (
        "Remove this connection",
        "x",
        "With its invoices, customers, payments, syncs and problems. It asks for the name.",
    ),
}
"""By action: its title, its key, what it does."""


def lines(held: SettingsView, now: datetime) -> Iterator[Row | Heading]:
    """Every line, group by group."""
    for heading, group in GROUPS.items():
        yield Heading(heading)
        if heading == "Data flows":
            yield Row("always", ("Customers and invoices", ALWAYS))
        for one in group:
            yield Row(one.key, (one.title, one.words(getattr(held.connection, one.key))))
        if heading == "Connection":
            yield Row("company", ("Company", describe.company(held.connection.binding)))
            if held.connection.binding:
                yield _action("unbind")
    yield from rule_lines(held.deposit_rules, held.method_rules, with_keys=True)
    yield Heading("Web Connector")
    yield from (_application(one, now) for one in held.applications)
    locked = any(one.locked(now) for one in held.applications)
    for name in (*(["unlock"] if locked else []), "generate", "rotate", "renew_ids"):
        yield _action(name)
    yield Heading("End")
    yield _action("remove")


def rule_lines(
    deposits: tuple[DepositRule, ...], methods: tuple[MethodRule, ...], *, with_keys: bool
) -> Iterator[Row | Heading]:
    """The rules, each with what it is for, and lines to add some; these may have keys too."""
    yield Heading("Payment deposits")
    for rule in deposits:
        account = f"deposit to {rule_words.account(rule)}"
        yield Row(f"deposit:{rule.id}", (rule_words.condition(rule), account))
    default = f"deposit to {rule_words.UNDEPOSITED_FUNDS}"
    yield Row("default", ("what no rule fits", default))
    yield _action("add_deposit", with_key=with_keys)
    yield Heading("Payment methods")
    for one in methods:
        name = f"{one.name or rule_words.NO_METHOD} in QuickBooks"
        yield Row(f"method:{one.method}", (one.method, name))
    yield _action("set_method", with_key=with_keys)


def explained(key: str, held: SettingsView, now: datetime) -> Iterator[Text]:
    """What a line that is no field stands for."""
    kind, _, which = key.partition(":")
    if kind == "action":
        title, letter, told = ACTIONS[which]
        yield render.titled(title, told)
        yield render.titled("Enter", f"does it, and so does {letter}." if letter else "does it.")
    elif kind in ("deposit", "method"):
        yield render.titled("Rule", "counts for payments that are posted from now on.")
        yield render.titled("Enter", "removes it, after asking. Another one is added below.")
    elif kind == "application":
        yield from _told_of_application(int(which), held, now)
    else:
        yield render.titled(*_EXPLAINED[key])


_EXPLAINED: Mapping[str, tuple[str, str]] = {
    "always": (
        "Customers and invoices",
        "Open invoices are imported with the customers that they bill. Nothing is ever written to"
        " an invoice or a customer in QuickBooks, so there is nothing to choose.",
    ),
    "company": (
        "Company",
        "The company that answered the first sync. No other company is read or changed.",
    ),
    "default": (
        "What no rule fits",
        "is deposited to Undeposited Funds, from where the bookkeeper makes deposits.",
    ),
}


def _told_of_application(number: int, held: SettingsView, now: datetime) -> Iterator[Text]:
    one = next(application for application in held.applications if application.id == number)
    if locked := describe.lock(one, now):
        yield render.titled("Locked", f"{locked} u unlocks it.")
    yield render.titled("User name", one.username)
    yield render.titled("OwnerID", f"{one.owner_id}, FileID {one.file_id}")
    yield render.titled("Last call", dates.moment(one.last_seen_at, "never"))


def _action(name: str, *, with_key: bool = True) -> Row:
    title, letter, _ = ACTIONS[name]
    return Row(
        f"action:{name}", (f"> {title}", f"Enter, or {letter}" if letter and with_key else "Enter")
    )


def _application(one: Application, now: datetime) -> Row:
    until = one.locked(now)
    locked = f", sign-in locked until {dates.moment(until)}" if until else ""
    told = f"{one.username}, password: {describe.password(one)}{locked}"
    return Row(f"application:{one.id}", (one.kind.label, told))

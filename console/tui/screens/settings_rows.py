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
        "Use this if the connection belongs to the wrong company file. The next sync binds the"
        " company that is open then. Asks first.",
    ),
    "add_deposit": (
        "Add a deposit rule",
        "",
        "Which payments are deposited to which account. The most specific matching rule"
        " applies; all other payments go to Undeposited Funds.",
    ),
    "set_method": (
        "Add a method rule",
        "",
        "What QuickBooks calls a payment method of the billing platform. Without a rule, its"
        " usual name is used.",
    ),
    "generate": (
        "Generate .qwc",
        "g",
        "Writes the files that the bookkeeper adds to the Web Connector, with one new password.",
    ),
    "rotate": (
        "New password",
        "G",
        "Replaces the password; the .qwc files stay valid. Asks first.",
    ),
    "renew_ids": (
        "Renew IDs",
        "",
        "Files with a new OwnerID and FileID: fixes QBWC1039 and QBWC1026. Explains, then asks.",
    ),
    "unlock": (
        "Unlock sign-in",
        "u",
        "Too many wrong passwords locked it. The password stays the same.",
    ),
    "remove": (
        "Remove this connection",
        "x",
        "With its invoices, customers, payments, syncs and problems. Asks for the name.",
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
    yield Heading("Remove")
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
    yield Row("default", ("all other payments", default))
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
        yield render.titled("Enter", f"does this. So does {letter}." if letter else "does this.")
    elif kind in ("deposit", "method"):
        yield render.titled("Rule", "applies to payments posted from now on.")
        yield render.titled("Enter", "removes it. Asks first. Add another rule below.")
    elif kind == "application":
        yield from _told_of_application(int(which), held, now)
    else:
        yield render.titled(*_EXPLAINED[key])


_EXPLAINED: Mapping[str, tuple[str, str]] = {
    "always": (
        "Customers and invoices",
        "Open invoices and the customers they bill are always imported. Deskbridge never"
        " changes an invoice or a customer in QuickBooks.",
    ),
    "company": (
        "Company",
        "The company that answered the first sync. No other company is read or changed.",
    ),
    "default": (
        "All other payments",
        "are deposited to Undeposited Funds; the bookkeeper makes deposits from there.",
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

"""The lines of Settings: fields, rules, passwords, and what each line stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.text import Text

from console.tui import words
from console.tui.screens import settings_fields as fields
from console.tui.screens.settings_fields import FIELDS
from console.tui.snapshots.settings import ConnectionSettings
from console.tui.widgets.record_table import Heading, Row
from shared.operations.describe.text import local_time
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.values import Application, CompanyBinding

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Connection", ("name", "layout", "company_file")),
    ("Schedule", ("run_every_minutes", "minimum_interval_seconds")),
    ("Data flows", ("payments_in", "payments_out", "start_date", "jobs", "missing_method")),
    ("Finding out what went wrong", ("debug",)),
)
ALWAYS = "from QuickBooks: always; to QuickBooks: -"

_ACTIONS: Mapping[str, tuple[str, str, str]] = {
    "unbind": (
        "Forget the company",
        "U",
        "For a connection that met the wrong company file. The next sync binds the one that is open"
        " then. It asks.",
    ),
    "add_deposit": (
        "Add a deposit rule",
        "D",
        "Which payments are deposited to which account. Of several rules that fit, the one that"
        " names most counts; what none fits goes to Undeposited Funds.",
    ),
    "set_method": (
        "Add a method rule",
        "M",
        "What QuickBooks calls a payment method of the billing platform. Without a rule it goes by"
        " its usual name.",
    ),
    "generate": (
        "Generate .qwc",
        "g",
        "Writes the files that the bookkeeper adds to the Web Connector, with one fresh password.",
    ),
    "rotate": ("New password", "w", "Replaces the password; the .qwc files stay good. It asks."),
    "renew_ids": (
        "Renew IDs",
        "I",
        "Files with a new OwnerID and FileID: the cure for QBWC1039 and QBWC1026. It explains and"
        " asks.",
    ),
    "remove": (
        "Remove this connection",
        "X",
        "With its invoices, customers, payments, syncs and problems. It asks for the name.",
    ),
}
"""By action: its title, its key, what it does."""


def lines(held: ConnectionSettings) -> Iterator[Row | Heading]:
    """Every line, group by group."""
    for heading, names in _GROUPS:
        yield Heading(heading)
        if heading == "Data flows":
            yield Row("always", ("Customers and invoices", ALWAYS))
        for name in names:
            value = getattr(held.connection, name)
            yield Row(name, (FIELDS[name].title, FIELDS[name].shown(value)))
        if heading == "Connection":
            yield Row("company", ("Company", _company(held.connection.binding)))
            if held.connection.binding:
                yield _action("unbind")
    yield from rule_lines(held.deposit_rules, held.method_rules, with_keys=True)
    yield Heading("Web Connector")
    yield from map(_application, held.applications)
    for name in ("generate", "rotate", "renew_ids"):
        yield _action(name)
    yield Heading("End")
    yield _action("remove")


def rule_lines(
    deposits: tuple[DepositRule, ...], methods: tuple[MethodRule, ...], *, with_keys: bool
) -> Iterator[Row | Heading]:
    """The rules, each with what it is for, and lines to add some; these may have keys too."""
    yield Heading("Payment deposits")
    for rule in deposits:
        account = f"deposit to {rule.account or fields.UNDEPOSITED_FUNDS}"
        yield Row(f"deposit:{rule.id}", (fields.condition_of(rule), account))
    yield Row("default", ("what no rule fits", f"deposit to {fields.UNDEPOSITED_FUNDS}"))
    yield _action("add_deposit", with_key=with_keys)
    yield Heading("Payment methods")
    for one in methods:
        yield Row(f"method:{one.method}", (one.method, f"{one.name or '(none)'} in QuickBooks"))
    yield _action("set_method", with_key=with_keys)


def explained(key: str, held: ConnectionSettings) -> Iterator[Text]:
    """What a line that is no field stands for."""
    kind, _, which = key.partition(":")
    if kind == "action":
        title, letter, told = _ACTIONS[which]
        yield words.titled(title, told)
        yield words.titled("Enter", f"does it, and so does {letter}.")
    elif kind in ("deposit", "method"):
        yield words.titled("Rule", "counts for payments that are posted from now on.")
        yield words.titled("Enter", "removes it, after asking. Another one is added below.")
    elif kind == "application":
        yield from _told_of_application(int(which), held)
    else:
        yield words.titled(*_EXPLAINED[key])


_EXPLAINED: Mapping[str, tuple[str, str]] = {
    "always": (
        "Customers and invoices",
        "Open invoices come in with the customers that they bill. Nothing is ever written to an"
        " invoice or a customer in QuickBooks, so there is nothing to choose.",
    ),
    "company": (
        "Company",
        "The company that answered the first sync. Another one gets no request.",
    ),
    "default": (
        "What no rule fits",
        "is deposited to Undeposited Funds, from where the bookkeeper makes deposits.",
    ),
}


def _told_of_application(number: int, held: ConnectionSettings) -> Iterator[Text]:
    one = next(application for application in held.applications if application.id == number)
    yield words.titled("User name", one.username)
    yield words.titled("OwnerID", f"{one.owner_id}, FileID {one.file_id}")
    yield words.titled("Last heard from", local_time(one.last_seen_at, "never"))


def _action(name: str, *, with_key: bool = True) -> Row:
    title, letter, _ = _ACTIONS[name]
    return Row(f"action:{name}", (f"> {title}", f"Enter, or {letter}" if with_key else "Enter"))


def _application(one: Application) -> Row:
    made = one.password_generation
    password = f"password number {made}" if made else "no password yet"
    return Row(f"application:{one.id}", (one.app_name, f"{one.username}, {password}"))


def _company(binding: CompanyBinding | None) -> str:
    if binding is None:
        return "not read yet: the first sync binds it"
    return f"{binding.company_name} ({binding.product_name}, {binding.country})"

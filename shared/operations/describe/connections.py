"""Connections in words: what each field is called, its choices, and what a change brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shared.operations.describe.sections import Section
from shared.operations.describe.syncs import application as application_name
from shared.operations.describe.text import count, grouped, local_time
from shared.rules.values import (
    Application,
    ClosedPeriod,
    CompanyBinding,
    Connection,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
    Sync,
)

if TYPE_CHECKING:
    from datetime import datetime

    from shared.rules.payments.views import Hold

OPEN_FILE = "the file that is open in QuickBooks"

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "name": "Name",
        "layout": "Rows in the Web Connector",
        "company_file": "Company file",
        "run_every_minutes": "Auto-Run interval",
        "minimum_interval_seconds": "Shortest interval",
        "payments_in": "Payments from QuickBooks",
        "payments_out": "Payments to QuickBooks",
        "credit_memos": "Credit memos",
        "start_date": "Start date",
        "jobs": "Bill job invoices to",
        "missing_method": "Missing payment method",
        "overpayment": "Overpayments",
        "on_account": "Payments without an invoice",
        "closed_period": "Payments in a closed period",
        "sample_company": "QuickBooks sample company",
        "debug": "Debug",
    }
)
"""Every field that a person can change, in the order of listings."""

CHOICES: Mapping[str, tuple[tuple[Any, str], ...]] = MappingProxyType(
    {
        "layout": (
            (Layout.TWO, "Two: Invoice Sync and Payment Sync"),
            (Layout.COMBINED, "One: Invoiced"),
        ),
        "payments_in": ((True, "Import"), (False, "Don't import")),
        "payments_out": ((True, "Post"), (False, "Don't post")),
        "credit_memos": ((False, "Don't read"), (True, "Read")),
        "jobs": ((JobMode.ROLL_UP, "Parent customer"), (JobMode.SEPARATE, "The job itself")),
        "missing_method": (
            (MissingMethod.CREATE, "Add it to QuickBooks"),
            (MissingMethod.OTHER, "Use the method Other"),
        ),
        "overpayment": (
            (Overpayment.REFUSE, "Refuse"),
            (Overpayment.CREDIT, "Keep the rest as customer credit"),
        ),
        "on_account": ((OnAccount.REFUSE, "Refuse"), (OnAccount.POST, "Post on account")),
        "closed_period": (
            (ClosedPeriod.HOLD, "Hold"),
            (
                ClosedPeriod.NEXT_OPEN_DAY,
                "Post on the first open day, with the original date in the memo",
            ),
        ),
        "sample_company": ((SampleCompany.REFUSE, "Refuse"), (SampleCompany.ALLOW, "Allow")),
        "debug": ((False, "Off"), (True, "On: keep the answers of QuickBooks")),
    }
)
"""The values of the fields that are chosen, the usual one first, each as a person reads it."""


def value(name: str, given: Any) -> str:
    """A field's value as a person reads it."""
    if name in CHOICES:
        return next(words for choice, words in CHOICES[name] if choice == given)
    return _TYPED[name](given)


def _day(day: date | None) -> str:
    return day.isoformat() if day else "None (all open invoices)"


_TYPED: Mapping[str, Callable[[Any], str]] = {
    "name": str,
    "company_file": lambda path: path or OPEN_FILE[:1].upper() + OPEN_FILE[1:],
    "run_every_minutes": lambda minutes: f"{minutes} minutes" if minutes else "Manual only",
    "minimum_interval_seconds": lambda seconds: f"{seconds:,} seconds" if seconds else "Any",
    "start_date": _day,
}


def changed(before: Connection, changes: Mapping[str, Any]) -> list[str]:
    """Each change as a sentence: ``Overpayments: from Refuse to Keep the rest as …``."""
    return [
        f"{TITLES[name]}: from {value(name, getattr(before, name))} to {value(name, new)}."
        for name, new in changes.items()
    ]


def for_the_audit(fields: Mapping[str, Any]) -> str:
    """Fields as the audit trail keeps them: ``start date: none, debug: True``."""
    words = {"rename" if name == "name" else name: given for name, given in fields.items()}
    return ", ".join(
        f"{name.replace('_', ' ')}: {'none' if given is None else given}"
        for name, given in words.items()
    )


def follows(before: Connection, changes: Mapping[str, Any]) -> list[str]:
    """What changes bring, in sentences; nothing for those that are none."""
    real = {name: new for name, new in changes.items() if new != getattr(before, name)}
    told = (_BY_VALUE.get((name, new), _BY_FIELD.get(name, "")) for name, new in real.items())
    return list(dict.fromkeys(sentence for sentence in told if sentence))


def always_follows(name: str) -> str:
    """What any change of a field brings; empty where it depends on the new value."""
    return _BY_FIELD.get(name, "")


_FROM_NOW_ON = (
    "It applies from the next Payment Sync on. Payments that were refused before need a retry."
)
_BY_FIELD: Mapping[str, str] = {
    "name": (
        "User names and passwords stay. New .qwc files show the new name; the old files still work."
    ),
    "company_file": (
        "The Web Connector opens it from the next sync on. It must be the company that the"
        " connection belongs to, or nothing is synced."
    ),
    "run_every_minutes": (
        "The interval is part of the .qwc file: write the file again, or set Every_Min in the Web"
        " Connector."
    ),
    "minimum_interval_seconds": "The Web Connector learns of it at its next sign-in.",
    "start_date": (
        "The ledger follows with the next Invoice Sync. Payments dated earlier are not posted."
    ),
    "jobs": "The ledger follows with the next Invoice Sync.",
}
_BY_VALUE: Mapping[tuple[str, Any], str] = {
    ("layout", Layout.COMBINED): (
        "Invoice Sync and Payment Sync can no longer sign in: remove both from the Web Connector."
        " Then generate the .qwc file of the one row, Invoiced, with a new password."
    ),
    ("layout", Layout.TWO): (
        "Invoiced can no longer sign in: remove it from the Web Connector. Then generate the .qwc"
        " files of Invoice Sync and Payment Sync, with a new password."
    ),
    ("payments_out", True): "Payments that were held back are posted by the next Payment Sync.",
    ("payments_out", False): (
        "No payment is posted from now on. A payment that was already sent is still settled."
    ),
    ("payments_in", True): "The next Payment Sync imports payments recorded in QuickBooks.",
    ("payments_in", False): "Payments recorded in QuickBooks are no longer imported.",
    ("credit_memos", True): "The next Invoice Sync reads open credit memos. They are only shown.",
    ("credit_memos", False): "The next Invoice Sync removes the credit memos from the ledger.",
    ("overpayment", Overpayment.CREDIT): _FROM_NOW_ON,
    ("on_account", OnAccount.POST): (
        "It applies to payments that come in from now on. Those on file without an invoice stay as"
        " they are, since somebody may have recorded them by hand: retry those that should be"
        " posted."
    ),
    ("closed_period", ClosedPeriod.NEXT_OPEN_DAY): _FROM_NOW_ON,
    ("sample_company", SampleCompany.ALLOW): (
        "For a trial only. The next sync may bind a sample company that is open in QuickBooks."
    ),
    ("debug", True): (
        "From the next sync on QuickBooks' answers are kept: they hold names and amounts of"
        " customers. Turn it off when the problem is found."
    ),
    ("debug", False): "Answers of QuickBooks are no longer kept.",
}


def company(binding: CompanyBinding | None) -> str:
    """The company that a connection is bound to."""
    if binding is None:
        return "Not read yet: the first sync binds it"
    return f"{binding.company_name} ({binding.product_name}, {binding.country})"


def rows(applications: Iterable[Application]) -> str:
    """``Invoice Sync and Payment Sync``."""
    return " and ".join(one.kind.label for one in applications)


def lock(application: Application, now: datetime) -> str:
    """Until when sign-in is locked, as a sentence; empty when it is not."""
    until = application.locked(now)
    return (
        f"Too many wrong passwords: sign-in is locked until {local_time(until)}." if until else ""
    )


def password(application: Application) -> str:
    """Whether an application has a password, and whether it is in use."""
    made = application.password_generation
    if not made:
        return "none yet"
    return f"number {made}" if application.password_used else f"number {made}, not used yet"


def sections(
    connection: Connection,
    totals: Sequence[tuple[str, int, Decimal]],
    open_problems: int,
    last_sync: Sync | None,
    hold: Hold | None,
) -> tuple[Section, ...]:
    """A connection in full: what is set, what it is bound to, how it stands.

    ``totals`` are currency, number and balance of its open invoices; ``hold`` keeps the payments
    that wait from QuickBooks.
    """
    settings = tuple(
        (title, value(name, getattr(connection, name)))
        for name, title in TITLES.items()
        if name != "name"
    )
    standing = (
        ("Company", company(connection.binding)),
        ("Open invoices", _totals(totals)),
        ("Open problems", str(open_problems)),
        ("Last sync", _last_sync(last_sync)),
        *held_back(hold),
    )
    return Section("Settings", settings), Section("Now", standing)


def held_back(hold: Hold | None) -> tuple[tuple[str, str], ...]:
    """Why the payments of a connection wait, and what to do; nothing where nothing holds them."""
    return (("Payments wait", hold.reason), ("What to do", hold.remedy)) if hold else ()


def _totals(totals: Sequence[tuple[str, int, Decimal]]) -> str:
    parts = [f"{number:,}, {grouped(balance)} {currency}" for currency, number, balance in totals]
    return "; ".join(parts).strip() or "none"


def _last_sync(sync: Sync | None) -> str:
    if sync is None:
        return "none yet"
    ran = f"{local_time(sync.started_at)} {application_name(sync.application)}, {sync.state}"
    return f"{ran}. {sync.error or sync.message}"


def payments(number: int, sums: Mapping[str, Decimal]) -> str:
    """``2 payments, 500.00 USD``; several currencies are joined by ``and``."""
    told = " and ".join(f"{grouped(total)} {code}".rstrip() for code, total in sums.items())
    return f"{count(number, 'payment')}, {told}"

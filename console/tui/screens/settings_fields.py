"""The fields of a connection: what each means, how it is typed, what of it cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import Any

from console.tui.widgets.form import ChoiceField, Field, TextField, Wrong
from shared.operations.describe import connections as describe
from shared.qwc import MAX_MINUTES
from shared.rules.payments.deposits import USUAL_NAMES
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.values import (
    ClosedPeriod,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
)

MAX_SECONDS = 24 * 60 * 60


def read_name(text: str) -> str:
    """Read a name; raises Wrong. Whether it is free, only the store knows."""
    name = " ".join(text.split())
    if not name:
        raise Wrong("A connection needs a name, such as Larkspur Tile.")
    if name.startswith("-"):
        raise Wrong(
            "The name begins with -, which every command would take for an option. Begin it with a"
            " letter or a digit."
        )
    return name


def read_company_file(text: str) -> str:
    r"""Read ``C:\…`` or ``\\server\…`` ending in .qbw, or nothing; raises Wrong."""
    path = PureWindowsPath(text.strip())
    if text.strip() and not (path.is_absolute() and path.suffix.lower() == ".qbw"):
        raise Wrong(
            r"This is not the full path of a company file. Write it as the Windows PC knows it,"
            r" such as C:\Books\Larkspur.qbw, or nothing for the file that is open."
        )
    return text.strip()


def read_day(text: str) -> date | None:
    """Read ``2026-01-31``; nothing, or ``none``, is no date. Raises Wrong."""
    if text.strip().casefold() in ("", "none"):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Wrong(
            f"{text.strip()} is not a date. Write it as 2026-01-31, or nothing to take all."
        ) from None


def read_folder(text: str) -> Path:
    """Read a folder on this machine, ``~`` and all; raises Wrong."""
    if not text.strip():
        raise Wrong("Name the folder for the files, such as /var/lib/deskbridge/qwc/larkspur.")
    try:
        return Path(text.strip()).expanduser().absolute()
    except RuntimeError:
        raise Wrong("There is no such user; write the folder in full.") from None


def whole(most: int, unit: str) -> Callable[[str], int]:
    """Return what reads a whole number from 0 to ``most``; nothing is 0. It raises Wrong."""

    def read(text: str) -> int:
        digits = text.strip() or "0"
        if not (digits.isascii() and digits.isdigit() and int(digits) <= most):
            raise Wrong(f"Write {unit} as a whole number from 0 to {most:,}.")
        return int(digits)

    return read


@dataclass(frozen=True, slots=True)
class FieldOfConnection:
    """One field: as it is asked for, and whether a change of it is asked about first.

    What it is called and what its values are called stands in ``describe.connections``. Where it
    is typed, ``read`` makes a value of the text, ``text`` the text of a value.
    """

    name: str
    told: str
    read: Callable[[str], Any] = str.strip
    text: Callable[[Any], str] = str
    asks: bool = False

    @property
    def title(self) -> str:
        """What it is called."""
        return describe.TITLES[self.name]

    @property
    def options(self) -> tuple[tuple[Any, str], ...]:
        """Its choices with their words; none where it is typed."""
        return describe.CHOICES.get(self.name, ())

    def field(self, value: Any) -> Field:
        """The field as a form has it, filled in with ``value``."""
        if self.options:
            return ChoiceField(self.name, self.title, self.told, self.options, value)
        return TextField(self.name, self.title, self.told, self.read, self.text(value))


NAME = FieldOfConnection(
    "name", "What the company is called here and in the .qwc files.", read=read_name
)
COMPANY_FILE = FieldOfConnection(
    "company_file",
    r"Its path on the Windows PC, such as C:\Books\Larkspur.qbw. Empty: the file that is open."
    " Required if syncs should run while QuickBooks is closed.",
    read=read_company_file,
)
LAYOUT = FieldOfConnection("layout", "What the bookkeeper selects and updates.", asks=True)
AUTO_RUN = FieldOfConnection(
    "run_every_minutes",
    "In minutes (0 = manual only). The .qwc file proposes it; the bookkeeper selects Auto-Run.",
    read=whole(MAX_MINUTES, "minutes"),
)
MINIMUM_INTERVAL = FieldOfConnection(
    "minimum_interval_seconds",
    "The shortest Auto-Run interval that the Web Connector may use, in seconds (0 = any).",
    read=whole(MAX_SECONDS, "seconds"),
)
START_DATE = FieldOfConnection(
    "start_date",
    "Earlier invoices are left out and earlier payments are not posted. Write 2026-01-31, or"
    " nothing to take all.",
    read=read_day,
    text=lambda day: day.isoformat() if day else "",
    asks=True,
)
JOBS = FieldOfConnection("jobs", "Who owes the invoice of a job.")
PAYMENTS_IN = FieldOfConnection("payments_in", "Payments recorded in QuickBooks.")
PAYMENTS_OUT = FieldOfConnection(
    "payments_out", "Payments processed by the billing platform.", asks=True
)
CREDIT_MEMOS = FieldOfConnection(
    "credit_memos", "What customers can still use, to look at it here."
)
MISSING_METHOD = FieldOfConnection("missing_method", "A method that QuickBooks does not list.")
OVERPAYMENT = FieldOfConnection(
    "overpayment", "A payment of more than its invoices still owe.", asks=True
)
ON_ACCOUNT = FieldOfConnection(
    "on_account", "A payment that names a customer and no invoice.", asks=True
)
CLOSED_PERIOD = FieldOfConnection(
    "closed_period", "A payment dated up to the closing date.", asks=True
)
SAMPLE_COMPANY = FieldOfConnection(
    "sample_company", "The practice files that come with QuickBooks; allow them for a trial only."
)
DEBUG = FieldOfConnection("debug", "Keep what QuickBooks answers, to find out what went wrong.")

FIELDS: Mapping[str, FieldOfConnection] = MappingProxyType(
    {
        one.name: one
        for one in (
            *(NAME, COMPANY_FILE, LAYOUT, AUTO_RUN, MINIMUM_INTERVAL, PAYMENTS_IN, PAYMENTS_OUT),
            *(CREDIT_MEMOS, START_DATE, JOBS, MISSING_METHOD, OVERPAYMENT, ON_ACCOUNT),
            *(CLOSED_PERIOD, SAMPLE_COMPANY, DEBUG),
        )
    }
)
"""Every field, in the order in which Settings lists them."""

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "name": "",
        "company_file": "",
        "layout": Layout.TWO,
        "run_every_minutes": 30,
        "start_date": None,
        "jobs": JobMode.ROLL_UP,
        "payments_in": True,
        "payments_out": True,
        "credit_memos": False,
        "missing_method": MissingMethod.CREATE,
        "overpayment": Overpayment.REFUSE,
        "on_account": OnAccount.REFUSE,
        "closed_period": ClosedPeriod.HOLD,
        "sample_company": SampleCompany.REFUSE,
    }
)
"""What Set-up proposes."""


# Rules.


def deposit_fields(accounts: tuple[str, ...]) -> tuple[Field, ...]:
    """What a deposit rule is asked for; ``accounts`` are those that QuickBooks lists."""
    return (
        TextField(
            "account",
            "Deposit to",
            "An account of QuickBooks, such as Bank:Checking; empty: Undeposited Funds.",
            offers=accounts,
        ),
        TextField(
            "method", "Payment method", "Only this method; empty: any.", offers=tuple(USUAL_NAMES)
        ),
        TextField(
            "currency", "Currency", "Only this currency, such as USD; empty: any.", read_currency
        ),
        TextField("gateway", "Payment gateway", "Only this gateway, such as stripe; empty: any."),
    )


def read_currency(text: str) -> str:
    """Read three letters, or nothing; raises Wrong."""
    code = text.strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Wrong("Write a currency as three letters, such as USD, or nothing for any.")
    return code


def deposit_rule(values: Mapping[str, Any]) -> DepositRule:
    """The rule that was filled in, without a number yet."""
    return DepositRule(
        0, values["method"], values["currency"], values["gateway"], values["account"]
    )


def method_fields(methods: tuple[str, ...]) -> tuple[Field, ...]:
    """What a method rule is asked for; ``methods`` are those that QuickBooks lists."""
    return (
        TextField(
            "method",
            "Payment method",
            "As the billing platform calls it, such as credit_card.",
            read_method,
            offers=tuple(USUAL_NAMES),
        ),
        TextField(
            "name",
            "In QuickBooks",
            "What QuickBooks calls it, such as Visa. Empty: such payments name no method.",
            offers=methods,
        ),
    )


def read_method(text: str) -> str:
    """Read the name of a method; raises Wrong for none."""
    if not text.strip():
        raise Wrong("A rule needs the method that it is for, such as credit_card.")
    return text.strip()


def method_rule(values: Mapping[str, Any]) -> MethodRule:
    """The rule that was filled in."""
    return MethodRule(values["method"], values["name"])

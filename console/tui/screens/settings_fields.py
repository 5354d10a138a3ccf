"""The fields of a connection and of its rules: how each is typed, what of it cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path, PureWindowsPath
from typing import Any

from console.tui.widgets.form import ChoiceField, Field, TextField, Wrong
from shared import dates
from shared.operations.describe.connection_settings import Setting
from shared.rules.payments.deposits import USUAL_NAMES
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.quiet_hours import NotQuietHours, QuietHours


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
            r" such as C:\Books\Larkspur.qbw, or leave it empty to use the file that is open."
        )
    return text.strip()


def read_day(text: str) -> date | None:
    """Read a day; nothing, or ``none``, is no date. Raises Wrong."""
    if text.strip().casefold() in ("", "none"):
        return None
    try:
        return dates.read_day(text)
    except ValueError:
        raise Wrong(
            f"{text.strip()} is not a date. Write it as {dates.EXAMPLE}, or leave it empty to"
            " include all."
        ) from None


def read_quiet_hours(text: str) -> str:
    """Read ``08:00-17:00``, with a time zone or not; nothing is no such hours. Raises Wrong."""
    try:
        return str(QuietHours.parse(text)) if text.strip() else ""
    except NotQuietHours as why:
        raise Wrong(str(why)) from None


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


_READERS: Mapping[str, Callable[[str], Any]] = {
    "name": read_name,
    "company_file": read_company_file,
    "start_date": read_day,
    "quiet_hours": read_quiet_hours,
}


def field_of(setting: Setting, value: Any) -> Field:
    """A setting as a form has it, filled in with ``value``."""
    if setting.options:
        return ChoiceField(setting.key, setting.title, setting.told, setting.options, value)
    read = whole(setting.most, setting.unit) if setting.unit else _READERS[setting.key]
    text = dates.day(value) if isinstance(value, date) else "" if value is None else str(value)
    return TextField(setting.key, setting.title, setting.told, read, text)


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
        raise Wrong("Write a currency as three letters, such as USD, or leave it empty for any.")
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
            "What QuickBooks calls it, such as Visa. Empty: no method.",
            offers=methods,
        ),
    )


def read_method(text: str) -> str:
    """Read the name of a method; raises Wrong for none."""
    if not text.strip():
        raise Wrong("Type the method that the rule is for, such as credit_card.")
    return text.strip()


def method_rule(values: Mapping[str, Any]) -> MethodRule:
    """The rule that was filled in."""
    return MethodRule(values["method"], values["name"])

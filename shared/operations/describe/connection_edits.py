"""What a person is asked before a connection is changed, and the button that says yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from shared.rules.values import (
    ClosedPeriod,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
)

_Asked = tuple[str, str]
"""A question, in which ``{name}`` is the connection's, and the word on the button."""

_BY_VALUE: Mapping[tuple[str, Any], _Asked] = MappingProxyType(
    {
        ("layout", Layout.TWO): (
            "Use two rows in the Web Connector, Invoice Sync and Payment Sync, for {name}?",
            "Use two rows",
        ),
        ("layout", Layout.COMBINED): (
            "Use one row in the Web Connector, Invoiced, for {name}?",
            "Use one row",
        ),
        ("payments_in", True): ("Import payments from QuickBooks for {name}?", "Import payments"),
        ("payments_in", False): (
            "Stop importing payments from QuickBooks for {name}?",
            "Stop importing",
        ),
        ("payments_out", True): ("Post payments to QuickBooks for {name}?", "Post payments"),
        ("payments_out", False): (
            "Stop posting payments to QuickBooks for {name}?",
            "Stop posting",
        ),
        ("credit_memos", True): ("Read credit memos from QuickBooks for {name}?", "Read"),
        ("credit_memos", False): ("Stop reading credit memos for {name}?", "Stop reading"),
        ("jobs", JobMode.ROLL_UP): (
            "Bill job invoices to the parent customer for {name}?",
            "Bill the parent",
        ),
        ("jobs", JobMode.SEPARATE): (
            "Bill job invoices to the job itself for {name}?",
            "Bill the job",
        ),
        ("missing_method", MissingMethod.CREATE): (
            "Add missing payment methods to QuickBooks for {name}?",
            "Add methods",
        ),
        ("missing_method", MissingMethod.OTHER): (
            "Use the method Other in place of missing payment methods for {name}?",
            "Use Other",
        ),
        ("overpayment", Overpayment.REFUSE): ("Refuse overpayments for {name}?", "Refuse"),
        ("overpayment", Overpayment.CREDIT): (
            "Keep the rest of overpayments as customer credit for {name}?",
            "Keep as credit",
        ),
        ("on_account", OnAccount.REFUSE): (
            "Refuse payments without an invoice for {name}?",
            "Refuse",
        ),
        ("on_account", OnAccount.POST): (
            "Post payments without an invoice on account for {name}?",
            "Post on account",
        ),
        ("closed_period", ClosedPeriod.HOLD): (
            "Hold payments in a closed period for {name}?",
            "Hold",
        ),
        ("closed_period", ClosedPeriod.NEXT_OPEN_DAY): (
            "Post payments in a closed period on the first open day for {name}?",
            "Post on open day",
        ),
        ("sample_company", SampleCompany.REFUSE): (
            "Refuse QuickBooks sample companies for {name}?",
            "Refuse",
        ),
        ("sample_company", SampleCompany.ALLOW): (
            "Allow a QuickBooks sample company for {name}?",
            "Allow",
        ),
        ("debug", False): ("Stop keeping the answers of QuickBooks for {name}?", "Stop keeping"),
        ("debug", True): ("Keep the answers of QuickBooks for {name}?", "Keep answers"),
    }
)


def _company_file(path: str) -> _Asked:
    if not path:
        return "Use the file that is open in QuickBooks for {name}?", "Use the open file"
    return "Use the company file {new} for {name}?", "Use this file"


def _run_every(minutes: int) -> _Asked:
    if not minutes:
        return "Run {name} manually only?", "Run manually"
    return "Run {name} every {new} minutes?", "Set interval"


def _shortest(seconds: int) -> _Asked:
    if not seconds:
        return "Allow any interval for {name}?", "Allow any"
    return "Set the shortest interval of {name} to {new:,} seconds?", "Set interval"


def _start(day: date | None) -> _Asked:
    if day is None:
        return "Remove the start date of {name}?", "Remove date"
    return "Set the start date of {name} to {new}?", "Set date"


_TYPED: Mapping[str, Callable[[Any], _Asked]] = MappingProxyType(
    {
        "name": lambda _: ("Rename {name} to {new}?", "Rename"),
        "company_file": _company_file,
        "run_every_minutes": _run_every,
        "minimum_interval_seconds": _shortest,
        "start_date": _start,
    }
)


def question(name: str, changes: Mapping[str, Any], *, rebind: bool) -> tuple[str, str]:
    """The question that real changes of connection ``name`` raise, and the button's word."""
    asked = [_question(name, field, new) for field, new in changes.items()]
    if rebind:
        asked.append((f"Forget the company file of {name}?", "Forget"))
    if not asked:
        return f"Leave {name} as it is?", "Leave it"
    if len(asked) > 1:
        return f"Make these {len(asked)} changes to {name}?", "Change"
    return asked[0]


def _question(name: str, field: str, new: Any) -> tuple[str, str]:
    typed = _TYPED.get(field)
    words, button = typed(new) if typed else _BY_VALUE[field, new]
    return words.format(name=name, new=new), button

"""The options for the fields of a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from console.cli.params import NO_DATE, CompanyFile, Day
from shared.rules import values


def fields(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for every field of a connection; what is not given is None."""
    for option in reversed(FIELD_OPTIONS):
        command = option(command)
    return command


FIELD_OPTIONS = (
    click.option(
        "--layout",
        type=click.Choice(["two", "combined"]),
        help="Two rows in the Web Connector (Invoice Sync, Payment Sync) or one combined.",
    ),
    click.option(
        "--company-file",
        type=CompanyFile(),
        help=r"Path on the Windows PC, C:\Books\X.qbw; empty: the file that is open.",
    ),
    click.option(
        "--jobs",
        type=click.Choice(["roll-up", "separate"]),
        help="Bill a job's invoices to its top customer, or keep jobs apart.",
    ),
    click.option(
        "--start-date",
        type=Day(),
        metavar="DATE",
        help="Leave out invoices dated earlier (2026-01-31); none: take all.",
    ),
    click.option(
        "--every",
        "run_every_minutes",
        type=click.IntRange(0, 10080),
        metavar="MINUTES",
        help="Auto-Run interval proposed in the .qwc files; 0: no proposal.",
    ),
    click.option(
        "--minimum-interval",
        "minimum_interval_seconds",
        type=click.IntRange(0, 86400),
        metavar="SECONDS",
        help="Shortest Auto-Run interval that the Web Connector may use; 0: any.",
    ),
    click.option(
        "--payments-out/--no-payments-out",
        default=None,
        help="Post payments of the billing platform to QuickBooks, or never. Default: post.",
    ),
    click.option(
        "--payments-in/--no-payments-in",
        default=None,
        help="Import the payments recorded in QuickBooks, or not. Default: import.",
    ),
    click.option(
        "--credit-memos",
        type=click.Choice(["off", "on"]),
        help="Read open credit memos from QuickBooks, to look at them here. Default: off.",
    ),
    click.option(
        "--missing-method",
        type=click.Choice(["create", "other"]),
        help="A payment method that QuickBooks does not list: create it there, or use Other.",
    ),
    click.option(
        "--overpayment",
        type=click.Choice(["refuse", "credit"]),
        help="What a payment exceeds its invoices by: refuse the payment, or keep the rest as "
        "customer credit.",
    ),
    click.option(
        "--on-account",
        type=click.Choice(["refuse", "post"]),
        help="A payment that names a customer and no invoice: refuse it, or post it on account.",
    ),
    click.option(
        "--closed-period",
        type=click.Choice(["hold", "next-open-day"]),
        help="A payment dated in a closed period: hold it, or post it on the first open day with "
        "its own date in the memo.",
    ),
    click.option(
        "--sample-company",
        type=click.Choice(["refuse", "allow"]),
        help="A sample company of QuickBooks: refuse it, or allow it for a trial.",
    ),
    click.option(
        "--debug/--no-debug",
        default=None,
        help="Keep what QuickBooks answered, to find out what went wrong.",
    ),
)


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as values."""
    readers: dict[str, Callable[[Any], Any]] = {
        "layout": values.Layout,
        "jobs": values.JobMode,
        "missing_method": values.MissingMethod,
        "overpayment": values.Overpayment,
        "on_account": values.OnAccount,
        "closed_period": values.ClosedPeriod,
        "sample_company": values.SampleCompany,
        "credit_memos": lambda word: word == "on",
        "start_date": lambda day: None if day == NO_DATE else day,
    }
    return {
        name: readers.get(name, lambda value: value)(value)
        for name, value in given.items()
        if value is not None
    }

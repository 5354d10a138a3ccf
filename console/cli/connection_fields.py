"""The options for the fields of a connection, and what was given of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from console.cli.params import NO_DATE, CompanyFile, Day


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
        "--missing-method",
        type=click.Choice(["create", "other"]),
        help="A payment method that QuickBooks does not list: create it there, or use Other.",
    ),
    click.option(
        "--debug/--no-debug",
        default=None,
        help="Keep what QuickBooks answered, to find out what went wrong.",
    ),
)


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as the store takes them."""
    from shared.rules.values import JobMode, Layout, MissingMethod

    readers: dict[str, Callable[[Any], Any]] = {
        "layout": Layout,
        "jobs": JobMode,
        "missing_method": MissingMethod,
        "start_date": lambda day: None if day == NO_DATE else day,
    }
    return {
        name: readers.get(name, lambda value: value)(value)
        for name, value in given.items()
        if value is not None
    }


def in_words(given: dict[str, Any]) -> str:
    """The options as the audit trail keeps them."""
    return ", ".join(
        f"{name.replace('_', ' ')}: {'none' if value == NO_DATE else value}"
        for name, value in given.items()
        if value is not None
    )

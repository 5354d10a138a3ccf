"""Connections in words: what each is set to and bound to, how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from shared import dates
from shared.operations.describe.connection_settings import SETTINGS
from shared.operations.describe.sections import Section
from shared.operations.describe.syncs import application as application_name
from shared.operations.describe.text import count, grouped, sums
from shared.rules.values import Application, CompanyBinding, Connection, Sync

if TYPE_CHECKING:
    from datetime import datetime

    from shared.rules.payments.views import Hold


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
        f"Too many wrong passwords: sign-in is locked until {dates.moment(until)}." if until else ""
    )


def paused(connection: Connection) -> str:
    """Since when it is paused, and by whom; empty when it is not."""
    if connection.paused_at is None:
        return ""
    return f"Paused since {dates.moment(connection.paused_at)} by {connection.paused_by}"


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
        (one.title, one.words(getattr(connection, key)))
        for key, one in SETTINGS.items()
        if key != "name"
    )
    standing = (
        ("Company", company(connection.binding)),
        ("Open invoices", _totals(totals)),
        ("Open problems", str(open_problems)),
        ("Last sync", _last_sync(last_sync)),
        *held_back(hold),
        *((("Syncs", told),) if (told := paused(connection)) else ()),
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
    ran = f"{dates.moment(sync.started_at)} {application_name(sync.application)}, {sync.state}"
    return f"{ran}. {sync.error or sync.message}"


def payments(number: int, amounts: Mapping[str, Decimal]) -> str:
    """``2 payments, 500.00 USD``; several currencies are joined by ``and``."""
    return f"{count(number, 'payment')}, {sums(amounts.items())}"

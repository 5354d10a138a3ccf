"""Values for the daemon's tests, with defaults that a test need not speak of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.rules.values import (
    Application,
    ApplicationKind,
    CompanyBinding,
    Connection,
    Credentials,
    JobMode,
    Layout,
)
from shared.structs import replace

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_connection(**changes: Any) -> Connection:
    plain = Connection(
        id=1,
        name="Larkspur",
        layout=Layout.TWO,
        company_file="",
        jobs=JobMode.ROLL_UP,
        start_date=None,
        run_every_minutes=0,
        minimum_interval_seconds=0,
        debug=False,
        created_at=NOW,
        binding=None,
    )
    return replace(plain, **changes)


def an_application(**changes: Any) -> Application:
    plain = Application(
        id=1,
        connection_id=1,
        kind=ApplicationKind.INVOICE,
        username="larkspur-invoice-7f3k2q",
        app_name="Invoice Sync",
        app_unique_name="Deskbridge Invoice 01ab23cd",
        owner_id="{5A0D5D0C-0A64-4B8F-A4D3-3F4E2F7A1B10}",
        file_id="{0E3B8B2A-6D0B-4C57-9D7A-6B9C1D2E3F40}",
        password_generation=1,
        last_seen_at=None,
        last_call="",
    )
    return replace(plain, **changes)


def credentials(**changes: Any) -> Credentials:
    plain = Credentials(
        application=an_application(),
        connection=a_connection(),
        password_hash="hash of new",
        previous_password_hash="",
        failed_logins=0,
    )
    return replace(plain, **changes)


def a_binding(**changes: Any) -> CompanyBinding:
    plain = CompanyBinding(
        company_name="Larkspur Tile & Stone",
        product_name="QuickBooks Desktop Enterprise Solutions 24.0",
        major_version="34",
        minor_version="0",
        country="US",
        qbxml_version="13.0",
        home_currency="USD",
        multicurrency=False,
        bound_at=NOW,
    )
    return replace(plain, **changes)

"""Values with defaults for the tests of the shared parts."""

from __future__ import annotations

from typing import Any

from shared.rules.values import Application, ApplicationKind

OWNER_ID = "{0F5E2B7C-1D7A-4C4E-9B43-3C1E0A5D9E11}"
FILE_ID = "{6B1B7F52-8C0D-4B0E-A0C5-5A1F2E7D4C22}"


def application(**changes: Any) -> Application:
    values: dict[str, Any] = {
        "id": 1,
        "connection_id": 1,
        "kind": ApplicationKind.INVOICE,
        "username": "larkspur-invoice",
        "app_name": "Invoice Sync",
        "app_unique_name": "Deskbridge Invoice 4F1D09AC",
        "owner_id": OWNER_ID,
        "file_id": FILE_ID,
        "password_generation": 1,
        "last_seen_at": None,
        "last_call": "",
    }
    return Application(**{**values, **changes})

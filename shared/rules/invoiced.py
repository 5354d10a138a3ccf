"""Invoiced: where its API is, and whom a key opens the door to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from shared.structs import Value

NAME = "invoiced"
PRODUCTION, SANDBOX = "https://api.invoiced.com", "https://api.sandbox.invoiced.com"
COMPANY = "/companies/current"


class InvoicedCompany(Value):
    """The company of an account; ``identity`` is the same whatever key opens it."""

    identity: str
    name: str
    currency: str
    time_zone: str


def company_of(told: Mapping[str, Any]) -> InvoicedCompany:
    """The company as ``/companies/current`` tells it. Raises KeyError where that is another."""
    kind = "sandbox" if told.get("test_mode") else "production"
    return InvoicedCompany(
        f"{NAME}:{kind}:{told['id']}",
        str(told["name"]),
        str(told["currency"]).upper(),
        str(told.get("time_zone") or "UTC"),
    )


def authorization(key: str) -> str:
    """The header that lets a key in: HTTP Basic, the key as user name, no password."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()

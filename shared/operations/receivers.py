"""Addresses of programs that something is sent to."""

from __future__ import annotations

from shared.errors import CannotBeMeant
from shared.urls import address_complaints

LONGEST_URL = 2000


def checked_url(url: str, what: str) -> str:
    """The address as it is kept; ``what`` is to be sent there. Raises CannotBeMeant."""
    url = url.strip()
    complaints = address_complaints(url)
    if complaints:
        told = "; ".join(one.problem for one in complaints)
        remedy = complaints[0].remedy
        raise CannotBeMeant(
            f"{what} cannot be sent to this address: {told}.", remedy[:1].upper() + remedy[1:]
        )
    if len(url) > LONGEST_URL:
        raise CannotBeMeant(f"The address is longer than {LONGEST_URL} characters.")
    return url

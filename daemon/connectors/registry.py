"""The billing platforms that there are: what an account names, and how one is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.connectors.service import Make


def platforms(_reactor: Any) -> Mapping[str, Make]:
    """Every platform by the name that accounts have for it."""
    return {}

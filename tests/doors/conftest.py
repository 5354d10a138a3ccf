from __future__ import annotations

from tests.console.tui.screens.conftest import new_store, office, utc

__all__ = ["new_store", "office", "utc"]

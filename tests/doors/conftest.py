from __future__ import annotations

from tests.console.tui.screens.conftest import office, utc

__all__ = ["office", "utc"]

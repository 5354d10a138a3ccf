"""What a person may do to a sync."""

from __future__ import annotations

from console.tui.actions import Operator
from shared.models import syncs


def cancel(by: Operator, sync_id: int) -> str:
    """Ask a running sync to stop at its next step; raises NotPossible when it has ended."""
    sync = syncs.request_stop(sync_id, by.who, by.now)
    by.note("sync.stop", sync.connection, f"sync {sync_id}")
    return f"Sync {sync_id} will stop when the Web Connector calls next. What it did stays."

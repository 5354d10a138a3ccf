"""A table with the record under the cursor told below it; Enter gives that the whole screen."""

from __future__ import annotations

from typing import TypeVar

from textual import on

from console.screens.base import StoreScreen
from console.widgets.record_table import RecordTable
from console.widgets.text_view import TextView

Snapshot = TypeVar("Snapshot")


class ReadsDetail(StoreScreen[Snapshot]):
    """A screen with one ``RecordTable`` and one ``TextView`` below it."""

    AUTO_FOCUS = "RecordTable"

    @on(RecordTable.Opened)
    def _open_detail(self) -> None:
        self.add_class("-detail")
        self.query_one(TextView).focus()

    def action_back(self) -> None:
        """From the detail back to the table, else leave."""
        if self.has_class("-detail"):
            self.remove_class("-detail")
            self.query_one(RecordTable).focus()
        else:
            super().action_back()

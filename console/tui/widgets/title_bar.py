"""The line under the header: where you are on the left, how fresh it is on the right."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from shared.operations.describe.text import cells, fit, plain


class TitleBar(Static):
    """One line; the right side is never cut, since it says whether to trust what is shown."""

    DEFAULT_CSS = """
    TitleBar { height: 1; text-style: reverse; }
    """

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._standing = ""

    def show(self, *, place: str | None = None, standing: str | None = None) -> None:
        """Change one side, or both; the same again paints nothing."""
        before = self._place, self._standing
        self._place = self._place if place is None else place
        self._standing = self._standing if standing is None else standing
        if (self._place, self._standing) != before:
            self.refresh()

    def render(self) -> Text:
        """Both sides in the width there is."""
        right = f" {self._standing} " if self._standing else ""
        left = f" {plain(self._place)}"
        return Text(fit(left, max(self.size.width - cells(right), 1)) + right)

"""Lines of CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from shared.operations.describe.text import for_spreadsheet, plain


def unarmed(value: Any) -> str:
    """Text that no spreadsheet runs and no terminal obeys: ``=1+1`` is a customer's name."""
    return "" if value is None else for_spreadsheet(plain(str(value)))


def csv_line(cells: Sequence[Any]) -> str:
    """The cells as one line."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return line.getvalue()

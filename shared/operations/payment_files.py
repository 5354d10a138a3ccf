"""Files of payments, CSV or JSON lines: every row read, every fault with its line and column.

Pure: bytes come in, rows go out. What may be done with them is decided in ``payment_intake``.
What the columns are, and how the file writes its values, ``payment_columns`` finds out first.
"""

from __future__ import annotations

import difflib
import json
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, BinaryIO

from shared.errors import NotPossible
from shared.operations import payment_reports
from shared.operations.file_profiles import HowToRead, Profile, as_name
from shared.operations.file_text import DELIMITERS, json_lines_of, rows_of, seekable
from shared.operations.payment_cells import FIELDS, FileRow, Raw, label, load, read
from shared.operations.payment_columns import Look, look_at
from shared.operations.payment_titles import NO_PAYMENT, is_total, told_apart
from shared.structs import replace

_MOST_LINES = 5


class PaymentFile(Iterable[FileRow]):
    """The rows of a file (``form`` is csv or jsonl), also those that are no payments.

    ``content`` is a binary file, or its lines. ``told`` says how it is read, and after the last
    row also what was odd about all of them. Raises UnreadableFile where the file as a whole
    cannot be read, DatesAreAmbiguous, and NotPossible where it has no row.
    """

    def __init__(
        self, content: Iterable[bytes], form: str, today: date, how: HowToRead | None = None
    ) -> None:
        self._content = seekable(content)
        if self._content is not content:
            weakref.finalize(self, self._content.close)
        self._today = today
        self._look = look_at(self._content, how or HowToRead()) if form == "csv" else None
        self._oddities: dict[str, list[int]] = {}
        self._named: dict[str, int] = {}

    @property
    def told(self) -> tuple[str, ...]:
        """How the file is read, as sentences."""
        odd = (f"{what} ({_lines(at)})." for what, at in self._oddities.items())
        return (*(self._look.told if self._look else ()), *odd)

    @property
    def profile(self) -> Profile | None:
        """The profile by which it is read; None for JSON lines."""
        return self._look.header.profile if self._look else None

    def __iter__(self) -> Iterator[FileRow]:
        row = None
        for row in self._csv(self._look) if self._look else self._json():
            yield row
        if row is None:
            raise NotPossible("The file contains no payments: there is nothing to do.")

    def _json(self) -> Iterator[FileRow]:
        for raw in _json_rows(json_lines_of(self._content)):
            yield read(raw, self._today)

    def _csv(self, look: Look) -> Iterator[FileRow]:
        reading = payment_reports.reading_of(look)
        is_alone = bool(look.header.profile.named_by)
        for raw in _csv_rows(self._content, look):
            row = read(raw, self._today, reading)
            if row.odd:
                self._oddities.setdefault(row.odd, []).append(row.line)
            yield self._alone(row) if is_alone and row.payment else row

    def _alone(self, row: FileRow) -> FileRow:
        """Refuse a second row that is named like one before: are they one payment or two?"""
        first = self._named.setdefault(row.external_id, row.line)
        if first == row.line:
            return row
        told = (
            f"it looks the same as line {first}: they may be one payment or two. If they are "
            "two, enter one of them with deskbridge payments add"
        )
        return replace(row, payment=None, faults=(told,))


def _lines(at: Sequence[int]) -> str:
    shown = ", ".join(map(str, at[:_MOST_LINES]))
    more = f" and {len(at) - _MOST_LINES:,} more" * (len(at) > _MOST_LINES)
    return f"line{'s' * (len(at) > 1)} {shown}{more}"


def _csv_rows(content: BinaryIO, look: Look) -> Iterator[Raw]:
    """Rows by the columns in the header; a row begins on the line after the one before it."""
    header = look.header
    yield from (Raw(line, {}, note=NO_PAYMENT) for line in header.above)
    for line, cells in rows_of(content, header.encoding, header.delimiter):
        if isinstance(cells, str):
            yield Raw(line, {}, cells)
        elif line > header.line:
            yield _csv_row(line, cells, look)


def _csv_row(line: int, cells: list[str], look: Look) -> Raw:
    names = look.header.names
    if cells[0].strip() == look.header.first and tuple(map(as_name, cells)) == names:
        return Raw(line, {}, note="it repeats the header")
    extra = len(cells) - len(names)
    if extra > 0 and not any(map(str.strip, cells[len(names) :])):
        del cells[len(names) :]
    elif extra:
        filled = [cell for cell in cells if cell.strip()]
        # One cell that holds other marks is a row, cut in another way than the header.
        alone = len(filled) == 1 and not any(
            mark in filled[0] for mark in DELIMITERS if mark != look.header.delimiter
        )
        if alone or is_total(filled[0]):
            return Raw(line, {}, note=NO_PAYMENT)
        return Raw(line, {}, f"it has {len(cells)} cells where the header has {len(names)}")
    values = look.values(cells)
    if look.header.profile.is_ours:
        return told_apart(Raw(line, values))
    return payment_reports.row_of(line, cells, values, look)


def _json_rows(text: Iterable[str]) -> Iterator[Raw]:
    for line, written in enumerate(text, 1):
        if written.strip():
            yield _json_row(line, written)


def _json_row(line: int, written: str) -> Raw:
    try:
        values = load(written)
    except json.JSONDecodeError as error:
        return Raw(line, {}, f"it is not JSON from character {error.colno} on")
    except ValueError as error:
        return Raw(line, {}, f"it is not JSON: {error}")
    except RecursionError:
        return Raw(line, {}, "it is not a payment: it is nested too deeply")
    if not isinstance(values, dict):
        return Raw(line, {}, "it is not an object: write {…} with the keys of a payment")
    return _of_object(line, values)


def _of_object(line: int, values: dict[str, Any]) -> Raw:
    """A payment as programs write it; ``processed`` is the opposite of ``offline``."""
    processed = values.pop("processed", None)
    if isinstance(processed, bool):
        values.setdefault("offline", not processed)
    raw = told_apart(Raw(line, values))
    unknown = [told for told in map(_unknown, values) if told]
    if processed is not None and values.get("offline") is not (not processed):
        unknown.append("processed must be true or false, and the opposite of offline")
    if not unknown or (raw.note and not label(values.get("external_id"))):
        return raw
    return replace(raw, fault=" ".join(unknown), note="")


def _unknown(name: str) -> str:
    if name in FIELDS:
        return ""
    near = difflib.get_close_matches(name, FIELDS, n=1)
    return f'there is no column "{name}"' + (f"; did you mean {near[0]}?" if near else ".")

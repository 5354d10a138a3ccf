"""Values as text: plain for terminals, exact for scripts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

ELLIPSIS = "…"

# Characters that could steer a terminal or reorder what is read: C1 controls, line and
# paragraph separators, the bidirectional marks and overrides; and halves of characters, which
# no encoding can write.
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_CONTROL_PICTURES = 0x2400
_DELETE_PICTURE = "\u2421"


def plain(text: str) -> str:
    """Return ``text`` on one line with nothing in it that a terminal would obey.

    White space of any kind becomes a blank; other controls become their picture
    (ESC is shown as ␛) or the replacement character, so that they are seen, not run.
    """
    return text if text.isprintable() else _STEERING.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    character = match.group()
    if character in "\t\n\v\f\r\x85\u2028\u2029":
        return " "
    if character < " ":
        return chr(_CONTROL_PICTURES + ord(character))
    return _DELETE_PICTURE if character == "\x7f" else "\ufffd"


def for_spreadsheet(text: str) -> str:
    """Return ``text`` as a cell of CSV that no spreadsheet runs as a formula.

    An apostrophe stands before every sign that could begin one, also where a spreadsheet that
    cuts at semicolons or tabs begins another cell. ``from_spreadsheet`` takes it off.
    """
    return _FORMULA.sub(r"\1'", text)


def from_spreadsheet(cell: str) -> str:
    """Return the text of which ``for_spreadsheet`` makes this cell."""
    return _DISARMED.sub(r"\1", cell)


_SIGNS = r"\-=+@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"  # also wide and small ones
_BEFORE_SIGN = r"""(?:[^\S\t\r\n]|["'\ufeff\u200b])*+"""
_BEGINS = rf"(?:{_BEFORE_SIGN}[{_SIGNS}])"
_AT_FIRST = rf"(?:{_BEFORE_SIGN}[\t\r\n{_SIGNS}])"
_FORMULA = re.compile(rf"(\A(?={_AT_FIRST})|[;\t\r\n](?={_BEGINS}))")
_DISARMED = re.compile(rf"(\A(?='{_AT_FIRST})|[;\t\r\n](?='{_BEGINS}))'")


def cells(text: str) -> int:
    """Return how many terminal cells ``text`` takes (wide characters two, marks none)."""
    if text.isascii() or max(text) < _FIRST_OF_ODD_WIDTH:
        return len(text)
    return sum(map(_cells_of, text))


_FIRST_OF_ODD_WIDTH = "\u0300"


def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or character == "\u200b":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Cut or pad ``text`` to exactly ``width`` cells; what was cut ends in an ellipsis."""
    room = width - cells(text)
    if room < 0:
        text = _cut(text, width)
        room = width - cells(text)
    padding = " " * room
    return padding + text if right else text + padding


def _cut(text: str, width: int) -> str:
    end, room = 0, width - len(ELLIPSIS)
    for character in text:
        room -= _cells_of(character)
        if room < 0:
            break
        end += 1
    return text[:end] + ELLIPSIS


def amount(value: Decimal) -> str:
    """Two decimals, no grouping, as scripts read it: ``-1234.50``."""
    return f"{value:.2f}"


def grouped(value: Decimal) -> str:
    """Two decimals with grouping, as people read it: ``-1,234.50``."""
    return f"{value:,.2f}"


def money(value: Decimal, currency: str) -> str:
    """An amount as people read it, with its currency where that is known: ``250.00 USD``."""
    return f"{grouped(value)} {currency}".rstrip()


def sums(amounts: Iterable[tuple[str, Decimal]]) -> str:
    """Amounts by currency: ``100.00 CAD and 50.00 USD``."""
    return " and ".join(money(total, currency) for currency, total in amounts)


def count(number: int, one: str, many: str = "") -> str:
    """``1 invoice``, ``2,000 invoices``; ``many`` where adding an s is wrong."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(start: datetime, end: datetime) -> str:
    """How long it ran in the two largest units: ``3 s``, ``2 min 5 s``, ``1 h 4 min``."""
    seconds = max(0, round((end - start).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"

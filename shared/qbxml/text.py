"""Text, amounts, dates and times as QuickBooks writes them and wants them.

QuickBooks stores Windows-1252 and prints it oddly: the typographic characters come as
references to C1 control codes (``&#153;`` for a trade mark sign). Amounts have no places
or two, never one. Timestamps carry an offset that is an hour wrong in summer, while the
wall clock beside it is right: so the wall clock is all that is kept, and all that is sent.
Source: qbxmltypes130.xsd for the formats; the rest was seen in real answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from shared.qbxml.repair import C1
from shared.structs import Value

LONGEST_NUMBER = 11
"""Characters of an invoice's RefNumber that QuickBooks keeps."""
LONGEST_NAME = 209
"""Characters of a customer's FullName."""
CENT = Decimal("0.01")
ZERO = Decimal("0.00")

_AMOUNT = re.compile(r"[+-]?[0-9]{1,13}(\.[0-9]{2})?")
_TWO_PLACES = re.compile(r"-?[0-9]{1,13}\.[0-9]{2}")  # as QuickBooks writes it
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_USUAL_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[+-][0-9]{2}:[0-9]{2})?"
)
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:T([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})(?:\.[0-9]+)?)?)?"
    r"(?:Z|[+-][0-9]{1,2}:[0-9]{2})?)?"
)
_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}

# What NFKD does not take apart, though every reader knows the plain letter.
_PLAIN = str.maketrans("ŁłĐđĦħŊŋŦŧıĸ\u2010\u2011\u2212\u2032\u2033", "LlDdHhNnTtik---'\"")


T = TypeVar("T")


class BadValue(ValueError):
    """A value that is not of its type; ``text`` is what stood there, ``wanted`` what belongs."""

    wanted = "a value"

    def __init__(self, text: str) -> None:
        super().__init__(f"{shown(text)} is not {self.wanted}")
        self.text = text


class BadAmount(BadValue):
    """Not an AMTTYPE."""

    wanted = "an amount such as 1234.50"


class BadDate(BadValue):
    """Not a DATETYPE, or not a day of the calendar."""

    wanted = "a date such as 2024-06-12"


class BadTime(BadValue):
    """Not a DATETIMETYPE, or not a moment of the calendar."""

    wanted = "a time such as 2024-06-12T09:46:40"


class BadFlag(BadValue):
    """Not a BOOLTYPE."""

    wanted = "true or false"


class BadId(BadValue):
    """Not an IDTYPE."""

    wanted = "an ID such as 80000001-1718192021"


def shown(text: str, length: int = 40) -> str:
    """The text in quotation marks for a message: printable ASCII, cut to ``length``."""
    return ascii(text if len(text) <= length else text[: length - 3] + "...")


def decode(text: str) -> str:
    """What QuickBooks meant by characters: C1 codes stand for those of Windows-1252."""
    return text if text.isascii() else text.translate(C1)


class Cleaned(Value):
    """Text that QuickBooks can store, and the characters that it could not, each once."""

    text: str
    lost: tuple[str, ...]


def clean(text: str) -> Cleaned:
    """Fit free text (a memo, a name to add) to what QuickBooks stores: Windows-1252.

    Control characters are dropped, foreign letters become their plain form, and a question
    mark stands for the rest. Never use it for a value that is looked up: a changed key finds
    another record.
    """
    if text.isascii() and text.isprintable():
        return Cleaned(text, ())  # as nearly all is
    kept = []
    lost: dict[str, None] = {}
    for character in unicodedata.normalize("NFC", decode(text)):
        if _is_storable(character):
            kept.append(character)
        else:
            lost[character] = None
            kept.append(_nearest(character))
    return Cleaned("".join(kept), tuple(lost))


def one_line(text: str) -> str:
    """Free text, cleaned, as one line without doubled blanks."""
    return " ".join(clean(text).text.split())


def holds(text: str, longest: int) -> bool:
    """Whether QuickBooks can hold this text as it is: what it cannot hold is not looked for."""
    storable = all(map(_is_storable, text)) and not any(one in text for one in "\t\n\r")
    return storable and 0 < len(text) <= longest


def _is_storable(character: str) -> bool:
    if character < " ":
        return character in "\t\n\r"
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return character != "\x7f"


def _nearest(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}:
        return ""  # invisible, or an accent that no letter of Windows-1252 carries
    parts = unicodedata.normalize("NFKD", character.translate(_PLAIN))
    return "".join(part for part in parts if _is_storable(part)) or "?"


class _Remembered(dict[str, T], Generic[T]):
    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> T:
        value = self._read(text)
        if len(text) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = value
        return value


_LONGEST_REMEMBERED, _MOST_REMEMBERED = 40, 1024


def remembered(read: Callable[[str], T]) -> Callable[[str], T]:
    """As ``read``, but what it made of days, flags, prices, customers is looked up in a dict.

    They come over and over: of the days of a page nearly all, of its amounts most.
    """
    return _Remembered(read).__getitem__


def read_id(text: str) -> str:
    """Read an IDTYPE: a TxnID or ListID; empty text stays empty. Raises BadId.

    What is no ID is never asked for: QuickBooks refuses the whole request.
    """
    text = text.strip()
    if text and _ID.fullmatch(text) is None:
        raise BadId(text)
    return text


def read_amount(text: str) -> Decimal | None:
    """Read an AMTTYPE: optional sign, up to 13 digits, no places or two.

    Empty text is None, not zero: the type allows both and they differ. The amount always
    has two places. Raises BadAmount, carrying the text; never rounds.
    Source: qbxmltypes130.xsd, AMTTYPE.
    """
    if _TWO_PLACES.fullmatch(text) is None:
        text = text.strip()
        if not text:
            return None
        if _AMOUNT.fullmatch(text) is None:
            raise BadAmount(text)
        return Decimal(text).quantize(CENT) or ZERO
    return Decimal(text) or ZERO


def read_cents(text: str) -> int | None:
    """As ``read_amount``, in whole hundredths. Raises BadAmount."""
    if _TWO_PLACES.fullmatch(text) is not None:
        return int(text[:-3] + text[-2:])
    amount = read_amount(text)
    return None if amount is None else int(amount * 100)


def write_amount(amount: Decimal) -> str:
    """Write an AMTTYPE with two places; raises BadAmount for anything that needs rounding."""
    if not amount.is_finite():
        raise BadAmount(str(amount))
    text = f"{amount:.2f}"
    if Decimal(text) != amount or _AMOUNT.fullmatch(text) is None:
        raise BadAmount(str(amount))
    return "0.00" if not amount else text


def read_date(text: str) -> date | None:
    """Read a DATETYPE; empty text is None. Raises BadDate."""
    text = text.strip()
    if not text:
        return None
    if _DATE.fullmatch(text) is None:
        raise BadDate(text)
    try:
        return date.fromisoformat(text)
    except ValueError as why:
        raise BadDate(text) from why


def read_day(text: str) -> str | None:
    """As ``read_date``, the text itself: ``2024-06-12``. Raises BadDate."""
    day = read_date(text)
    return None if day is None else day.isoformat()


def wall_clock(text: str) -> str:
    """The wall clock of a DATETIMETYPE, without its offset: ``2024-06-12T09:46:40``.

    Parts that are missing are zero, so that wall clocks compare as text. Empty text stays
    empty. Raises BadTime. The offset is dropped because QuickBooks prints the winter offset
    all year; the same text sent back is read as that computer's own time.
    """
    clock = text[:19] if _USUAL_TIME.fullmatch(text) else _spelled_out(text.strip())
    if clock:
        try:
            datetime.fromisoformat(clock)
        except ValueError as why:
            raise BadTime(text) from why
    return clock


def _spelled_out(text: str) -> str:
    """A wall clock in a rarer spelling of the type, every part with all its digits."""
    found = _TIME.fullmatch(text)
    if found is None:
        if text:
            raise BadTime(text)
        return ""
    year, *rest = (int(part or 0) for part in found.groups())
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(year, *rest)


def read_flag(text: str) -> bool | None:
    """Read a BOOLTYPE in any case; empty text is None. Raises BadFlag."""
    text = text.strip()
    if not text:
        return None
    flag = _FLAGS.get(text) if text in _FLAGS else _FLAGS.get(text.lower())
    if flag is None:
        raise BadFlag(text)
    return flag

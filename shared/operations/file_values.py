"""Amounts and days as programs and people write them into files.

How a file writes them is decided by all its rows, never by one: 10/09/2026 is October 9 where
another row has 10/25/2026, and 1.500 is fifteen hundred where another row has 12,50.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final

from shared.operations.payment_terms import Unreadable

MONTH_FIRST, DAY_FIRST, YEAR_FIRST = "mdy", "dmy", "ymd"
ORDERS: Final = {MONTH_FIRST: "MM/DD/YYYY", DAY_FIRST: "DD/MM/YYYY", YEAR_FIRST: "YYYY-MM-DD"}
"""The orders of a date, each as it is asked for."""

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIAL = re.compile(r"([2-5]\d{4})(\.\d+)?", re.ASCII)  # 1954 to 2064
_NUMERIC = re.compile(r"(\d{1,4})([-/.])\s?(\d{1,2})\2\s?(\d{1,4})(?:[T ,]\s*(.+))?", re.ASCII)
_NAMED = re.compile(
    r"(?:(\d{1,2})[-. ]+([A-Za-z]{3,9})|([A-Za-z]{3,9})\.? (\d{1,2}))[-,. ]+(\d{4}|\d{2})"
    r"(?:[T ,]\s*(.+))?",
    re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([AaPp][Mm])?\s*(Z|UTC|[-+]\d{2}:?\d{2})?",
    re.ASCII,
)
_DAY_ALONE = len("2026-01-31")
_NO_DATE = "is not a date; write it as 2026-01-31, or give its format with --date-format"


def order_of(written: str) -> str:
    """The order of a pattern such as ``MM/DD/YYYY``, ``dd.mm.yy``, ``%d/%m/%Y`` or ``mdy``.

    Raises Unreadable.
    """
    order = "".join(dict.fromkeys(re.sub("[^dmy]", "", written.casefold())))
    if order not in ORDERS:
        raise Unreadable(
            f'"{written}" is not a date order; write '
            f"{', '.join(list(ORDERS.values())[:-1])} or {ORDERS[YEAR_FIRST]}"
        )
    return order


@dataclass
class DaysSeen:
    """What all dates of a file tell about their order: the line of the first that tells it."""

    day_first: int = 0
    month_first: int = 0
    either: tuple[int, str] | None = None
    serial: int = 0

    def see(self, line: int, text: str) -> None:
        """Look at one cell."""
        text = text.strip()
        found = _NUMERIC.fullmatch(text)
        if found is None:
            self.serial = self.serial or (line if _SERIAL.fullmatch(text) else 0)
            return
        if len(found[1]) > 2:
            return
        first, second = int(found[1]), int(found[3])
        if first > 12:
            self.day_first = self.day_first or line
        elif second > 12:
            self.month_first = self.month_first or line
        elif first != second and self.either is None:
            self.either = line, text

    @property
    def order(self) -> str:
        """The order that they have, "" where none of them decides."""
        if self.day_first and not self.month_first:
            return DAY_FIRST
        return MONTH_FIRST if self.month_first and not self.day_first else ""

    @property
    def contradict(self) -> bool:
        """Whether some are in one order and some in another."""
        return bool(self.day_first and self.month_first)


def read_day(text: str, order: str, zone: tzinfo | None, *, utc: bool) -> date:
    """Read a day, with or without a time. ``order`` counts where its year does not come first.

    A time with an offset, or any where ``utc``, is an instant: its day is that in ``zone``, None
    for that of this machine. Raises Unreadable.
    """
    text = text.strip()
    if text[4:5] == "-":
        try:
            return _of_iso(datetime.fromisoformat(text), zone, utc and len(text) > _DAY_ALONE)
        except ValueError:
            pass
    if serial := _SERIAL.fullmatch(text):
        at = datetime.combine(_EXCEL_EPOCH, time(), UTC) + timedelta(days=float(text))
        return at.astimezone(zone).date() if utc and serial[2] else at.date()
    try:
        day, clock = _numeric(text, order) or _named(text)
    except ValueError:
        raise Unreadable(f'"{text}" {_NO_DATE}') from None
    clocked = _TIME.fullmatch(clock.strip()) if clock else None
    if clock and clocked is None:
        raise Unreadable(f'"{text}" {_NO_DATE}')
    if clocked is None or not (utc or clocked[5]):
        return day
    return _instant(text, day, clocked).astimezone(zone).date()


def _of_iso(at: datetime, zone: tzinfo | None, is_instant: bool) -> date:
    if at.tzinfo is None:
        if not is_instant:
            return at.date()
        at = at.replace(tzinfo=UTC)
    return at.astimezone(zone).date()


def _numeric(text: str, order: str) -> tuple[date, str] | None:
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return None
    if len(found[1]) > 2 or order == YEAR_FIRST:
        year, month, day = found[1], found[3], found[4]
    elif order == DAY_FIRST:
        day, month, year = found[1], found[3], found[4]
    else:
        month, day, year = found[1], found[3], found[4]
    return date(_year(year), int(month), int(day)), found[5] or ""


def _named(text: str) -> tuple[date, str]:
    found = _NAMED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    month = _MONTHS.index((found[2] or found[3])[:3].casefold()) + 1
    return date(_year(found[5]), month, int(found[1] or found[4])), found[6] or ""


def _year(digits: str) -> int:
    if len(digits) not in (2, 4):
        raise ValueError(digits)
    return int(digits) + 2000 * (len(digits) == 2)


def _instant(text: str, day: date, at: re.Match[str]) -> datetime:
    hour, half = int(at[1]), (at[4] or "").casefold()
    if half:
        hour = hour % 12 + 12 * (half == "pm")
    try:
        clock = time(hour, int(at[2]), int(at[3] or 0))
    except ValueError:
        raise Unreadable(f'"{text}" {_NO_DATE}') from None
    return datetime.combine(day, clock, _offset(at[5]))


def _offset(written: str | None) -> timezone:
    if not written or written in ("Z", "UTC"):
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))


_CURRENCY = r"(?:[A-Za-z]{0,3}[$€£¥]|[A-Za-z]{3})"
_SIGNS = {
    "$": "",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "MX$": "MXN",
    "R$": "BRL",
}
"""The currencies that signs stand for; a dollar alone is that of the invoices."""
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<first>[-+])?\s*(?P<before>{_CURRENCY})?\s*(?P<second>[-+])?\s*"
    rf"(?P<number>\d[\d.,' ]*|[.,]\d{{1,2}})(?<! )\s*(?P<after>{_CURRENCY})?\s*(?P<last>-)?\s*"
    rf"(?P<close>\))?\s*(?P<behind>{_CURRENCY})?",
    re.ASCII,
)
_NUMBER = {
    mark: re.compile(
        rf"(?:(\d{{1,13}})|(\d{{1,3}}(?:([{others}])\d{{3}})(?:\3\d{{3}})*))?"
        rf"(?:{re.escape(mark)}(\d{{1,2}}))?",
        re.ASCII,
    )
    for mark, others in ((".", ",' "), (",", ".' "))
}
_PLAIN = re.compile(r"\d{1,13}\.\d{2}", re.ASCII)
_MARK = re.compile(r"([.,])\d{1,2}\D*", re.ASCII)
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})


@dataclass
class AmountsSeen:
    """What all amounts of a file tell about their decimal mark: the first line with each."""

    point: int = 0
    comma: int = 0

    def see(self, line: int, text: str) -> None:
        """Look at one cell."""
        last = max(text.rfind("."), text.rfind(","))
        mark = _MARK.fullmatch(text, last) if last >= 0 else None
        if mark is None:
            return
        if mark[1] == ".":
            self.point = self.point or line
        else:
            self.comma = self.comma or line

    @property
    def mark(self) -> str:
        """The decimal mark; a point where none of them tells."""
        return "," if self.comma and not self.point else "."

    @property
    def contradict(self) -> bool:
        """Whether some have a comma and some a point."""
        return bool(self.comma and self.point)


def _currency_of(sign: str, text: str) -> str:
    if sign and sign not in _SIGNS:
        raise Unreadable(f'"{text.strip()}" has an unknown currency sign; write it as USD 12.00')
    return _SIGNS.get(sign, "")


def read_money(text: str, mark: str) -> tuple[Decimal, str]:
    """Read an amount with its currency, "" where none stands beside it; never rounds.

    ``$1,234.56``, ``(12.00)``, ``12.00-``, ``USD 12.00`` and, with ``mark`` a comma,
    ``1.234,56 €``. Raises Unreadable.
    """
    if mark == "." and _PLAIN.fullmatch(text):
        return Decimal(text), ""
    found = _AMOUNT.fullmatch(text.translate(_BLANKS).strip())
    number = _NUMBER[mark].fullmatch(found["number"]) if found else None
    if found is None or number is None or bool(found["open"]) != bool(found["close"]):
        raise Unreadable(f'"{text.strip()}" is not an amount; write it as 1234.50')
    whole = re.sub(r"\D", "", number[1] or number[2] or "0")
    amount = Decimal(f"{whole}.{number[4] or '0'}")
    signs = [found[name] for name in ("first", "second", "last") if found[name]]
    beside = [one for one in (found["before"], found["after"], found["behind"]) if one]
    if len(whole) > 13 or len(signs) + bool(found["open"]) > 1 or len(beside) > 1:
        raise Unreadable(f'"{text.strip()}" is not an amount; write it as 1234.50')
    code = beside[0].upper() if beside else ""
    code = code if code.isalpha() else _currency_of(code, text)
    return -amount if found["open"] or "-" in signs else amount, code

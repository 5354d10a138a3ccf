"""What a file of payments is, before a row of it is read: its columns, and how it writes values.

A first reading finds the header, the profile and, from every row, how days and amounts are
written. Only then is a row read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import CannotBeMeant, NotPossible
from shared.operations.describe.text import from_spreadsheet
from shared.operations.file_profiles import OWN, TERMS, HowToRead, Profile, RowRule, as_name
from shared.operations.file_profiles import recognized as profile_of
from shared.operations.file_text import (
    DELIMITERS,
    ENCODINGS,
    Cells,
    UnreadableFile,
    encoding_of,
    first_rows,
    rows_of,
)
from shared.operations.file_values import (
    DAY_FIRST,
    MONTH_FIRST,
    ORDERS,
    AmountsSeen,
    DaysSeen,
    read_day,
)
from shared.structs import Value

HEADER_WITHIN = 20
"""So many rows may stand above the header: a title, the name of a report."""

AMOUNTS = ("amount", "refunded", "fee", "net")
_NEAR = 0.85
_MOST_NAMED, _LONGEST_NAME = 12, 60


class DatesAreAmbiguous(CannotBeMeant):
    """The dates of a file can be read in two ways. ``example`` is the first of them."""

    def __init__(self, line: int, example: str) -> None:
        readings = [
            f"{read_day(example, order, None, utc=False):%B} "
            f"{read_day(example, order, None, utc=False).day} ({ORDERS[order]})"
            for order in (MONTH_FIRST, DAY_FIRST)
        ]
        super().__init__(
            f"Line {line}: is {example} {readings[0]} or {readings[1]}? No date in the file "
            "decides it.",
            f"Choose one with --date-format {ORDERS[MONTH_FIRST]} or {ORDERS[DAY_FIRST]}",
        )
        self.example = example


class Place(Value):
    """Where a field stands in a row: the column, and what its header tells."""

    at: int
    header: str
    pattern: str = ""

    @property
    def is_utc(self) -> bool:
        """Whether its times are in UTC."""
        return "utc" in as_name(self.header)


class Header(Value):
    """The header of a file: its line, the columns as they are called, and what they are for.

    ``above`` are the lines of the titles above it, ``unused`` the columns that nothing is read of,
    ``first`` is the first cell as it stands there.
    """

    encoding: str
    delimiter: str
    line: int
    first: str
    names: tuple[str, ...]
    profile: Profile
    places: dict[str, tuple[Place, ...]]
    rules: tuple[tuple[int, RowRule], ...]
    unused: tuple[str, ...]
    above: tuple[int, ...]


class Look(Value):
    """What a file is: its header, and how all of it writes days and amounts.

    ``zone`` is where an instant has its day, None for that of this machine. ``told`` are
    sentences for people about how the file is read.
    """

    header: Header
    order: str
    mark: str
    zone: tzinfo | None
    told: tuple[str, ...]

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """What a row says of each field: the first of its columns that is filled."""
        found: dict[str, str] = {}
        for name, places in self.header.places.items():
            for place in places:
                if cell := cells[place.at].strip():
                    found[name] = from_spreadsheet(cell).strip() if "'" in cell else cell
                    break
        return found

    def place(self, cells: Sequence[str], name: str) -> Place | None:
        """The first column of a field that is filled in this row."""
        places = self.header.places.get(name, ())
        return next((one for one in places if cells[one.at].strip()), None)


def look_at(content: BinaryIO, how: HowToRead) -> Look:
    """Read a file of comma-separated values once, and tell what it is.

    Raises UnreadableFile where it cannot be one of payments, DatesAreAmbiguous where a person has
    to say how its dates are written, NotPossible where it has no row.
    """
    header = _header(content, encoding_of(content), how)
    days, amounts = DaysSeen(), AmountsSeen()
    for line, cells in rows_of(content, header.encoding, header.delimiter):
        if line > header.line and not isinstance(cells, str):
            _see(header, line, cells, days, amounts)
    order = header.profile.date_order or days.order
    _decided(days, amounts, order)
    zone = zone_of(header.profile.time_zone)
    return Look(header, order, amounts.mark, zone, tuple(_told(header, days, amounts, zone)))


def _see(
    header: Header, line: int, cells: Sequence[str], days: DaysSeen, amounts: AmountsSeen
) -> None:
    for place in header.places.get("date", ()):
        if place.at < len(cells) and cells[place.at]:
            days.see(line, cells[place.at])
    for name in AMOUNTS:
        for place in header.places.get(name, ()):
            if place.at < len(cells) and cells[place.at]:
                amounts.see(line, cells[place.at])


def _decided(days: DaysSeen, amounts: AmountsSeen, order: str) -> None:
    if amounts.contradict:
        raise UnreadableFile(
            f"Lines {amounts.point} and {amounts.comma} write amounts in two ways: with a decimal "
            "point and with a decimal comma.",
            "Write all of them the same way and import the file again.",
        )
    if not order and days.contradict:
        raise UnreadableFile(
            f"Lines {days.month_first} and {days.day_first} write dates in two orders: with the "
            "month first and with the day first.",
            "Write all of them the same way and import the file again.",
        )
    if not order and days.either:
        raise DatesAreAmbiguous(*days.either)


def zone_of(name: str) -> tzinfo | None:
    """The time zone of a name, None for "". Raises CannotBeMeant."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CannotBeMeant(
            f'"{name}" is not a time zone.',
            "Write a name such as America/New_York with --time-zone",
        ) from error


def _told(
    header: Header, days: DaysSeen, amounts: AmountsSeen, zone: tzinfo | None
) -> Iterator[str]:
    profile = header.profile
    if not profile.is_ours or header.unused:
        yield f"Read as {profile.label}: {profile.title}."
    if header.encoding not in ("utf-8", "utf-8-sig"):
        yield f"The text is {ENCODINGS[header.encoding]}."
    if amounts.comma:
        yield "Amounts have a decimal comma: 1.234,50."
    if order := profile.date_order or days.order:
        yield f"Dates are {ORDERS[order]}."
    if days.serial:
        yield "Dates are day numbers, as spreadsheets store them."
    if any(place.is_utc for place in header.places.get("date", ())):
        where = str(zone) if zone else "this machine's time zone"
        yield f"Times in UTC are converted to dates in {where}."
    if header.unused:
        yield f"Columns not used: {_listed(header.unused)}."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    named = ", ".join(name[:_LONGEST_NAME] for name in names[:_MOST_NAMED])
    return named + f" and {more} more" * (more > 0)


def _header(content: BinaryIO, encoding: str, how: HowToRead) -> Header:
    """Find the header: the first row that has the columns of a profile, cut at any delimiter."""
    tops: dict[str, Sequence[Cells]] = {}
    for delimiter in DELIMITERS:
        top = first_rows(content, encoding, delimiter, HEADER_WITHIN + 1)
        for place, (line, cells) in enumerate(top):
            if profile := profile_of([as_name(cell) for cell in cells], how):
                above = tuple(line for line, _ in top[:place])
                return _made(encoding, delimiter, line, cells, profile, above)
        tops[delimiter] = top
    if not any(tops.values()):
        raise NotPossible("The file contains no payments: there is nothing to do.")
    raise _no_header(tops, how)


def _made(
    encoding: str,
    delimiter: str,
    line: int,
    cells: Sequence[str],
    profile: Profile,
    above: tuple[int, ...],
) -> Header:
    names = [as_name(cell) for cell in cells]
    found = {name: tuple(_places(name, names, cells, profile)) for name in profile.columns}
    there = sorted((name for name in found if found[name]), key=lambda name: found[name][0].at)
    places = {name: found[name] for name in there}
    rules = tuple(
        (names.index(as_name(column)), rule)
        for rule in profile.rows
        for column in rule.columns
        if as_name(column) in names
    )
    used = {place.at for found in places.values() for place in found} | {at for at, _ in rules}
    faults = [
        *(
            f'column "{cells[at].strip()}" appears twice.'
            for at in sorted(used)
            if names.count(names[at]) > 1
        ),
        *filter(None, (_meant(name) for name in names if profile.is_ours and not profile.maps)),
    ]
    if faults:
        raise UnreadableFile(
            "\n".join(f"line {line}: {fault}" for fault in dict.fromkeys(faults)),
            f"Give each column one name of its own. Names: {', '.join(TERMS)}",
        )
    unused = tuple(cell.strip() for at, cell in enumerate(cells) if at not in used and cell.strip())
    return Header(
        encoding,
        delimiter,
        line,
        cells[0].strip(),
        tuple(names),
        profile,
        places,
        rules,
        unused,
        above,
    )


def _places(
    name: str, names: Sequence[str], cells: Sequence[str], profile: Profile
) -> Iterator[Place]:
    patterns = {as_name(one.header): one.pattern for one in profile.maps if one.field == name}
    for column in map(as_name, profile.columns[name]):
        if column in names:
            at = names.index(column)
            yield Place(at, cells[at], patterns.get(column, ""))


def _meant(name: str) -> str:
    """Refuse a column of ours that is misspelled: what it says must not be lost."""
    near = difflib.get_close_matches(name, TERMS, n=1, cutoff=_NEAR)
    if not near or name in TERMS:
        return ""
    return f'there is no column "{name}"; did you mean {near[0]}?'


def _no_header(tops: dict[str, Sequence[Cells]], how: HowToRead) -> UnreadableFile:
    """Say what is missing in the row that comes closest."""
    profile = how.wanted(how.chosen() or OWN)
    rows = [row for top in tops.values() for row in top]
    line, cells = min(rows, key=lambda row: (len(_missing(profile, row)), -len(row[1])))
    missing = _missing(profile, (line, cells))
    told = [f'line {line}: there is no column "{name}".' for name in missing]
    told += [
        f"line {line}: {fault}"
        for fault in map(_meant, map(as_name, cells))
        if fault and profile.is_ours
    ]
    told.append(f"It has: {_listed([cell.strip() for cell in cells if cell.strip()])}.")
    return UnreadableFile(
        "\n".join(told),
        "Name the program that wrote the file with --profile, or the columns with "
        '--map "HEADER=field". Profiles: deskbridge payments profiles list',
    )


def _missing(profile: Profile, row: Cells) -> list[str]:
    return profile.missing([as_name(cell) for cell in row[1]])

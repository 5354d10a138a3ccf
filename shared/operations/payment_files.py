"""Files of payments, CSV or JSON lines: every row read, every fault with its line and column.

Pure: bytes come in, rows go out. What may be done with them is decided in ``payment_intake``.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from shared.errors import NotPossible, StoreError
from shared.operations.describe.text import from_spreadsheet
from shared.operations.payment_terms import (
    Unreadable,
    read_amount,
    read_day,
    read_flag,
    read_share,
    uses_of,
)
from shared.rules.payments import checking
from shared.rules.payments.checking import Fault
from shared.rules.payments.values import ChargeState, NewPayment

FORMATS = ("csv", "jsonl")
LONGEST = 20
HEADER_WITHIN = 20
"""So many rows may stand above the header: a title, the name of a report."""

Shares = tuple[tuple[str, Decimal], ...]
Cells = tuple[int, list[str]]


class UnreadableFile(StoreError):
    """The file as a whole cannot be read: its text, or its columns."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a file: where it starts, and its payment, or what is wrong with it.

    ``undated``: the row has no date and the payment carries the present day. ``note`` says why
    a row without payment and faults is no payment: a total, a title. ``external_id`` is what
    stands in that column, whatever the row is.
    """

    line: int
    payment: NewPayment | None
    faults: tuple[str, ...] = ()
    undated: bool = False
    note: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class _Raw:
    """A row before its values are read: text from CSV, any JSON value from JSON lines."""

    line: int
    values: Mapping[str, Any]
    fault: str = ""
    note: str = ""


def read_rows(content: Iterable[bytes], form: str, today: date) -> Iterator[FileRow]:
    """Read the rows of a file (``form`` is csv or jsonl), also those that are no payments.

    ``content`` is a binary file, or its lines. Raises UnreadableFile where the file as a whole
    cannot be read, NotPossible where it has no row.
    """
    split = _csv_rows if form == "csv" else _json_rows
    row = None
    for raw in split(_decoded(content)):
        row = _read(raw, today)
        yield row
    if row is None:
        raise NotPossible("The file holds no payment: there is nothing to do.")


def _decoded(content: Iterable[bytes]) -> Iterator[str]:
    """The lines as text, each with its end."""
    for number, line in enumerate(content, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"line {number}: the file is not UTF-8 text.",
                'Save it as "CSV UTF-8" and run it again',
            ) from error


def _csv_rows(text: Iterable[str]) -> Iterator[_Raw]:
    """Rows by the names in the header; a row begins on the line after the one before it."""
    header: list[str] = []
    above: list[Cells] = []
    for line, cells in _numbered(csv.reader(_lines(text), strict=True)):
        if isinstance(cells, str):
            yield _Raw(line, {}, cells)
        elif header:
            yield _csv_row(line, cells, header)
        elif set(NEEDED) <= set(_names(cells)) or len(above) == HEADER_WITHIN:
            header = _header(line, cells)
            yield from (_Raw(line, {}, note=_NO_PAYMENT) for line, _ in above)
        else:
            above.append((line, cells))
    if above and not header:
        _header(*above[0])


def _lines(text: Iterable[str]) -> Iterator[str]:
    """Lines that may end with a carriage return alone, as those of old spreadsheets do."""
    for line in text:
        yield from io.StringIO(line, newline="") if "\r" in line.removesuffix("\r\n") else (line,)


def _numbered(reader: Any) -> Iterator[tuple[int, list[str] | str]]:
    """The rows that are not blank, each with its first line; an unreadable one is a sentence."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows a quotation mark that is not closed cannot be told apart.
            yield line, f"it is not CSV: {error}"
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _names(cells: Sequence[str]) -> list[str]:
    return ["_".join(cell.casefold().replace("-", " ").split()) for cell in cells]


def _header(line: int, cells: Sequence[str]) -> list[str]:
    names = _names(cells)
    for mark, called in _OTHER_MARKS.items():
        if len(cells) == 1 and mark in cells[0]:
            raise UnreadableFile(
                f"line {line}: a comma-separated file was expected; this one uses {called}.",
                "Save it as CSV with commas and run it again",
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = [
        *filter(None, map(_unknown, names)),
        *(f"{name} stands there twice." for name in twice),
        *(f"there is no column {name}." for name in NEEDED if name not in names),
    ]
    if faults:
        raise UnreadableFile(
            "\n".join(f"line {line}: {fault}" for fault in faults),
            f"Columns: {', '.join(FIELDS)}",
        )
    return names


_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def _csv_row(line: int, cells: list[str], header: list[str]) -> _Raw:
    if _names(cells) == header:
        return _Raw(line, {}, note="it repeats the header")
    if len(cells) != len(header):
        filled = [cell for cell in cells if cell.strip()]
        # One cell that holds other marks is a row, cut in another way than the header.
        alone = len(filled) == 1 and not any(mark in filled[0] for mark in _OTHER_MARKS)
        if alone or _is_total(filled[0]):
            return _Raw(line, {}, note=_NO_PAYMENT)
        return _Raw(line, {}, f"it has {len(cells)} cells where the header has {len(header)}")
    return _told(_Raw(line, dict(zip(header, map(from_spreadsheet, cells), strict=True))))


def _json_rows(text: Iterable[str]) -> Iterator[_Raw]:
    for line, written in enumerate(text, 1):
        if written.strip():
            yield _json_row(line, written)


def _json_row(line: int, written: str) -> _Raw:
    try:
        values = _load(written)
    except ValueError as error:
        return _Raw(line, {}, f"it is not JSON: {error}")
    except RecursionError:
        return _Raw(line, {}, "it is not a payment but nested without end")
    if not isinstance(values, dict):
        return _Raw(line, {}, "it is not an object: write {…} with the keys of a payment")
    raw = _told(_Raw(line, values))
    unknown = [told for told in map(_unknown, values) if told]
    if not unknown or (raw.note and not _label(values.get("external_id"))):
        return raw
    return replace(raw, fault=" ".join(unknown), note="")


def _load(written: str) -> Any:
    return json.loads(
        written, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once
    )


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands there twice")
    return values


def _unknown(name: str) -> str:
    if name in FIELDS:
        return ""
    near = difflib.get_close_matches(name, FIELDS, n=1)
    return f'there is no column "{name}"' + (f"; did you mean {near[0]}?" if near else ".")


def _told(raw: _Raw) -> _Raw:
    """The row, told apart from a payment where it is a total, a title or blank.

    A payment has at least one of FEATURES. A row that is labeled as a total is none whatever
    it has: a count of payments may stand among invoices, the day of the report among days.
    """
    features = any(_label(raw.values.get(name)) for name in FEATURES)
    name = _label(raw.values.get("external_id"))
    labels = [name] if name else filter(None, map(_label, raw.values.values()))
    if not features or _is_total(next(iter(labels), ""), loosely=bool(name)):
        return replace(raw, note=_NO_PAYMENT)
    return raw


def _label(value: Any) -> str:
    return "" if value is None or value in ([], {}) else str(value).strip()


def _is_total(label: str, *, loosely: bool = False) -> bool:
    """Whether a text reads like "Grand total:"; ``loosely`` also "Total of 12 payments".

    An id of a payment has no such word in it, but the name of a customer may.
    """
    words = [word.strip(".,:;()*=-") for word in label.casefold().split()]
    totals = [word for word in words if word in _TOTALS]
    return bool(totals) and (loosely or all(word in _TOTALS | _WITH_TOTALS for word in words))


_NO_PAYMENT = "it has nothing of a payment but a total or a title, and was not taken in"
_IN_MANY_LANGUAGES = """
    total totals totaal totale totales totali totais totalt subtotal subtotals sub-total
    subtotaal subtotale subtotales sum sums summe suma summa sumas somme somma soma gesamt
    gesamtsumme gesamtbetrag zwischensumme insgesamt endsumme razem łącznie celkem összesen
    yhteensä kokku kopā viso ukupno skupaj toplam jumlah tổng итого всего сумма разом усього
    общо σύνολο المجموع الإجمالي סה״כ รวม 合计 总计 小计 總計 合計 総計 小計 합계 총계 소계
"""
_TOTALS = frozenset(_IN_MANY_LANGUAGES.split())
_WITH_TOTALS = frozenset(
    {"", "grand", "gran", "sub", "net", "overall", "general", "général", "report"}
)


def _read(raw: _Raw, today: date) -> FileRow:
    """Read every value, so that one run tells all that is wrong with a row."""
    name = _label(raw.values.get("external_id"))
    if raw.fault or raw.note:
        faults = (raw.fault,) if raw.fault else ()
        return FileRow(raw.line, None, faults, note=raw.note, external_id=name)
    values, unread = _values(raw)
    payment = _payment(values, unread, today)
    told = [f"{column}: {fault}" for column, fault in unread.items()]
    told += _against_the_rules(payment, unread)
    return FileRow(
        raw.line,
        None if told else payment,
        tuple(told),
        undated=values["date"] is None,
        external_id=name,
    )


def _values(raw: _Raw) -> tuple[dict[str, Any], dict[str, str]]:
    """The values by column, and what is wrong with those that cannot be read."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, (read, missing) in FIELDS.items():
        written = raw.values.get(name)
        try:
            values[name] = missing if written in (None, "") else read(written)
        except Unreadable as fault:
            faults[name] = str(fault)
            values[name] = missing
    for name in NEEDED:
        if values[name] in (None, "") and name not in faults:
            faults[name] = "it is missing"
    return values, faults


def _payment(values: Mapping[str, Any], faults: dict[str, str], today: date) -> NewPayment:
    """Make the payment; where a value could not be read, one that breaks no further rule."""
    amount = values["amount"]
    if amount is None:
        amount = max(sum((share for _, share in values["applied"]), Decimal()), values["refunded"])
    uses = uses_of(amount, "", values["applied"], values["credit_notes"])
    if not faults.keys() & {"amount", "applied"}:
        try:
            uses = uses_of(amount, values["invoice"], values["applied"], values["credit_notes"])
        except Unreadable as fault:
            faults["invoice"] = str(fault)
    texts = ("customer", "currency", "method", "reference", "gateway", "memo")
    return NewPayment(
        external_id=values["external_id"],
        date=values["date"] or today,
        amount=amount,
        uses=uses,
        **{name: values[name] for name in texts},
        charged=not values["offline"],
        charge_state=values["charge_state"] or ChargeState.SUCCEEDED,
        from_quickbooks=values["from_quickbooks"],
        refunded=values["refunded"],
        disputed=values["disputed"],
    )


def _against_the_rules(payment: NewPayment, unread: Mapping[str, str]) -> list[str]:
    told = {*unread, *(_CUSTOMER_OR if unread.keys() & _CUSTOMER_OR else ())}
    named = [in_columns(fault) for fault in checking.faults(payment)]
    return [str(fault) for fault in named if fault.field not in told]


_CUSTOMER_OR = frozenset({"customer", "invoice", "applied", "credit_notes"})
"""What pays nothing of an unreadable column is not said to lack a customer."""


def in_columns(fault: Fault) -> Fault:
    """Name a fault's field as the columns and options do."""
    return replace(fault, field=_COLUMN_OF.get(fault.field, fault.field))


_COLUMN_OF = {"uses": "applied", "charged": "offline"}


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(f"{_shown(value)} is not text; write it in quotation marks")
    text = str(value).strip()
    if _UNSTORABLE.search(text):
        raise Unreadable(f"{text[:LONGEST]!a} holds NUL or half a character; take it out")
    return text


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _money(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(f"{_shown(value)} is not an amount; write it as 1234.50")
    if isinstance(value, Decimal) and not -LONGEST < value.adjusted() < LONGEST:
        raise Unreadable(f"{value} is not an amount; write it as 1234.50")  # 1e999999999
    return read_amount(f"{value:f}" if isinstance(value, Decimal) else str(value))


def _day(value: Any) -> date:
    return read_day(_text(value))


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else read_flag(_text(value))


def _charge_state(value: Any) -> ChargeState:
    try:
        return ChargeState(_text(value).casefold())
    except ValueError:
        words = ", ".join(ChargeState)
        raise Unreadable(
            f'"{_text(value)}" is no state of a charge; it is one of {words}'
        ) from None


def _shares(value: Any) -> Shares:
    """Read ``A=1.00;B=2.00``, ``{"A": "1.00"}`` or ``[{"invoice": "A", "amount": "1.00"}]``."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = _load(value)
        except (ValueError, RecursionError):
            raise Unreadable(f"{_shown(value)} is not JSON") from None
    if isinstance(value, str):
        return tuple(read_share(share) for share in _text(value).split(";") if share.strip())
    if isinstance(value, dict):
        return tuple((_text(document), _money(share)) for document, share in value.items())
    if isinstance(value, list):
        return tuple(map(_listed_share, value))
    raise Unreadable(f"{_shown(value)} says no shares; write them as A=1.00;B=2.00")


def _listed_share(one: Any) -> tuple[str, Decimal]:
    if not isinstance(one, dict) or len(one) != 2 or "amount" not in one:
        raise Unreadable(f'{_shown(one)} is not a share; write it as {{"invoice": …, "amount": …}}')
    [name] = set(one) - {"amount"}
    if name not in {"invoice", "credit_note", "document"}:
        raise Unreadable(f'"{name}" is no key of a share; write invoice and amount')
    return _text(one[name]), _money(one["amount"])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


FIELDS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "external_id": (_text, ""),
    "invoice": (_text, ""),
    "amount": (_money, None),
    "applied": (_shares, ()),
    "customer": (_text, ""),
    "currency": (_text, ""),
    "method": (_text, ""),
    "reference": (_text, ""),
    "gateway": (_text, ""),
    "date": (_day, None),
    "offline": (_flag, False),
    "charge_state": (_charge_state, None),
    "refunded": (_money, Decimal("0.00")),
    "disputed": (_flag, False),
    "from_quickbooks": (_flag, False),
    "memo": (_text, ""),
    "credit_notes": (_shares, ()),
}
"""The columns: how each is read, and what stands for one that is empty or missing."""

NEEDED = ("external_id", "amount")

FEATURES = (
    *("date", "invoice", "applied", "credit_notes", "customer", "method", "reference"),
    *("gateway", "charge_state"),
)
"""What only payments have: a row without any of them is a total or a title."""

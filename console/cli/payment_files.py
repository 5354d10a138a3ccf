"""Files of payments, CSV or JSON lines: every row read, every fault with its line."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from console.cli.errors import NotThere, Refused
from console.cli.payment_terms import (
    Unreadable,
    read_amount,
    read_day,
    read_flag,
    read_share,
    uses_of,
)

if TYPE_CHECKING:
    from shared.rules.payments.checking import Fault
    from shared.rules.payments.values import ChargeState, NewPayment

LONGEST = 20
Shares = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a file: where it starts, and its payment or what is wrong with it.

    ``undated``: the row has no date and the payment carries the present day.
    """

    line: int
    payment: NewPayment | None
    faults: tuple[str, ...] = ()
    undated: bool = False


@dataclass(frozen=True, slots=True)
class _Raw:
    """A row before its values are read: text from CSV, any JSON value from JSON lines."""

    line: int
    values: Mapping[str, Any]
    fault: str = ""


def read_rows(content: bytes, form: str, today: date) -> list[FileRow]:
    """Read all rows of a file (``form`` is csv or jsonl), the bad ones too.

    Raises Refused where the file as a whole cannot be read, NotThere where it has no row.
    """
    split = _csv_rows if form == "csv" else _json_rows
    rows = [_read(raw, today) for raw in split(_decoded(content))]
    if not rows:
        raise NotThere("The file holds no payment: there is nothing to do.")
    return rows


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(
            f"line {line}: the file is not UTF-8 text.", 'Save it as "CSV UTF-8" and run it again'
        ) from error


def _csv_rows(text: str) -> Iterator[_Raw]:
    """Rows by the names in the header; a row begins on the line after the one before it."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbered = _numbered(reader)
    header: list[str] | None = None
    for line, cells in numbered:
        if isinstance(cells, str):
            yield _Raw(line, {}, cells)
        elif header is None:
            header = _header(cells)
        elif len(cells) != len(header):
            told = f"it has {len(cells)} cells where the header has {len(header)}"
            yield _Raw(line, {}, told)
        else:
            yield _Raw(line, dict(zip(header, map(_disarmed, cells), strict=True)))


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


def _header(cells: list[str]) -> list[str]:
    names = ["_".join(cell.casefold().replace("-", " ").split()) for cell in cells]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise Refused("line 1: the columns are not parted by commas.", "Save it with commas")
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = [
        *filter(None, map(_unknown, names)),
        *(f"{name} stands there twice" for name in twice),
    ]
    faults += [f"there is no column {name}" for name in NEEDED if name not in names]
    if faults:
        raise Refused(
            "\n".join(f"line 1: {fault}." for fault in faults), f"Columns: {', '.join(FIELDS)}"
        )
    return names


def _disarmed(cell: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from running a text as a formula."""
    return cell[1:] if cell.startswith(("'=", "'+", "'-", "'@")) else cell


def _json_rows(text: str) -> Iterator[_Raw]:
    for line, written in enumerate(text.split("\n"), 1):
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
    unknown = [told for told in map(_unknown, values) if told]
    return _Raw(line, values, "; ".join(unknown))


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
    return f'there is no column "{name}"' + (f"; did you mean {near[0]}?" if near else "")


def _read(raw: _Raw, today: date) -> FileRow:
    """Read every value, so that one run tells all that is wrong with a row."""
    if raw.fault:
        return FileRow(raw.line, None, (raw.fault,))
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
    payment = _payment(values, faults, today)
    told = [f"{name}: {fault}" for name, fault in faults.items()]
    told += _against_the_rules(payment, faults)
    undated = values["date"] is None
    return FileRow(raw.line, None if told else payment, tuple(told), undated)


def _payment(values: Mapping[str, Any], faults: dict[str, str], today: date) -> NewPayment:
    """Make the payment; where a value could not be read, one that breaks no further rule."""
    from shared.rules.payments.values import ChargeState, NewPayment

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
    from shared.rules.payments import checking

    named = [in_columns(fault) for fault in checking.faults(payment)]
    return [str(fault) for fault in named if fault.field not in unread]


def in_columns(fault: Fault) -> Fault:
    """Name a fault's field as the columns and options do."""
    return replace(fault, field=_COLUMN_OF.get(fault.field, fault.field))


_COLUMN_OF = {"uses": "applied", "charged": "offline"}


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(f"{_shown(value)} is not text; write it in quotation marks")
    return str(value).strip()


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
    from shared.rules.payments.values import ChargeState

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
        return tuple(read_share(share) for share in value.split(";") if share.strip())
    if isinstance(value, dict):
        return tuple((document.strip(), _money(share)) for document, share in value.items())
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

"""Sentences for status lines, Recent Syncs and problems, filled in from the catalog.

The Web Connector shows one line. A sentence says what happened, to what, and what to do; it
keeps to 200 characters by shortening what was filled in, never the remedy.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.hints.catalog import Hint, Kind, default_fields, hint
from shared.qbxml.statuses import meaning_of
from shared.structs import Value, replace

MAX_SENTENCE = 200
_LEAST_FIELD = 8
_LEAST_QUOTE = 24
_QUOTE = " QuickBooks said: "


class Told(Value):
    """What happened and what to do, filled in; for a Problem or a Record."""

    message: str
    remedy: str


def tell(code: str, **fields: object) -> Told:
    """Return message and remedy of ``code`` with its fields filled in, uncut.

    Fields that the entry does not name are ignored, missing or empty ones replaced by a
    neutral word. A code that is not listed gives ``said``, QuickBooks' own words, unchanged.
    """
    said = str(fields.get("said") or "").strip()
    known = _entry(code, said)
    if known is None or known.group == "range":
        return _own_words(code, said, known)
    values = _values(known, fields)
    message = known.short.format_map(values)
    return Told(message[:1].upper() + message[1:], known.next.format_map(values))


def say(code: str, **fields: object) -> str:
    """Return the status-line sentence of ``code``, at most 200 characters, on one line.

    Besides the entry's own fields: ``document`` is put in front ("Invoice 1042, Larkspur
    Tile: …"), ``said`` (QuickBooks' own words) is added where the entry quotes and room is
    left, ``reference`` is put at the end ("… (ref S42)").
    """
    known = _entry(code, str(fields.get("said") or ""))
    tail = f" (ref {_clean(fields['reference'])})" if fields.get("reference") else ""
    said = _clean(fields.get("said") or "")
    if known is None or known.group == "range":
        told = _own_words(code, said, known)
        return _cut(_clean(told.message), MAX_SENTENCE - len(tail)) + tail
    document = _clean(fields.get("document") or "")
    line = _fitted(known, document, _values(known, fields), MAX_SENTENCE - len(tail))
    if known.quote and said:
        line += _quoted(said, MAX_SENTENCE - len(tail) - len(line))
    return line + tail


def _entry(code: str, said: str) -> Hint | None:
    """Return the hint; QuickBooks' words may tell one cause of a status code from another."""
    known = hint(code)
    if known is None or known.kind is not Kind.STATUS or known.group == "range":
        return known
    meaning = meaning_of(int(known.code), said)
    return replace(known, short=meaning.meaning, next=meaning.remedy)


def _own_words(code: str, said: str, known: Hint | None) -> Told:
    if known:
        return Told(said or known.short, known.next)
    message = said or f"QuickBooks answered with code {_clean(code)}, which is not known."
    return Told(message, "Read what QuickBooks said; if it does not help, tell your operator.")


def _values(known: Hint, fields: Mapping[str, object]) -> dict[str, str]:
    values = {}
    for name in known.fields:
        value = _clean("" if (given := fields.get(name)) is None else given)  # 0.00 is told
        if f"{{{name}}}." in known.short + known.next:  # the sentence brings its own full stop
            value = value.rstrip(".")
        values[name] = value or default_fields()[name]
    return values


def _fitted(known: Hint, document: str, values: dict[str, str], room: int) -> str:
    """Return the filled sentence in ``room`` characters, long fields shortened alike."""
    variable = {"": document, **values} if document else values
    line = _filled(known, variable)
    for width in range(room, _LEAST_FIELD - 1, -1):
        if len(line) <= room:
            return line
        line = _filled(known, {name: _cut(value, width) for name, value in variable.items()})
    return _cut(line, room)


def _filled(known: Hint, variable: Mapping[str, str]) -> str:
    line = f"{known.short} {known.next}".format_map(variable)
    line = line[:1].upper() + line[1:]
    return f"{variable['']}: {line}" if "" in variable else line


def _quoted(said: str, room: int) -> str:
    # What matters stands behind this mark; before it QuickBooks repeats the request's name.
    said = said.rpartition("QuickBooks error message:")[2].strip() or said
    if room < len(_QUOTE) + min(len(said), _LEAST_QUOTE):
        return ""
    return _QUOTE + _cut(said, room - len(_QUOTE))


def _clean(value: object) -> str:
    """Return the value as text on one line, without control characters."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return " ".join(text.split())


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"

"""The catalog of hints: read once from the TOML files beside this one and the status table.

Codes are unique over all kinds and compared without case. HRESULTs may be written in any of
their spellings; ``canonical`` gives the one used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from shared.qbxml.status_table import (
    MESSAGE_SET_STATUSES,
    RANGES,
    STATUSES,
    Actor,
    Effect,
    StatusMeaning,
    StatusRange,
)
from shared.qbxml.statuses import range_of
from shared.structs import Value, convert, replace


class Kind(StrEnum):
    """Who speaks: the Web Connector, its link to QuickBooks, QuickBooks, we, or the product."""

    DESKBRIDGE = "deskbridge"
    PRODUCT = "product"
    WEBCONNECTOR = "webconnector"
    HRESULT = "hresult"
    STATUS = "status"


class Hint(Value, forbid_unknown_fields=True):
    """One entry: what happened, why, what to do in steps, and who does it.

    ``short`` and ``next`` make the status line; they may hold ``{field}`` names, and
    ``quote`` adds QuickBooks' own words to it. ``effect`` and ``transient`` are facts for the
    session machine: what became of a request that got this code as its answer (None where
    none can), and whether it may be repeated in a moment by itself. ``words`` help searching,
    ``see`` are related codes, ``also`` further codes that mean the same. ``acknowledge``: a person
    may say that it is meant to be so.
    """

    code: Annotated[str, "the code"]
    kind: Annotated[
        Kind, "who speaks: `deskbridge`, `product`, `webconnector`, `hresult`, `status`"
    ]
    group: str
    title: Annotated[str, "in a few words"]
    happened: Annotated[str, "what happened"]
    why: Annotated[str, "the likely cause"]
    remedy: Annotated[tuple[str, ...], "the steps, as a list of text"]
    actor: Annotated[Actor, "who takes them"]
    short: str
    next: str
    quote: bool = False
    effect: Effect | None = None
    transient: bool = False
    acknowledge: bool = False
    words: tuple[str, ...] = ()
    see: Annotated[tuple[str, ...], "codes of related hints"] = ()
    also: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that ``short`` and ``next`` hold."""
        return frozenset(re.findall(r"\{(\w+)\}", self.short + self.next))


_FILES = {
    Kind.DESKBRIDGE: "deskbridge.toml",
    Kind.PRODUCT: "product.toml",
    Kind.WEBCONNECTOR: "webconnector.toml",
    Kind.HRESULT: "hresults.toml",
}
_HRESULT = re.compile(r"(?:0x)?([0-9a-f]{8})", re.IGNORECASE)


def all_hints() -> tuple[Hint, ...]:
    """Return every hint: ours, the product's, the Web Connector's, HRESULTs, statuses."""
    return tuple(dict.fromkeys(_catalog().values()))


def hint(code: str) -> Hint | None:
    """Return the hint for ``code`` in any spelling, or None.

    A code without an entry of its own leads to the entry of its range (group "range"):
    status codes to theirs, other QBWC codes and HRESULTs to one entry each.
    """
    known = _catalog()
    return known.get(_key(code)) or known.get(_key(_range_of(canonical(code))))


def hresult(code: str) -> Hint | None:
    """Return the hint for an HRESULT in any of its spellings, or None when it is not listed."""
    found = hint(code)
    return found if found and found.kind is Kind.HRESULT and found.group != "range" else None


def canonical(code: str) -> str:
    """Return how the catalog writes ``code``: ``0x8004040A``, ``QBWC1039``, ``3175``.

    HRESULTs are taken with or without ``0x``, in either case, and as signed or unsigned
    decimal numbers: ``-2147220472`` is ``0x80040408``. Other text comes back trimmed.
    """
    text = code.strip()
    if re.fullmatch(r"-?\d{9,10}", text, re.ASCII):
        return f"0x{int(text) & 0xFFFFFFFF:08X}"
    if bits := _HRESULT.fullmatch(text):
        return f"0x{bits[1].upper()}"
    if re.fullmatch(r"qbwc\s*\d+", text, re.IGNORECASE | re.ASCII):
        return text.upper().replace(" ", "")
    return text


@cache
def default_fields() -> MappingProxyType[str, str]:
    """Return the words that stand in for fields of a sentence that are not known."""
    return MappingProxyType(_read("deskbridge.toml")["fields"])


def _range_of(code: str) -> str:
    if code.isdecimal():
        span = range_of(int(code))
        return _range_code(span) if span else ""
    if re.fullmatch(r"QBWC\d+", code):
        return "qbwc-other"
    return "hresult-other" if re.fullmatch(r"0x[0-9A-F]{8}", code) else ""


def _key(code: str) -> str:
    return canonical(code).lower()


@cache
def _catalog() -> dict[str, Hint]:
    entries = [entry for kind in _FILES for entry in _from_file(kind)]
    entries += [_from_status(row) for row in STATUSES.values()]
    entries += [_from_status(row) for row in MESSAGE_SET_STATUSES.values()]
    entries += [_from_range(span) for span in RANGES]
    return {_key(code): entry for entry in entries for code in (entry.code, *entry.also)}


def _from_file(kind: Kind) -> Iterator[Hint]:
    for entry in _read(_FILES[kind])["hint"]:
        given = {"group": "", "why": "", "short": entry["happened"], "next": entry["remedy"][0]}
        if kind is Kind.HRESULT:
            given |= {"quote": True, "effect": Effect.UNKNOWN.value}
        yield convert({**given, "kind": kind.value, **entry}, Hint)


def _from_status(row: StatusMeaning) -> Hint:
    group = "message set" if row.code in MESSAGE_SET_STATUSES else ""
    return Hint(
        code=str(row.code),
        kind=Kind.STATUS,
        group=group,
        title=row.title,
        happened=row.meaning,
        why=row.why,
        remedy=(row.remedy,),
        actor=row.actor,
        short=row.meaning,
        next=row.remedy,
        quote=True,
        effect=row.effect,
        transient=row.transient,
    )


def _from_range(span: StatusRange) -> Hint:
    why = "A code of this range that has no entry of its own."
    return replace(_from_status(span.meaning), code=_range_code(span), group="range", why=why)


def _range_code(span: StatusRange) -> str:
    return f"{span.first}-{span.last}"


def _read(name: str) -> dict[str, Any]:
    import tomllib  # 3 ms, for what is told by a hint

    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))

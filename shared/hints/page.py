"""The docs page that lists every hint, made from the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from shared.hints.catalog import Hint, Kind, all_hints, hint
from shared.qbxml.status_table import Actor, Effect

_HEAD = """\
# Hints: what happened, and what to do

<!-- Made by `python -m shared.hints > docs/hints.md`; edit shared/hints/*.toml instead. -->

Every code that the Web Connector, QuickBooks and Deskbridge show, in plain words. The same \
texts appear in the Web Connector's status line, in Recent Syncs and in \
`deskbridge hints CODE`. *Bookkeeper* is the person who works in QuickBooks and clicks Update \
Selected; *operator* is the person who runs Deskbridge; *developer* means that the cause is a bug \
in Deskbridge, and its maintainers should hear of it.
"""

_SECTIONS = {
    Kind.PRODUCT: ("Symptoms", ""),
    Kind.DESKBRIDGE: ("What Deskbridge says", ""),
    Kind.WEBCONNECTOR: (
        "Codes of the Web Connector",
        "They appear in its dialogs and in `QWCLog.txt`.",
    ),
    Kind.HRESULT: (
        "Codes of QuickBooks while opening it or asking it",
        "They come with `QBWC1013`, or in place of an answer. Upper and lower case, `0x` and"
        " the negative decimal form are all understood by `deskbridge hints`. Unless an entry"
        " says that QuickBooks did nothing, the outcome of such a request is unknown; Deskbridge"
        " looks up what was being written before it sends anything again.",
    ),
}
_GROUPS = {
    "login": "Logging in",
    "company": "The company file",
    "session": "The course of a sync",
    "records": "Single records",
    "left out": "Left out on purpose",
    "payment": "Payments",
    "setup": "Setting up",
    "platform": "The billing platform",
}
_STATUSES = {
    "": "Status codes of QuickBooks",
    "message set": "Codes of a whole set of requests",
    "range": "Other codes, by range",
}
_STATUS_INTRO = """\
## Status codes of QuickBooks

QuickBooks answers each request with a status code. 0 to 999 mean that the request was done. \
"Passes" marks what may succeed by itself in a moment; 3170, 3180, 3185 and 3210 pass when \
QuickBooks' own words speak of another user or a lock.
"""
_EFFECTS = {Effect.DONE: "done", Effect.NOT_DONE: "not done", Effect.UNKNOWN: "not known"}


def render_markdown() -> str:
    """Return the whole page, ending in a newline."""
    parts = [_HEAD]
    for kind, (title, intro) in _SECTIONS.items():
        parts.append(f"## {title}\n")
        if intro:
            parts.append(f"{intro}\n")
        parts += _entries(entry for entry in all_hints() if entry.kind is kind)
    parts += _status_tables()
    return "\n".join(parts)


def sections() -> Iterator[tuple[str, tuple[Hint, ...]]]:
    """Yield every hint under a heading, symptoms first: to be looked through by a person."""
    for kind in (*_SECTIONS, Kind.STATUS):
        of_kind = (entry for entry in all_hints() if entry.kind is kind)
        for title, entries in groupby(of_kind, key=_heading_above):
            yield title, tuple(entries)


def _heading_above(entry: Hint) -> str:
    if entry.kind is Kind.STATUS:
        return _STATUSES[entry.group]
    return _GROUPS.get(entry.group) or _SECTIONS[entry.kind][0]


def _entries(hints: Iterable[Hint]) -> Iterator[str]:
    for group, entries in groupby(hints, key=lambda entry: entry.group):
        if group in _GROUPS:
            yield f"### {_GROUPS[group]}\n"
        level = "####" if group in _GROUPS else "###"
        for entry in entries:
            yield f"{level} {_heading(entry)}\n"
            yield _body(entry)


def _body(entry: Hint) -> str:
    lines = [f"{entry.happened} {entry.why}".strip(), ""]
    steps = entry.remedy
    if len(steps) == 1:
        lines += [steps[0], ""]
    else:
        lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)] + [""]
    lines.append(_who(entry))
    return "\n".join(lines) + "\n"


def _who(entry: Hint) -> str:
    who = "Nobody needs to act" if entry.actor is Actor.NOBODY else f"Who acts: {entry.actor}"
    passes = " Passes by itself in many cases." if entry.transient else ""
    see = ", ".join(_link(code) for code in entry.see)
    return f"*{who}.*{passes}" + (f" See {see}." if see else "")


def _heading(entry: Hint) -> str:
    codes = [] if entry.group == "range" else [f"`{code}`" for code in (entry.code, *entry.also)]
    return " ".join([*codes, entry.title])


def _link(code: str) -> str:
    target = hint(code)
    assert target, f"no hint {code}"
    anchor = "status-codes-of-quickbooks"
    if target.kind is not Kind.STATUS:
        kept = re.sub(r"[^\w\- ]", "", _heading(target).lower())
        anchor = kept.replace(" ", "-")
    return f"[{target.code}](#{anchor})"


def _status_tables() -> Iterator[str]:
    statuses = [entry for entry in all_hints() if entry.kind is Kind.STATUS]
    yield _STATUS_INTRO
    yield _table(entry for entry in statuses if not entry.group)
    for group in ("message set", "range"):
        yield f"### {_STATUSES[group]}\n"
        yield _table(entry for entry in statuses if entry.group == group)


def _table(hints: Iterable[Hint]) -> str:
    rows = ["| Code | What happened | What to do | Who acts | Request | Passes |", "|" + "---|" * 6]
    for entry in hints:
        happened = f"**{entry.title}.** {entry.happened} {entry.why}".strip()
        effect = _EFFECTS[entry.effect] if entry.effect else ""
        passes = "yes" if entry.transient else ""
        cells = (entry.code, happened, entry.remedy[0], str(entry.actor), effect, passes)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"

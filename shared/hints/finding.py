"""Finding hints by what a person has before them: a code, a message, some words."""

from __future__ import annotations

import re

from shared.hints.catalog import Hint, all_hints, hint

_CODES = re.compile(r"\bQBWC ?\d+|\b0x[0-9a-f]{8}\b|(?<!\w)-\d{10}\b", re.IGNORECASE | re.ASCII)
_FILLER = re.compile(
    r"a|an|and|are|as|at|be|but|by|can|could|did|do|does|for|from|had|has|have|how|i|in|is|it|its"
    r"|my|not|of|on|or|our|so|that|the|then|there|this|to|was|we|were|what|when|which|why|will"
    r"|with|you|your|quickbooks|web|connector|error"
)


def find(text: str) -> list[Hint]:
    """Return what is shown to whoever types ``text``: the entry of a code, else all that fit."""
    exact = hint(text)
    return [exact] if exact else search(text)


def search(text: str) -> list[Hint]:
    """Return the hints that fit ``text``, best first: a code, a pasted message or words.

    Codes inside the text come first. A bare number finds both the status code and the Web
    Connector's code that ends so. Words must all occur; when no entry has them all, those
    with most of them are returned, unless that is less than half.
    """
    number = f"QBWC{text.strip()}" if re.fullmatch(r"\s*\d{4}\s*", text, re.ASCII) else ""
    coded = [hint(code) for code in (text, number, *_CODES.findall(text))]
    found = [entry for entry in coded if entry and not (number and entry.code == "qbwc-other")]
    found.sort(key=lambda entry: entry.group == "range")
    return list(dict.fromkeys([*found, *_by_words(text)]))


def _by_words(text: str) -> list[Hint]:
    found = re.findall(r"[a-z0-9][a-z0-9-]*", text.lower())
    words = {word for word in found if not _FILLER.fullmatch(word)} or set(found)
    if not words:
        return []
    scored = [(*_score(entry, words, " ".join(found)), entry) for entry in all_hints()]
    most = max(matched for matched, _, _ in scored)
    # One stray word of a long message says nothing.
    if most * 2 < len(words):
        return []
    best = [(weight, entry) for matched, weight, entry in scored if matched == most]
    return [entry for _, entry in sorted(best, key=lambda pair: -pair[0])]


def _score(entry: Hint, words: set[str], phrase: str) -> tuple[int, int]:
    """Return how many of the words occur, and a weight: the phrase, the head, then prose."""
    head = " ".join((entry.code, *entry.also, entry.title, *entry.words)).lower()
    prose = " ".join((entry.happened, entry.why, *entry.remedy, entry.short)).lower()
    in_head = {word for word in words if _begins(word, head)}
    in_prose = {word for word in words if _begins(word, prose)}
    whole = 10 * _begins(phrase, head) + 5 * _begins(phrase, prose)
    return len(in_head | in_prose), whole + 3 * len(in_head) + len(in_prose)


def _begins(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}", text) is not None

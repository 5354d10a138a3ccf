"""What happened, why, what to do and who does it: one catalog for every code we meet.

The Web Connector's status line, Recent Syncs, problems, ``deskbridge hints`` and
``docs/hints.md`` are all made from it.
"""

from shared.hints.catalog import Hint, Kind, all_hints, canonical, hint, hresult
from shared.hints.finding import find, search
from shared.hints.page import render_markdown, sections
from shared.hints.sentences import MAX_SENTENCE, Told, say, tell
from shared.qbxml.statuses import (
    Actor,
    Effect,
    Severity,
    StatusMeaning,
    is_success,
    is_transient,
    meaning_of,
)

__all__ = [
    "MAX_SENTENCE",
    "Actor",
    "Effect",
    "Hint",
    "Kind",
    "Severity",
    "StatusMeaning",
    "Told",
    "all_hints",
    "canonical",
    "find",
    "hint",
    "hresult",
    "is_success",
    "is_transient",
    "meaning_of",
    "render_markdown",
    "say",
    "search",
    "sections",
    "tell",
]

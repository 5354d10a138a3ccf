"""What happened, why, what to do and who does it: one catalog for every code we meet.

The Web Connector's status line, Recent Syncs, problems, ``deskbridge hints`` and
``docs/hints.md`` are all made from it.
"""

from shared.hints.catalog import Hint, Kind, all_hints, canonical, hint, hresult
from shared.hints.finding import find, search
from shared.hints.page import sections
from shared.hints.sentences import say, tell
from shared.qbxml.status_table import Actor

__all__ = [
    "Actor",
    "Hint",
    "Kind",
    "all_hints",
    "canonical",
    "find",
    "hint",
    "hresult",
    "say",
    "search",
    "sections",
    "tell",
]

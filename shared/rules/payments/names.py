"""When two texts that people typed mean the same."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=1024)  # lists are searched by name again and again
def folded(text: str) -> str:
    """The text for comparing: without case, outer blanks, doubled blanks and odd code points."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

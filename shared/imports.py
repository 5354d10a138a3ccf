"""Libraries that import others for what we do not use: they find none of these."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let what is imported meanwhile find no such module, unless somebody has loaded it before."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # as the import system says "none"
    try:
        yield
    finally:
        del sys.modules[name]

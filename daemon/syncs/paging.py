"""How many records to ask QuickBooks for in one page.

A page should take QuickBooks a few seconds and stay small enough to travel well: the Web
Connector gives a call up after about 100 seconds, and users feel a busy QuickBooks.
"""

from __future__ import annotations

SMALLEST_PAGE = 10
QUICK_SECONDS = 8.0
SLOW_SECONDS = 25.0
LARGE_BYTES = 4 * 1024 * 1024


def next_page_size(size: int, *, seconds: float, size_bytes: int, largest: int) -> int:
    """The MaxReturned of the next page, from what the last one cost.

    Halved when the page took longer than ``SLOW_SECONDS`` or weighed more than
    ``LARGE_BYTES``; doubled when it was quick and doubling stays within both bounds.
    """
    if seconds > SLOW_SECONDS or size_bytes > LARGE_BYTES:
        return max(SMALLEST_PAGE, size // 2)
    if seconds < QUICK_SECONDS and size_bytes * 2 <= LARGE_BYTES:
        return max(min(size * 2, largest), min(size, largest))
    return size

"""Keep the daemon small: give large blocks back, and leave start-up's garbage behind.

glibc raises its threshold for mapped blocks whenever a large one is freed; after one
password check (12 MiB) it would keep such blocks for good. A fixed threshold lets them go.
Source: mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_MMAP_THRESHOLD = -3
LARGE_BLOCK_BYTES = 1 << 20


def keep_small() -> None:
    """Call once, after everything is imported. Does what the C library can; else nothing."""
    gc.collect()
    # What was imported lives as long as the process: no collection need look at it again.
    gc.freeze()
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    for name, arguments in (
        ("mallopt", (M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)),
        ("malloc_trim", (0,)),
    ):
        function = getattr(library, name, None)  # other C libraries have neither
        if function is not None:
            function(*arguments)

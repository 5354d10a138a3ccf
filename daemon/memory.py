"""Keep the daemon small: give large blocks back, one heap for all threads, no garbage of start-up.

glibc raises its threshold for mapped blocks whenever a large one is freed; after one
password check (12 MiB) it would keep such blocks for good. A fixed threshold lets them go.
Each thread would get a heap of its own, whose gaps the others cannot use: a tenth of the daemon.
Source: mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
LARGE_BLOCK_BYTES = 1 << 20


def keep_small() -> None:
    """Call once, after everything is imported. Does what the C library can; else nothing."""
    gc.unfreeze()  # with what was imported, garbage may have been frozen, too
    gc.collect()
    # What was imported lives as long as the process: no collection need look at it again.
    gc.freeze()
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    for name, arguments in (
        ("mallopt", (M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)),
        ("mallopt", (M_ARENA_MAX, 1)),
        ("malloc_trim", (0,)),
    ):
        function = getattr(library, name, None)  # other C libraries have neither
        if function is not None:
            function(*arguments)

"""Which other programs of this machine have a file open, as far as this user may see."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")
_PARTS = ("daemon", "console")


def programs_that_hold(files: Iterable[Path]) -> list[str]:
    """Name them, such as ``deskbridge daemon (process 123)``; empty where there is no /proc.

    This process is left out, and so is what belongs to users that this one may not look at.
    """
    wanted = set()
    for file in files:
        with suppress(OSError):
            found = file.stat()
            wanted.add((found.st_dev, found.st_ino))
    numbers = sorted(int(one.name) for one in _processes() if one.name.isdigit())
    return [_name(number) for number in numbers if number != os.getpid() and _has(number, wanted)]


def lacks(number: int, file: Path) -> bool:
    """Whether process ``number`` is one of ours that works without having ``file`` open.

    So it has another one open, which had that name before. False also where nobody can tell: there
    is no such process, or this user may not look at it.
    """
    try:
        found = file.stat()
        next((_PROCESSES / str(number) / "fd").iterdir())
    except (OSError, StopIteration):
        return False
    is_ours = _name(number).startswith("deskbridge")
    return is_ours and not _has(number, {(found.st_dev, found.st_ino)})


def _processes() -> list[Path]:
    try:
        return list(_PROCESSES.iterdir())
    except OSError:
        return []


def _has(number: int, wanted: set[tuple[int, int]]) -> bool:
    with suppress(OSError):
        for opened in (_PROCESSES / str(number) / "fd").iterdir():
            with suppress(OSError):
                found = opened.stat()
                if (found.st_dev, found.st_ino) in wanted:
                    return True
    return False


def _name(number: int) -> str:
    """Only words that we know are shown of a command: others may hold a secret."""
    try:
        words = (_PROCESSES / str(number) / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        words = ""
    said = words.split("\0")
    ours = any(Path(word).name.startswith("deskbridge") for word in said)
    program = "deskbridge" if ours else Path(said[0]).name or "a program"
    part = next((word for word in said if ours and word in _PARTS), "")
    return f"{program} {part}".rstrip() + f" (process {number})"

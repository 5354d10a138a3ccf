"""Which other programs of this machine have a file open, as far as this user may see."""

from __future__ import annotations

import os
from collections.abc import Iterable, Set
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")
_LOCKS = Path("/proc/locks")
_PARTS = ("daemon", "console")
Identity = tuple[int, int]
"""Device and inode."""


def programs_that_hold(files: Iterable[Path]) -> list[str]:
    """Name them, such as ``deskbridge daemon (process 123)``; empty where there is no /proc.

    This process is left out, and so is what belongs to users that this one may not look at.
    """
    wanted = set[Identity]()
    for file in files:
        with suppress(OSError):
            wanted.add(_identity(file))
    lockers = _lockers(wanted)
    numbers = {int(one.name) for one in _processes() if one.name.isdigit()} - {os.getpid()}
    return [_name(one) for one in sorted(numbers) if one in lockers or _has(one, wanted)]


def lacks(number: int, file: Path) -> bool:
    """Whether process ``number`` is one of ours that works without having ``file`` open.

    So it has another one open, which had that name before. False also where nobody can tell: there
    is no such process, or this user may not look at it.
    """
    try:
        wanted = {_identity(file)}
    except OSError:
        return False
    return _has(number, wanted) is False and _name(number).startswith("deskbridge")


def _identity(file: Path) -> Identity:
    found = file.stat()
    return found.st_dev, found.st_ino


def _lockers(files: Set[Identity]) -> set[int]:
    """Who has a lock on one of them, as each program has that works with a store of SQLite.

    Everybody may see that, also of a daemon whose unit hides its open files (PrivateUsers).
    """
    named = {f"{os.major(device):02x}:{os.minor(device):02x}:{inode}" for device, inode in files}
    try:
        locks = [line.split() for line in _LOCKS.read_text("utf-8").splitlines()]
    except OSError:
        return set()
    return {int(one[-4]) for one in locks if one[-3] in named}


def _processes() -> list[Path]:
    try:
        return list(_PROCESSES.iterdir())
    except OSError:
        return []


def _has(number: int, wanted: Set[Identity]) -> bool | None:
    """Whether a process has one of them open; None where this user may not see that."""
    try:
        opened = list((_PROCESSES / str(number) / "fd").iterdir())
    except OSError:
        return None
    hidden = not opened
    for one in opened:
        try:
            if _identity(one) in wanted:
                return True
        except PermissionError:
            hidden = True
        except OSError:  # it was closed meanwhile
            continue
    return None if hidden else False


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

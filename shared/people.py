"""Who sits at the keyboard: the operating-system user of this process, and the user's groups."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterable, Mapping
from pathlib import Path

from shared.files import user_name
from shared.structs import Value

ROOT = 0


class Person(Value):
    """A user with the names of all groups.

    ``process`` is the user that the program runs as: another one where sudo was used.
    """

    name: str
    groups: frozenset[str]
    process: int

    def always_manages(self, store: Path | None) -> bool:
        """Whether nobody can take rights away: root, and the owner of the store's file.

        Who came to that owner by sudo has the rights of who called; where that was root, all.
        """
        if self.process == ROOT or self.name == user_name(ROOT):
            return True
        if store is None or self.name != user_name(self.process):
            return False
        try:
            return self.process == store.stat().st_uid
        except OSError:
            return False


def person_here(environ: Mapping[str, str]) -> Person:
    """The person that this process works for; sudo names who called it."""
    process, caller = os.geteuid(), environ.get("SUDO_UID", "")
    if process != ROOT and caller.isascii() and caller.isdecimal():
        user = int(caller)
        return Person(user_name(user), frozenset(_groups_of(user)), process)
    groups = {os.getegid(), *os.getgroups()}
    return Person(user_name(process), frozenset(_group_names(groups)), process)


def user_exists(name: str) -> bool:
    """Whether this machine knows a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def group_exists(name: str) -> bool:
    """Whether this machine knows a group of that name."""
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _groups_of(user: int) -> Iterable[str]:
    try:
        known = pwd.getpwuid(user)
    except KeyError:
        return []
    return _group_names(os.getgrouplist(known.pw_name, known.pw_gid))


def _group_names(ids: Iterable[int]) -> Iterable[str]:
    for number in ids:
        try:
            yield grp.getgrgid(number).gr_name
        except KeyError:
            continue

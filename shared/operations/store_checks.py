"""The check of the whole store that the daemon makes by itself: nobody decides each of them."""

from __future__ import annotations

from collections.abc import Callable

from shared.models import backups
from shared.models.store import Store
from shared.rules.store_checks import StoreCheck, is_due


def view(_store: Store) -> StoreCheck:
    """What the latest check found."""
    return backups.last_check()


def view_due(store: Store, *, doubted: bool) -> bool:
    """Whether the store should be checked now; ``doubted``: something met damage since."""
    return is_due(backups.last_check(), store.now(), doubted=doubted)


def check_scheduled(store: Store, ended: Callable[[], bool]) -> StoreCheck:
    """Read all of a SQLite store and note what was found.

    Raises StoreError where it cannot be read or noted, and Stopped once ``ended`` says so. Opens
    the units that it needs; takes seconds or minutes.
    """
    found = store.damage(ended)
    check = StoreCheck(store.now(), "; ".join(found[:1]))
    with store.transaction():
        backups.checked(check)
    return check

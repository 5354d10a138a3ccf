"""Whether anybody is at work: a sync that has not ended does not run while no daemon does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.structs import replace

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.rules.values import Sync


def nobody_works(store: Store) -> bool:
    """Whether every daemon that this store knows of has stopped, or gives no sign of life."""
    from shared.models import daemons  # the console paints before the store's library is imported

    now = store.now()
    known = daemons.known()
    return bool(known) and not any(one.runs(now) for one in known)


def as_they_stand(store: Store, found: Sequence[Sync]) -> list[Sync]:
    """The same syncs; those that have not ended are interrupted while nobody works."""
    if all(one.ended_at is not None for one in found) or not nobody_works(store):
        return list(found)
    return [replace(one, is_interrupted=one.ended_at is None) for one in found]


def as_it_stands(store: Store, sync: Sync) -> Sync:
    """As ``as_they_stand``, for one."""
    return as_they_stand(store, [sync])[0]

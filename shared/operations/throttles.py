"""Addresses from which too many wrong passwords or tokens came: unlocked before their time."""

from __future__ import annotations

from shared.addresses import peer_group
from shared.errors import NotPossible
from shared.models import throttles
from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, PlanForAll
from shared.rules.operators import Role
from shared.rules.throttling import Source


class UnlockAddressPlan(PlanForAll[Outcome], kw_only=True):
    """The end of what an address, or an IPv6 network, has locked."""

    role = Role.MANAGE
    address: str

    def again(self, store: Store) -> UnlockAddressPlan:
        """Plan it again; raises NotPossible once the lock ended by itself."""
        return plan_unlock(store, self.address)

    def apply(self, by: Operator) -> Outcome:
        count = throttles.unlock(self.address)
        by.note("address.unlock", "", self.address)
        return Outcome(f"{self.address} is unlocked: passwords and tokens are tried again.", count)


def plan_unlock(store: Store, address: str) -> UnlockAddressPlan:
    """Plan to unlock an address; raises NotPossible where it is not locked."""
    name = peer_group(address.strip())
    locks = throttles.locked(store.now())
    locked = [lock.name for lock in locks if lock.source is not Source.USER_NAME]
    if name not in locked:
        raise NotPossible(
            f"{name} is not locked: there is nothing to unlock.",
            f"Locked now: {', '.join(dict.fromkeys(locked)) or 'no address'}.",
        )
    return UnlockAddressPlan(title=f"Unlock {name}?", verb="Unlock", address=name)

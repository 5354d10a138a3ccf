"""What Health shows: the checks of ``deskbridge doctor``, those over the network apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared import health
from shared.errors import StoreError
from shared.health import Check, Machine, Network
from shared.health.address import of_address
from shared.models.store import Store
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Health:
    """The checks in the order in which they were made."""

    checks: tuple[Check, ...]


def read(store: Store, settings: Settings, machine: Machine) -> Health:
    """Check everything but the network."""
    return Health(tuple(health.examine(settings, store, machine, None)))


def without_store(error: StoreError, settings: Settings, machine: Machine) -> Health:
    """Check what can be checked while the store cannot be used."""
    return Health(tuple(health.examine(settings, error, machine, None)))


def over_network(
    settings: Settings, network: Callable[[], Network], machine: Machine
) -> tuple[Check, ...]:
    """Call the public address as the Web Connector would; takes seconds.

    Empty where the address itself cannot be used: ``read`` tells of that.
    """
    checks = of_address(settings, network(), machine.now())
    return tuple(check for check in checks if check.name != "address")

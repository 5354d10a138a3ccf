"""Is all well: the checks of ``deskbridge doctor``, those over the network apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from shared import health
from shared.errors import StoreError
from shared.health import Check, Machine, Network
from shared.health.address import of_address
from shared.models import store as stores
from shared.models.store import Store
from shared.people import Person
from shared.settings import SettingRow, Settings, SettingsRefused


@dataclass(frozen=True)
class Diagnosis:
    """Every check, and the settings; none where they were refused."""

    checks: Annotated[Sequence[Check], "the checks"]
    settings: Annotated[Sequence[SettingRow], "all settings; empty when they cannot be read"]

    @property
    def is_well(self) -> Annotated[bool, "whether nothing failed, as the exit code says"]:
        """Whether nothing failed; what is only a warning may stay."""
        return not any(check.state == "fail" for check in self.checks)

    @property
    def is_spotless(self) -> bool:
        """Whether there is not even a warning."""
        return all(check.state == "ok" for check in self.checks)


def view(store: Store, settings: Settings, machine: Machine) -> tuple[Check, ...]:
    """Every check but those over the network, in the order in which they were made."""
    return tuple(health.examine(settings, store, machine, None))


def without_store(error: StoreError, settings: Settings, machine: Machine) -> tuple[Check, ...]:
    """What can be checked while the store cannot be used."""
    return tuple(health.examine(settings, error, machine, None))


def over_network(
    settings: Settings, network: Callable[[], Network], machine: Machine
) -> tuple[Check, ...]:
    """Call the public address as the Web Connector would; takes seconds.

    Empty where the address itself cannot be used: ``view`` tells of that.
    """
    checks = of_address(settings, network(), machine.now())
    return tuple(check for check in checks if check.name != "address")


def diagnose(
    read_settings: Callable[[], Settings],
    machine: Machine,
    network: Network | None,
    person: Person | None = None,
) -> Diagnosis:
    """Make all checks that can be made, whatever is missing; no store is made for them.

    ``person`` is whose rights count.
    """
    try:
        settings = read_settings()
    except SettingsRefused as refused:
        return Diagnosis(health.of_refused_settings(refused), ())
    checks = _examined(settings, machine, network, person)
    return Diagnosis(checks, settings.shown())


def _examined(
    settings: Settings, machine: Machine, network: Network | None, person: Person | None
) -> list[Check]:
    store = _opened(settings, person)
    if isinstance(store, StoreError):
        return list(health.examine(settings, store, machine, network))
    with store:
        return list(health.examine(settings, store, machine, network))


def _opened(settings: Settings, person: Person | None) -> Store | StoreError:
    """The store, or why it cannot be opened; a missing one is not made."""
    try:
        return stores.open_store(settings.database, create=False, person=person)
    except StoreError as error:
        return error
    except OSError as error:
        remedy = "Run as the service's user: sudo -u deskbridge deskbridge doctor"
        return StoreError(f"The store {error.filename}: {error.strerror}.", remedy)

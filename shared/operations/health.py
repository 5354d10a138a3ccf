"""Is all well: the checks of ``deskbridge doctor``, those over the network apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

from shared.about import VERSION
from shared.errors import StoreError
from shared.health.address import of_address
from shared.health.alerts import of_alerts
from shared.health.checks import Check
from shared.health.companies import of_companies
from shared.health.configuration import of_refused_settings, of_settings
from shared.health.daemons import of_daemons, of_open_file
from shared.health.files import of_files
from shared.health.internet import Network
from shared.health.machine import Machine
from shared.health.platforms import of_platforms
from shared.health.queues import of_queues
from shared.health.snapshot import read
from shared.health.store_checks import of_store, of_unusable_store
from shared.models import store as stores
from shared.models.store import Store
from shared.people import Person
from shared.settings import SettingRow, Settings, SettingsRefused
from shared.structs import Value


class Diagnosis(Value):
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


def examine(
    settings: Settings, store: Store | StoreError, machine: Machine, network: Network | None
) -> Iterator[Check]:
    """Yield every check as it is done; those over the network, which take seconds, come last.

    ``store`` is the open store, or why it could not be opened. Without ``network`` the public
    address is looked at, but not called.
    """
    yield from of_settings(settings)
    yield from _of_store(settings, store, machine)
    yield from of_files(settings, machine)
    yield from of_address(settings, network, machine.now())
    if isinstance(store, Store):
        try:
            yield from of_platforms(store, settings.database, network, os.environ)
        except StoreError as error:
            yield of_unusable_store(error)


def _of_store(settings: Settings, store: Store | StoreError, machine: Machine) -> Iterator[Check]:
    if isinstance(store, StoreError):
        yield of_unusable_store(store)
        return
    try:
        snapshot = read(store)
    except StoreError as error:
        yield of_unusable_store(error)
        return
    yield from of_store(snapshot, machine.now())
    yield from of_daemons(snapshot, settings, VERSION)
    if store.path is not None:
        yield from of_open_file(snapshot, store.path, machine)
    yield from of_queues(snapshot)
    yield from of_alerts(snapshot, settings)
    yield from of_companies(snapshot)


def view(store: Store | StoreError, settings: Settings, machine: Machine) -> tuple[Check, ...]:
    """Every check but those over the network, in order; ``store`` as ``examine`` has it."""
    return tuple(examine(settings, store, machine, None))


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
        return Diagnosis(of_refused_settings(refused), ())
    checks = _examined(settings, machine, network, person)
    return Diagnosis(checks, settings.shown())


def _examined(
    settings: Settings, machine: Machine, network: Network | None, person: Person | None
) -> list[Check]:
    store = _opened(settings, person)
    if isinstance(store, StoreError):
        return list(examine(settings, store, machine, network))
    with store:
        return list(examine(settings, store, machine, network))


def _opened(settings: Settings, person: Person | None) -> Store | StoreError:
    """The store, or why it cannot be opened; a missing one is not made."""
    try:
        return stores.open_store(settings.database, create=False, person=person)
    except StoreError as error:
        return error
    except OSError as error:
        remedy = "Run as the service's user: sudo -u deskbridge deskbridge doctor"
        return StoreError(f"The store {error.filename}: {error.strerror}.", remedy)

"""Is all well? What ``deskbridge doctor`` and the console's Health screen show.

Each finding is a ``Check``: what was looked at, how it ended, what to do. Nothing here prints,
and nothing changes anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from shared.about import VERSION
from shared.errors import StoreError
from shared.health.address import of_address
from shared.health.alerts import of_alerts
from shared.health.checks import Check, State
from shared.health.companies import of_companies
from shared.health.configuration import of_refused_settings, of_settings
from shared.health.daemons import of_daemons, of_open_file
from shared.health.files import of_files
from shared.health.internet import Internet, Network, Page
from shared.health.invoiced_books import PAGE_BYTES, invoices_there
from shared.health.machine import Machine, ThisMachine
from shared.health.platforms import KeyNotGood, ask_company, key_of, of_platforms
from shared.health.queues import is_late, of_queues
from shared.health.snapshot import read
from shared.health.store_checks import of_store, of_unusable_store
from shared.models.store import Store
from shared.settings import Settings

__all__ = [
    "PAGE_BYTES",
    "Check",
    "Internet",
    "KeyNotGood",
    "Machine",
    "Network",
    "Page",
    "State",
    "ThisMachine",
    "ask_company",
    "examine",
    "invoices_there",
    "is_late",
    "key_of",
    "of_refused_settings",
]


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
        yield from _of_platforms(store, settings, network)


def _of_platforms(store: Store, settings: Settings, network: Network | None) -> Iterator[Check]:
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

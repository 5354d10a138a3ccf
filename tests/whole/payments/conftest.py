from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from simulator.company import Company, acts
from tests.whole.bookkeeping import changed
from tests.whole.payments.builders import backed_up, till
from tests.whole.rig import Rig, intuits_schema

OpenTill = Callable[..., Rig]


@pytest.fixture(scope="session")
def ready_till(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store and a company to be copied: three open invoices of Larkspur, imported."""
    folder = tmp_path_factory.mktemp("till")
    company = Company.create(seed=1, customers=0, invoices=0)
    acts.add_customer(company.books, "Larkspur Tile")
    acts.add_customer(company.books, "Lobby", parent="Larkspur Tile")
    rig = Rig(f"sqlite:///{folder}/store.sqlite3", company)
    rig.add_connection()
    till(rig)
    rig.close()
    return folder / "store.sqlite3", company.backup()


@pytest.fixture
def open_till(tmp_path: Path, ready_till: tuple[Path, str]) -> Iterator[OpenTill]:
    """Make rigs with three open invoices of Larkspur; all that they send must be valid.

    ``like`` another rig: its store and its books, as they are. Options are the connection's.
    """
    made: list[Rig] = []

    def open_one(
        like: Rig | None = None, settings: dict[str, str] | None = None, **options: Any
    ) -> Rig:
        store, company = ready_till
        if like is not None:
            store, company = Path(like.store_url.removeprefix("sqlite:///")), like.company.backup()
        rig = _copied(store, company, tmp_path / f"store-{len(made)}.sqlite3", settings)
        made.append(rig)
        if options:
            changed(rig, **options)
        return rig

    yield open_one
    for rig in made:
        rig.close()
        all_valid(rig)


@pytest.fixture(scope="module")
def first_till(
    ready_till: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    """A rig for what the tests of a file begin with, done once: they go on with rigs like it."""
    rig = _copied(*ready_till, tmp_path_factory.mktemp("first") / "store.sqlite3")
    yield rig
    rig.close()
    all_valid(rig)


def _copied(store: Path, company: str, to: Path, settings: dict[str, str] | None = None) -> Rig:
    books = Company.create(seed=1, customers=0, invoices=0)
    books.restore(company)
    return Rig(backed_up(store, to), books, settings or {})


@cache
def _schema() -> etree.XMLSchema | None:
    return intuits_schema()


def all_valid(rig: Rig) -> None:
    """Every request that left is valid against Intuit's schema, where that is at hand."""
    schema = _schema()
    for request in rig.requests if schema is not None else ():
        assert schema is not None
        schema.assertValid(etree.fromstring(request.encode()))


@pytest.fixture
def rig(open_till: OpenTill) -> Rig:
    """A rig with three open invoices of Larkspur: 1042 250.00, 1043 100.00, 1044 80.00."""
    return open_till()

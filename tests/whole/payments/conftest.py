from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from simulator.company import Company, acts
from tests.whole.bookkeeping import changed
from tests.whole.house import House, intuits_schema
from tests.whole.payments.builders import backed_up, till

OpenTill = Callable[..., House]


@pytest.fixture(scope="session")
def ready_till(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store and a company to be copied: three open invoices of Larkspur, imported."""
    folder = tmp_path_factory.mktemp("till")
    company = Company.create(seed=1, customers=0, invoices=0)
    acts.add_customer(company.books, "Larkspur Tile")
    acts.add_customer(company.books, "Lobby", parent="Larkspur Tile")
    house = House(f"sqlite:///{folder}/store.sqlite3", company)
    house.add_connection()
    till(house)
    house.close()
    return folder / "store.sqlite3", company.backup()


@pytest.fixture
def open_till(tmp_path: Path, ready_till: tuple[Path, str]) -> Iterator[OpenTill]:
    """Make houses with three open invoices of Larkspur; all that they send must be valid.

    ``like`` another house: its store and its books, as they are. Options are the connection's.
    """
    made: list[House] = []

    def open_one(
        like: House | None = None, settings: dict[str, str] | None = None, **options: Any
    ) -> House:
        store, company = ready_till
        if like is not None:
            store, company = Path(like.store_url.removeprefix("sqlite:///")), like.company.backup()
        copy = backed_up(store, tmp_path / f"store-{len(made)}.sqlite3")
        books = Company.create(seed=1, customers=0, invoices=0)
        books.restore(company)
        house = House(copy, books, settings or {})
        made.append(house)
        if options:
            changed(house, **options)
        return house

    yield open_one
    for house in made:
        house.close()
        all_valid(house)


@cache
def _schema() -> etree.XMLSchema | None:
    return intuits_schema()


def all_valid(house: House) -> None:
    """Every request that left is valid against Intuit's schema, where that is at hand."""
    schema = _schema()
    for request in house.requests if schema is not None else ():
        assert schema is not None
        schema.assertValid(etree.fromstring(request.encode()))


@pytest.fixture
def house(open_till: OpenTill) -> House:
    """A house with three open invoices of Larkspur: 1042 250.00, 1043 100.00, 1044 80.00."""
    return open_till()

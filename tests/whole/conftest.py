from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import globalLogPublisher, textFileLogObserver

from simulator.company import Company, acts
from tests.whole.house import House


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Make houses that are closed after the test."""
    made: list[House] = []

    def open_one(company: Company | None = None, **options: Any) -> House:
        url = options.pop("store_url", f"sqlite:///{tmp_path}/store-{len(made)}.sqlite3")
        settings = options.pop("settings", {})
        house = House(url, company or small_company(), settings, **options)
        made.append(house)
        return house

    yield open_one
    for house in made:
        house.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """A house with one connection to a small company."""
    made = open_house()
    made.add_connection()
    return made


@pytest.fixture
def small_house(open_house: Callable[..., House]) -> House:
    """A house whose company fits into one small answer, such as anybody may send."""
    made = open_house(small_company(customers=4, invoices=6))
    made.add_connection()
    return made


def small_company(**options: Any) -> Company:
    return Company.create(**({"seed": 7, "customers": 30, "invoices": 90} | options))


@pytest.fixture
def logged_text() -> Iterator[Callable[[], str]]:
    """Everything logged so far, as an operator reads it."""
    stream = io.StringIO()
    observer = textFileLogObserver(stream)
    globalLogPublisher.addObserver(observer)
    yield stream.getvalue
    globalLogPublisher.removeObserver(observer)


@pytest.fixture
def books(open_house: Callable[..., House]) -> House:
    """A house on an empty company with one customer, Larkspur, and one job below it."""
    house = open_house(Company.create(seed=1, customers=0, invoices=0))
    acts.add_customer(house.company.books, "Larkspur Tile")
    acts.add_customer(house.company.books, "Lobby", parent="Larkspur Tile")
    house.add_connection()
    return house

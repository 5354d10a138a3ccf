from __future__ import annotations

import functools
import io
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import globalLogPublisher, textFileLogObserver

from simulator.company import Company, acts
from tests.whole.rig import Rig


@pytest.fixture
def open_rig(tmp_path: Path, new_store: Path) -> Iterator[Callable[..., Rig]]:
    """Make rigs that are closed after the test."""
    made: list[Rig] = []

    def open_one(company: Company | None = None, **options: Any) -> Rig:
        url = options.pop("store_url", "") or _copied(new_store, tmp_path, len(made))
        settings = options.pop("settings", {})
        rig = Rig(url, company or small_company(), settings, **options)
        made.append(rig)
        return rig

    yield open_one
    for rig in made:
        rig.close()


@pytest.fixture
def rig(open_rig: Callable[..., Rig]) -> Rig:
    """A rig with one connection to a small company."""
    made = open_rig()
    made.add_connection()
    return made


@pytest.fixture
def small_rig(open_rig: Callable[..., Rig]) -> Rig:
    """A rig whose company fits into one small answer, such as anybody may send."""
    made = open_rig(small_company(customers=4, invoices=6))
    made.add_connection()
    return made


def _copied(new_store: Path, folder: Path, number: int) -> str:
    return f"sqlite:///{shutil.copy(new_store, folder / f'store-{number}.sqlite3')}"


def small_company(**options: Any) -> Company:
    made = {"seed": 7, "customers": 30, "invoices": 90} | options
    company: Company = pickle.loads(_made_once(**made))
    return company


@functools.cache
def _made_once(**options: Any) -> bytes:
    return pickle.dumps(Company.create(**options))


@pytest.fixture
def logged_text() -> Iterator[Callable[[], str]]:
    """Everything logged so far, as an operator reads it."""
    stream = io.StringIO()
    observer = textFileLogObserver(stream)
    globalLogPublisher.addObserver(observer)
    yield stream.getvalue
    globalLogPublisher.removeObserver(observer)


@pytest.fixture
def books(open_rig: Callable[..., Rig]) -> Rig:
    """A rig on an empty company with one customer, Larkspur, and one job below it."""
    rig = open_rig(Company.create(seed=1, customers=0, invoices=0))
    acts.add_customer(rig.company.books, "Larkspur Tile")
    acts.add_customer(rig.company.books, "Lobby", parent="Larkspur Tile")
    rig.add_connection()
    return rig

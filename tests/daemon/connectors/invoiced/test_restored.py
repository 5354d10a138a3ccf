"""A store that is restored from an older backup, or copied: nothing counts twice, or too little."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shared.models.store import open_store
from shared.operations import stores
from shared.operations.deciding import Operator
from shared.rules.connectors import SendState
from shared.rules.values import RecordKind
from tests.daemon.connectors.invoiced.receiving import Received
from tests.daemon.connectors.invoiced.rig import LEASE_SECONDS
from tests.daemon.in_place import InPlace
from tests.models.builders import customer, invoice
from tests.models.payments.builders import applied, received

ALL = Decimal(250)
PAID_BEFORE = {"total": ALL, "subtotal": ALL, "applied": Decimal(-100)}


class Restored(Received):
    """A connection whose store may be as it was, or be another one."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'store.sqlite3'}"
        self.backup = folder / "backup.sqlite3"
        super().__init__(self.url)

    def backs_up(self) -> None:
        stores.back_up(Operator(self.store, "olga"), self.backup)

    def stops(self) -> None:
        while self.workers:
            self.workers.pop().stopService()
        self.store.close()

    def restores(self) -> None:
        self.stops()
        stores.restore(self.url, self.backup, "olga")
        self._opens(self.url)

    def is_copied(self, folder: Path) -> None:
        self.stops()
        url = f"sqlite:///{folder / 'copy.sqlite3'}"
        with open_store(self.url, clock=self.now) as old:
            stores.copy_to(Operator(old, "olga"), url, lambda *_: None)
        self._opens(url)

    def _opens(self, url: str) -> None:
        self.store = open_store(url, clock=self.now)
        self.threads = InPlace(self.store)
        self.books.store = self.store
        self.books.next_sync()
        self.runs("restored")
        self.goes_on(LEASE_SECONDS, by=5)


@pytest.fixture
def world(tmp_path: Path, new_store: Path) -> Iterator[Restored]:
    (tmp_path / "store.sqlite3").write_bytes(new_store.read_bytes())
    made = Restored(tmp_path)
    yield made
    made.close()


def begins(world: Restored) -> None:
    world.quickbooks_has(customers=[customer()])
    world.connects(platform="invoiced")
    world.runs()
    world.goes_on(20)
    world.backs_up()


def partly_paid(balance: str, sequence: int = 1):
    paid = ALL - Decimal(balance)
    amounts = {"total": ALL, "subtotal": ALL, "applied": -paid}
    told = {"edit_sequence": str(sequence), "time_modified": f"2024-06-02T09:00:0{sequence}"}
    return invoice("1A-100", balance, **amounts, **told)


# The second one goes first, by its TxnID.
BEFORE = received("7B-1", applied("1A-100", "100.00"), amount=Decimal(100), ref_number="CHK 1")
AFTER = received("7A-2", applied("1A-100", "50.00"), amount=Decimal(50), ref_number="CHK 2")


def test_records_that_went_there_after_the_backup_are_known_again(world):
    begins(world)
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.quickbooks_received(received("7B-9", applied("1A-101", "50.00"), amount=Decimal(50)))
    world.settles()
    made = world.pays("100")
    world.polls()
    world.restores()
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.quickbooks_received(received("7B-9", applied("1A-101", "50.00"), amount=Decimal(50)))
    world.settles()
    world.polls(6)
    assert (world.paid_there(), world.told()) == ({"100": 0, "101": 200}, [])
    assert len(world.there("payments")) == 2
    assert [one.document for one in world.on_file(made).applied] == ["1A-100"]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_had_been_paid_before_an_invoice_went_there_counts_once_after_a_restore(
    world, at_once
):
    begins(world)
    world.quickbooks_has(partly_paid("150.00"))
    world.settles()
    world.quickbooks_received(BEFORE)
    world.settles()
    world.quickbooks_received(AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    assert world.paid_there() == {"100": 100}
    world.restores()
    if at_once:
        world.quickbooks_received(BEFORE, AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    if not at_once:
        world.quickbooks_received(BEFORE, AFTER)
        world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 100}, [])


def test_so_it_does_where_the_backup_knows_the_invoice_and_not_its_payments(world):
    begins(world)
    world.quickbooks_has(partly_paid("150.00"))
    world.settles()
    world.backup.unlink()
    world.backs_up()
    world.quickbooks_received(BEFORE)
    world.settles()
    world.quickbooks_received(AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    world.restores()
    world.quickbooks_received(BEFORE, AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 100}, [])
    assert world.states()["payment/7B-1"] is SendState.NOT_NEEDED
    world.quickbooks_has(partly_paid("150.00", 3))
    world.quickbooks_deleted(payments=["7A-2"])
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 150}, [])


def test_a_payment_of_a_paid_invoice_is_neither_sent_again_nor_told_after_a_restore(world):
    begins(world)
    world.quickbooks_has(partly_paid("150.00"))
    world.settles()
    world.quickbooks_received(BEFORE)
    world.settles()
    rest = received("7B-2", applied("1A-100", "150.00"), amount=Decimal(150))
    world.quickbooks_received(rest)
    world.quickbooks_has(partly_paid("0.00", 2))
    world.settles()
    assert world.paid_there() == {"100": 0}
    world.restores()
    world.quickbooks_has(partly_paid("0.00", 2))
    world.quickbooks_received(BEFORE, rest)
    world.settles()
    world.goes_on(1800, by=10)
    assert (world.paid_there(), world.told()) == ({"100": 0}, [])
    assert [one["amount"] for one in world.there("payments")] == [0, 150]


def test_payments_on_an_invoice_that_is_found_again_are_known_before_quickbooks_shows_them(world):
    begins(world)
    world.quickbooks_has(partly_paid("150.00"))
    world.settles()
    world.quickbooks_received(BEFORE)
    world.settles()
    world.quickbooks_received(AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    (sent,) = (str(one["id"]) for one in world.there("payments") if one["amount"])
    world.restores()
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    known = world.mapped(RecordKind.PAYMENT, "7A-2")
    assert known is not None
    assert known.their_id == sent
    assert world.mapped(RecordKind.INVOICE, "1A-100").baseline == 100


def test_a_payment_that_is_deleted_after_a_restore_is_deleted_there(world):
    begins(world)
    world.quickbooks_has(partly_paid("150.00"))
    world.settles()
    world.quickbooks_received(BEFORE)
    world.settles()
    world.quickbooks_received(AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    world.restores()
    world.quickbooks_has(partly_paid("100.00", 2))
    world.quickbooks_received(BEFORE, AFTER)
    world.settles()
    world.quickbooks_has(partly_paid("150.00", 3))
    world.quickbooks_deleted(payments=["7A-2"])
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 150}, [])


def test_a_copied_store_goes_on_where_the_old_one_was(world, tmp_path):
    begins(world)
    world.quickbooks_has(partly_paid("150.00"), invoice("1A-101"))
    world.settles()
    made = world.pays("101")
    world.polls()
    written = len(world.writes())
    world.is_copied(tmp_path)
    world.polls(5)
    assert len(world.writes()) == written
    world.quickbooks_received(BEFORE, AFTER)
    world.quickbooks_has(partly_paid("100.00", 2))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 100, "101": 0}, [])
    assert world.on_file(made).amount == ALL

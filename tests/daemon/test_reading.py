"""An answer is stored in batches, the last of them together with the answer itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daemon.stages.reading import BATCH, Reading, Tally, read_answer
from shared.qbxml.responses import Ret
from tests.qbxml.builders import answer, invoice, invoices_answer


def read(document: str) -> tuple[Reading, list[int]]:
    """What a document comes to, and how many rows were stored on the way, batch by batch."""
    under_way: list[int] = []
    stored: list[int] = []

    def store_batch(rows: list[Ret]) -> Callable[[], Tally]:
        assert not under_way, "one at a time"
        under_way.append(len(rows))
        return wait

    def wait() -> Tally:
        stored.append(under_way.pop())
        return Tally(rows=stored[-1])

    return read_answer([document], "", lambda ret: (ret,), store_batch), stored  # type: ignore[arg-type,return-value]


def invoices(count: int) -> str:
    return invoices_answer(*(invoice(TxnID=f"1A-{number}") for number in range(count)))


@pytest.mark.parametrize(
    ("count", "batches", "left"),
    [(0, 0, 0), (1, 0, 1), (BATCH, 0, BATCH), (BATCH + 1, 1, 1), (4 * BATCH, 3, BATCH)],
)
def test_what_is_stored_on_the_way_and_what_is_left_for_the_answer(count, batches, left):
    reading, stored = read(invoices(count))
    assert stored == [BATCH] * batches
    assert len(reading.rows) == left
    assert reading.tally.rows + left == count


def test_of_an_answer_that_breaks_off_the_full_batches_stand():
    reading, stored = read(invoices(2 * BATCH + 5).partition("</InvoiceQueryRs>")[0])
    assert "stops in the middle" in reading.unreadable
    assert reading.rows == ()
    assert stored == [BATCH] * (reading.tally.rows // BATCH)


def test_an_answer_without_rows_stores_nothing_on_the_way():
    reading, stored = read(answer())
    assert (reading.heads, reading.rows, stored) == ((), (), [])

"""The rows of a file stand on disk: by line, by external id, and in the order of the file."""

from __future__ import annotations

import tracemalloc
from array import array
from collections.abc import Iterator
from datetime import date

import pytest

from shared.errors import NotPossible
from shared.models import temporary_rows
from shared.operations.payment_cells import FileRow
from shared.operations.payment_files import PaymentFile
from shared.operations.payment_staging import NewPayments, StagedRows
from tests.models.payments.builders import pays

DAY = date(2026, 1, 5)


def row(line: int, external_id: str = "", **changes) -> FileRow:
    return FileRow(line, pays(external_id or f"pay_{line}", **changes))


def test_rows_come_back_as_they_were_by_their_lines():
    rows = [row(2, amount="10.00"), row(3, memo="é 😀"), row(7)]
    staged = StagedRows(rows)
    assert (len(staged), staged.payments) == (3, 3)
    assert staged.of_lines([7, 2]) == [rows[0], rows[2]]


def test_all_rows_of_an_id_come_together_ids_in_the_order_of_the_file():
    staged = StagedRows([row(2, "b"), row(3, "a"), row(4, "b"), row(5, "c")])
    [chunk] = staged.by_id()
    assert [(key, [one.line for one in rows]) for key, rows in chunk.items()] == [
        ("b", [2, 4]),
        ("a", [3]),
        ("c", [5]),
    ]


def test_ids_come_some_hundred_at_a_time_each_once():
    chunks = list(StagedRows(row(line) for line in range(1, 1202)).by_id())
    assert [len(chunk) for chunk in chunks] == [500, 500, 201]
    assert [key for chunk in chunks for key in chunk] == [f"pay_{n}" for n in range(1, 1202)]


def test_what_is_no_payment_is_counted_apart():
    bad, noted = FileRow(2, None, ("amount: it is missing",)), FileRow(3, None, note="a total")
    staged = StagedRows([bad, noted, row(4)])
    assert (staged.bad, staged.noted, staged.payments, len(staged)) == ([bad], [noted], 1, 3)
    assert [list(chunk) for chunk in staged.by_id()] == [["pay_4"]]


def test_new_payments_are_read_by_slices_as_they_are_to_be_on_file():
    staged = StagedRows([row(2, currency="usd"), row(3), row(4, currency="EUR")])
    payments = NewPayments(staged, array("q", [4, 2]))
    assert len(payments) == 2
    assert [one.external_id for one in payments[0:1]] == ["pay_4"]
    assert [one.currency for one in payments[0:9]] == ["EUR", "USD"]
    assert payments[1].external_id == payments[-1].external_id == "pay_2"


def test_a_disk_without_room_is_told_in_words(monkeypatch):
    monkeypatch.setattr(temporary_rows, "_CACHE", "PRAGMA max_page_count = 3")
    with pytest.raises(NotPossible, match=r"cannot be kept on disk meanwhile: .*full"):
        StagedRows(row(line) for line in range(100))


LINES = {
    "csv": (b"external_id,amount,invoice\n", b"p%d,1.00,42\n"),
    "jsonl": (b"\n", b'{"external_id": "p%d", "amount": "1.00", "invoice": "42"}\n'),
}


@pytest.mark.parametrize("form", LINES)
def test_memory_does_not_grow_with_the_file(form):
    header, line = LINES[form]

    def lines(count: int) -> Iterator[bytes]:
        yield header
        for number in range(count):
            yield line % number

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            staged = StagedRows(PaymentFile(lines(count), form, DAY))
            assert sum(len(chunk) for chunk in staged.by_id()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    # Kept as values, 2,000 rows more would be 2 MB; garbage that waits is half of one.
    assert peak(3_000) < peak(1_000) + 700_000

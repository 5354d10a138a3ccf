from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pytest

from shared.errors import NotPossible
from shared.operations.file_text import UnreadableFile
from shared.operations.payment_cells import FIELDS, FileRow
from shared.operations.payment_files import PaymentFile
from shared.rules.payments.values import ChargeState, NewUse, UseKind

TODAY = date(2026, 1, 5)
HEADER = "external_id,invoice,amount"


def rows_of(content: bytes, form: str, today: date) -> list[FileRow]:
    return list(PaymentFile(io.BytesIO(content), form, today))


def csv_rows(*lines: str, end: str = "\n"):
    return rows_of(end.join([*lines, ""]).encode(), "csv", TODAY)


def json_rows(*values: object):
    return rows_of("\n".join(map(json.dumps, values)).encode(), "jsonl", TODAY)


def only(rows):
    [row] = rows
    assert row.faults == ()
    return row.payment


def faults(rows) -> list[tuple[int, str]]:
    return [(row.line, fault) for row in rows for fault in row.faults]


def test_the_least_row_pays_one_invoice_in_full_today():
    [row] = csv_rows(HEADER, "pay_1,1042,10.00")
    assert row.undated
    assert row.payment.external_id == "pay_1"
    assert row.payment.date == TODAY
    assert row.payment.uses == (NewUse("1042", Decimal("10.00")),)
    assert row.payment.charged
    assert row.payment.charge_state is ChargeState.SUCCEEDED


def test_every_column_is_read():
    payment = only(
        csv_rows(
            ",".join(FIELDS),
            'pay_1,1042,10.00,"1043=2.50;A=B=0.50",Larkspur Tile,CAD,credit_card,ch_9,stripe,'
            '2026-01-02,yes,failed,1.00,true,1,"for the lobby, twice",CN-7=5,-0.31,9.69',
        )
    )
    assert payment.uses == (
        NewUse("1042", Decimal("7.00")),
        NewUse("1043", Decimal("2.50")),
        NewUse("A=B", Decimal("0.50")),
        NewUse("CN-7", Decimal(5), UseKind.CREDIT_NOTE),
    )
    assert (payment.customer, payment.currency) == ("Larkspur Tile", "CAD")
    assert (payment.method, payment.reference, payment.gateway) == ("credit_card", "ch_9", "stripe")
    assert payment.date == date(2026, 1, 2)
    assert not payment.charged
    assert payment.charge_state is ChargeState.FAILED
    assert (payment.refunded, payment.disputed) == (Decimal("1.00"), True)
    assert payment.from_quickbooks
    assert payment.memo == "for the lobby, twice"
    assert payment.fee == Decimal("0.31")


@pytest.mark.parametrize(
    "applied",
    [
        "A=1.00;B=2.00",
        {"A": "1.00", "B": 2},
        [{"invoice": "A", "amount": 1.00}, {"invoice": "B", "amount": "2.00"}],
        '{"A": 1, "B": "2.00"}',
    ],
)
def test_shares_may_be_written_in_any_of_these_ways(applied):
    payment = only(json_rows({"external_id": "p", "amount": "3.00", "applied": applied}))
    assert [(use.document, use.amount) for use in payment.uses] == [("A", 1), ("B", 2)]


def test_json_numbers_keep_every_cent():
    payment = only(rows_of(b'{"external_id": 7, "invoice": 1042, "amount": 0.10}', "jsonl", TODAY))
    assert payment.external_id == "7"
    assert payment.amount == Decimal("0.10")
    assert payment.uses[0].document == "1042"


def test_null_and_empty_are_left_out():
    left_out = {"applied": None, "date": "", "offline": None}
    payment = only(
        json_rows({"external_id": "p", "amount": "3.00", "customer": "Larkspur Tile", **left_out})
    )
    assert (payment.uses, payment.date, payment.charged) == ((), TODAY, True)


def test_a_byte_order_mark_and_windows_line_ends_are_no_data():
    text = f"\ufeff{HEADER}\r\npay_1,1042,10.00\r\n"
    assert only(rows_of(text.encode(), "csv", TODAY)).external_id == "pay_1"
    line = '\ufeff{"external_id": "p", "amount": "1.00", "invoice": "1042"}\r\n'
    assert only(rows_of(line.encode(), "jsonl", TODAY)).external_id == "p"


def test_a_row_is_told_by_the_line_on_which_it_begins():
    rows = csv_rows(
        f"{HEADER},memo",
        'pay_1,1042,10.00,"two',
        'lines"',
        "",
        "pay_2,1042,ten,",
        'pay_3,1042,1.00,"a',
        'b"',
        "pay_4,1042,eleven,",
    )
    assert [line for line, _fault in faults(rows)] == [5, 8]


def test_every_fault_of_every_row_is_told_at_once():
    rows = csv_rows(
        f"{HEADER},date,offline,currency",
        'pay_1,1042,"1,5.0",5.1.,maybe,Dollars',
        ",1042,1.00,,,",
        "pay_3,1042,1.00,,,",
    )
    assert [(line, fault.split()[0].rstrip(":")) for line, fault in faults(rows)] == [
        (2, "amount"),
        (2, "date"),
        (2, "offline"),
        (2, "currency"),
        (3, "external_id"),
    ]
    assert rows[2].payment.external_id == "pay_3"


def test_an_unreadable_amount_is_not_blamed_on_the_shares():
    rows = csv_rows("external_id,amount,applied", "p,x,1042=5.00")
    assert [fault.split(":")[0] for _line, fault in faults(rows)] == ["amount"]


@pytest.mark.parametrize("amount", ["1,23.50", "1e3", "1.005", "NaN", "٣", "12345678901234"])
def test_an_amount_is_never_guessed(amount):
    [(_line, fault)] = faults(csv_rows(HEADER, f'p,1042,"{amount}"'))
    assert f'"{amount}" is not an amount; write it as 1234.50' in fault


@pytest.mark.parametrize("amount", ["true", "[]", "1.005", "NaN", "1e400", "{}"])
def test_a_json_amount_is_never_guessed(amount):
    written = f'{{"external_id": "p", "invoice": "1042", "amount": {amount}}}'
    assert faults(rows_of(written.encode(), "jsonl", TODAY))


def test_an_amount_below_zero_is_one_fault():
    [(_line, fault)] = faults(csv_rows(HEADER, "p,1042,-5.00"))
    assert fault.startswith("amount")


def test_a_payment_of_nothing_is_read():
    assert only(csv_rows(HEADER, "p,1042,0")).uses == ()


def test_shares_that_leave_nothing_for_the_invoice_are_a_fault():
    rows = csv_rows(f"{HEADER},applied", "p,1042,5.00,1043=5.00")
    [(_line, fault)] = faults(rows)
    assert "nothing of 5.00 is left for invoice 1042" in fault


def test_a_column_that_is_misspelled_is_refused_since_what_it_says_must_not_be_lost():
    with pytest.raises(UnreadableFile) as refused:
        csv_rows("external_id,invoice,ammount,amount", "p,1042,1,1")
    assert 'no column "ammount"; did you mean amount?' in refused.value.sentence
    [(_line, fault)] = faults(json_rows({"external_id": "p", "ammount": "1"}))
    assert "did you mean amount?" in fault


def test_columns_that_are_not_known_are_left_alone_and_named():
    read = PaymentFile(
        io.BytesIO(b"external_id,invoice,amount,Color,\np,1042,1,red,\n"), "csv", TODAY
    )
    assert [row.faults for row in read] == [()]
    assert "Columns not used: Color." in read.told


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("external_id,amount,amount", 'column "amount" appears twice'),
        ("external_id,invoice", 'there is no column "amount"'),
        ("external_id,amount,charge_stat", "did you mean charge_state?"),
        ("external_id,ammount", "did you mean amount?"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(header, told):
    with pytest.raises(UnreadableFile) as refused:
        csv_rows(header, "p,1,1")
    assert told in refused.value.sentence


def test_a_header_may_be_written_for_people():
    assert only(csv_rows("External-ID,Amount,CUSTOMER", "p,1.00,Juniper")).external_id == "p"


def test_a_row_of_another_width_is_a_fault_since_its_amounts_may_have_moved():
    rows = csv_rows(HEADER, "p,1042,1,000.00", "q,1042")
    assert faults(rows) == [
        (2, "it has 4 cells where the header has 3"),
        (3, "it has 2 cells where the header has 3"),
    ]


def test_the_apostrophe_that_disarms_a_formula_is_taken_off_in_csv_only():
    assert only(csv_rows(HEADER, "p,'=1+1,1.00")).uses[0].document == "=1+1"
    assert only(csv_rows(HEADER, "p,'til May,1.00")).uses[0].document == "'til May"
    row = {"external_id": "p", "invoice": "'=1+1", "amount": "1.00"}
    assert only(json_rows(row)).uses[0].document == "'=1+1"


@pytest.mark.parametrize(("content", "form"), [(b"", "csv"), (b"\r\n", "csv"), (b"\n", "jsonl")])
def test_a_file_without_rows_is_nothing_to_do(content, form):
    with pytest.raises(NotPossible, match="nothing to do"):
        rows_of(content, form, TODAY)
    with pytest.raises(NotPossible, match="nothing to do"):
        csv_rows(HEADER)


def test_json_lines_that_are_not_utf8_are_told_with_their_line():
    lines = '{"external_id": "p", "amount": "1", "invoice": "1"}\n{"memo": "Caf\xe9"}'
    with pytest.raises(UnreadableFile, match="line 2: the file is not UTF-8 text"):
        rows_of(lines.encode("latin-1"), "jsonl", TODAY)


def test_an_open_quotation_mark_is_told_where_it_stands():
    [*_, (line, fault)] = faults(csv_rows(HEADER, "p,1042,1.00", '"q,1042,1.00'))
    assert line == 3
    assert "never closed" in fault


def test_text_after_a_closing_quotation_mark_is_told_where_it_stands():
    [*_, (line, fault)] = faults(csv_rows(HEADER, '"p"q,1042,1.00'))
    assert line == 2
    assert "inside a cell twice" in fault


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_line_without_an_end_is_refused_before_it_is_read_as_a_whole(form):
    class Long(io.BytesIO):
        def read(self, size=-1):
            assert 0 <= size < 2_000_000
            return super().read(size)

        def readline(self, size=-1):
            assert 0 <= size < 2_000_000
            return super().readline(size)

    first = {"csv": HEADER, "jsonl": "{}"}[form]
    with pytest.raises(UnreadableFile, match="line 2: it is longer than"):
        list(PaymentFile(Long(first.encode() + b"\n" + b"a" * 3_000_000), form, TODAY))


def test_a_cell_without_an_end_is_told_where_it_stands():
    [*_, (line, fault)] = faults(csv_rows(HEADER, '"p,1042', *["1.00"] * 50_000))
    assert line == 2
    assert "never closed" in fault


@pytest.mark.parametrize(
    "written", ["{", "[]", '"pay"', '{"amount": 1, "amount": 2}', "[" * 100_000, "NaN"]
)
def test_a_line_that_is_no_object_is_a_fault_of_that_line(written):
    good = '{"external_id": "p", "amount": "1.00"}'
    rows = rows_of(f"{good}\n\n{written}\n".encode(), "jsonl", TODAY)
    assert [line for line, _fault in faults(rows)] == [3]


def test_a_state_of_a_charge_is_one_of_three():
    [(_line, fault)] = faults(csv_rows(f"{HEADER},charge_state", "p,1042,1.00,ok"))
    assert "succeeded, pending, failed" in fault


@pytest.mark.parametrize("applied", ["1042", "=5", "1042=five", 7, [7], [{"amount": 1}]])
def test_a_share_that_cannot_be_read_is_a_fault(applied):
    rows = json_rows({"external_id": "p", "amount": "5.00", "applied": applied})
    assert [fault.split(":")[0] for _line, fault in faults(rows)] == ["applied"]


def notes(rows) -> list[int]:
    assert faults(rows) == []
    return [row.line for row in rows if row.note]


FULL = "external_id,date,invoice,customer,amount,method"


@pytest.mark.parametrize(
    "row",
    [
        "Total,,,,10.00,",
        "TOTAL:,,,,,",
        'Grand Total,,,,"1,234.50",',
        "Sum,,,,$10.00,",
        "Gesamtsumme,,,,10.00,",
        "Total général,,,,10.00,",
        "Итого,,,,10.00,",
        "合计,,,,10.00,",
        ",,,Total,10.00,",
        ",,,,10.00,",
        "Total of 12 payments,2026-01-31,12,,10.00,",
        "Payments of January,,,,,",
        "printed 2026-01-31",
        "Total,10.00",
    ],
)
def test_a_total_or_a_title_is_noted_and_is_no_fault(row):
    rows = csv_rows(FULL, "pay_1,2026-01-05,1042,,10.00,ach", row)
    assert notes(rows) == [3]
    assert [row.payment.external_id for row in rows if row.payment] == ["pay_1"]


def test_a_total_in_json_lines_is_noted():
    good = {"external_id": "p", "amount": "1.00", "invoice": "1042"}
    rows = json_rows(good, {"external_id": "Total", "amount": "1.00"}, {"total": 1}, {})
    assert notes(rows) == [2, 3, 4]


def test_a_customer_may_be_called_like_a_total():
    rows = csv_rows(FULL, "pay_1,2026-01-05,,Summa Health,10.00,ach")
    assert only(rows).customer == "Summa Health"


@pytest.mark.parametrize("row", ["pay_9,2026-01-05,,,10.00,", "pay_9,,,,10.00,ach"])
def test_what_looks_like_a_payment_but_names_nobody_is_a_fault_and_no_note(row):
    [(_line, fault)] = faults(csv_rows(FULL, row))
    assert fault.startswith("customer")


def test_a_title_above_the_header_and_a_repeated_header_are_noted():
    rows = csv_rows("Payments of January", "", FULL, "p,2026-01-05,1042,,1.00,ach", FULL)
    assert notes(rows) == [1, 5]
    assert [row.line for row in rows if row.payment] == [4]


def test_a_row_that_is_cut_by_other_marks_is_a_fault_and_no_title():
    assert [line for line, _ in faults(csv_rows(HEADER, "p,1042,1.00", "q;1043;2.00"))] == [3]


@pytest.mark.parametrize("mark", ["\x00", "\ud800"])
@pytest.mark.parametrize(
    "field", ["external_id", "invoice", "customer", "method", "reference", "gateway", "memo"]
)
def test_what_no_store_keeps_is_refused_in_its_column(field, mark):
    row = {"external_id": "p", "invoice": "1042", "amount": "1.00", field: f"a{mark}b"}
    [(line, fault)] = faults(json_rows(row))
    assert (line, fault.split(":")[0]) == (1, field)
    assert fault.isprintable()


@pytest.mark.parametrize("shares", ["A\x00=1.00", {"A\x00": "1.00"}])
@pytest.mark.parametrize("field", ["applied", "credit_notes"])
def test_so_are_the_documents_of_shares(field, shares):
    row = {"external_id": "p", "customer": "Juniper", "amount": "1.00", field: shares}
    assert [fault.split(":")[0] for _, fault in faults(json_rows(row))] == [field]

from __future__ import annotations

import csv
import io
import json
import stat
from decimal import Decimal

import pytest

from shared.rules.values import InvoiceStatus
from tests.console.cli.builders import customer, import_into, invoice

KEYS = [
    *("txn_id", "number", "customer", "customer_list_id", "date", "due_date"),
    *("total", "balance", "currency", "status"),
]


@pytest.fixture
def books(shell):
    """Three invoices of Larkspur Tile (one paid since), one of a job, one that is left out."""
    shell.says("connection", "add", "Larkspur")
    customers = [
        customer("80000001-1", "Larkspur Tile"),
        customer("80000002-1", "Larkspur Tile:Café “Ω”", parent="80000001-1"),
        customer("80000003-1", "Gone Ltd", active=False),
    ]
    paid = {"status": InvoiceStatus.PAID, "balance": Decimal(0), "applied": Decimal(-10)}
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "1042", "1234.50"),
        invoice("A-2", "", "99.9", balance=Decimal("-10.00")),
        invoice("A-3", "1044", "10", due_date=None),
        invoice("A-4", "1045", "7.00", customer_list_id="80000002-1"),
        invoice("A-5", "1046", "8.00", customer_list_id="80000003-1"),
        customers=customers,
    )
    import_into(
        shell,
        "Larkspur",
        invoice("A-3", "1044", "10", due_date=None, edit_sequence="2", **paid),
        customers=customers,
    )
    return shell


def test_invoices_have_the_promised_keys_in_order(books):
    [first, *_] = books.json("invoices", "list", "Larkspur")
    assert list(first)[: len(KEYS)] == KEYS
    assert {key: first[key] for key in KEYS} == {
        "txn_id": "A-1",
        "number": "1042",
        "customer": "Larkspur Tile",
        "customer_list_id": "80000001-1",
        "date": "2026-01-05",
        "due_date": "2026-02-04",
        "total": "1234.50",
        "balance": "1234.50",
        "currency": "USD",
        "status": "open",
    }


def test_amounts_are_text_with_two_decimals(books):
    amounts = {row["txn_id"]: row["balance"] for row in books.json("invoices", "list")}
    assert amounts == {"A-1": "1234.50", "A-2": "-10.00", "A-3": "0.00", "A-4": "7.00"}


def test_a_due_date_that_is_not_set_is_null(books):
    [paid] = books.json("invoices", "list", "--status", "paid")
    assert paid["due_date"] is None
    assert paid["status"] == "paid"


def test_invoices_of_several_statuses_may_be_asked_for(books):
    words = ("--status", "paid", "--status", "open")
    assert len(books.json("invoices", "list", *words)) == 4
    assert books.json("invoices", "list", "--status", "void") == []


def test_what_is_left_out_is_listed_apart_with_its_reason(books):
    assert "A-5" not in [row["txn_id"] for row in books.json("invoices", "list")]
    [left_out] = books.json("invoices", "list", "--left-out")
    assert left_out["txn_id"] == "A-5"
    assert left_out["left_out"] == "left-out-inactive-customer"
    assert "inactive customer" in books.says("invoices", "list", "--left-out")


def test_the_table_has_grouped_amounts_and_totals_per_currency(books):
    text = books.says("invoices", "list")
    assert "1,234.50" in text
    assert text.splitlines()[-1] == "4 invoices, balance 1,231.50 USD"


def test_the_table_fits_eighty_columns_with_long_names_and_big_amounts(shell):
    shell.says("connection", "add", "Larkspur")
    long = "Larkspur Tile and Stone Works of Greater Wellington (in liquidation)"
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "INV-2026-00001042"[:11], "9876543210.99", customer_full_name=long),
        customers=[customer("80000001-1", long)],
    )
    for words in ([], ["--left-out"]):
        text = shell.says("invoices", "list", *words)
        assert max(len(line) for line in text.splitlines()) <= 80
    assert "9,876,543,210.99" in shell.says("invoices", "list")


def test_control_characters_in_quickbooks_text_are_in_no_export(shell):
    shell.says("connection", "add", "Larkspur")
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "1\x1b[31m", "1.00", customer_full_name="Evil\x07"),
        customers=[customer("80000001-1", "Evil\x9b2J")],
    )
    for form in ("csv", "jsonl"):
        text = shell.says("invoices", "export", "--format", form)
        assert not set(text) & {"\x1b", "\x07", "\x9b"}


def test_customers_have_exactly_the_promised_keys(books):
    assert books.json("customers", "list", "Larkspur") == [
        {
            "list_id": "80000001-1",
            "name": "Larkspur Tile",
            "full_name": "Larkspur Tile",
            "parent_list_id": "",
            "active": True,
            "connection": "Larkspur",
            "account_number": "",
            "state": "held",
        }
    ]


def test_jobs_are_customers_where_they_are_kept_apart(shell):
    shell.says("connection", "add", "Larkspur", "--jobs", "separate")
    import_into(
        shell,
        "Larkspur",
        invoice("A-4", "1045", "7.00", customer_list_id="80000002-1"),
        customers=[
            customer("80000001-1", "Larkspur Tile"),
            customer("80000002-1", "Larkspur Tile:Café “Ω”", parent="80000001-1"),
        ],
    )
    names = [row["full_name"] for row in shell.json("customers", "list")]
    assert names == ["Larkspur Tile", "Larkspur Tile:Café “Ω”"]
    assert "Larkspur Tile:Café “Ω”" in shell.says("customers", "list")
    assert "2 customers" in shell.says("customers", "list")


def test_csv_has_the_keys_of_the_listing_as_its_header(books):
    rows = list(csv.DictReader(io.StringIO(books.says("invoices", "export", "Larkspur"))))
    listed = books.json("invoices", "list")
    assert list(rows[0]) == list(listed[0])
    assert [row["txn_id"] for row in rows] == [row["txn_id"] for row in listed]
    assert [row["balance"] for row in rows] == ["1234.50", "-10.00", "0.00", "7.00"]
    assert rows[2]["due_date"] == ""


def test_an_export_has_the_columns_that_another_program_asks_for(shell):
    shell.says("connection", "add", "Larkspur")
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "1042", "10.00", terms="Net 30", po_number="=PO-7", memo="for May"),
        customers=[customer("80000001-1", "Larkspur Tile")._replace(email="pay@larkspur.example")],
    )
    wanted = "Invoice No=number,email,Due=due_date,terms,po_number,subtotal"
    text = shell.says("invoices", "export", "--columns", wanted)
    header, line = csv.reader(io.StringIO(text))
    assert header == ["Invoice No", "email", "Due", "terms", "po_number", "subtotal"]
    assert line[:2] == ["1042", "pay@larkspur.example"]
    assert line[3:] == ["Net 30", "'=PO-7", "10.00"]
    [row] = csv.DictReader(io.StringIO(shell.says("invoices", "export", "--columns", "all")))
    assert (row["memo"], row["job"]) == ("for May", "Larkspur Tile")
    lines = shell.says("invoices", "export", "--columns", "No=number", "--format", "jsonl")
    assert json.loads(lines) == {"No": "1042"}


@pytest.mark.parametrize("columns", ["numbr", "number,number", "=number", "", "a=number,a=total"])
def test_columns_that_cannot_be_meant_are_refused(shell, columns):
    shell.says("connection", "add", "Larkspur")
    said = shell.refuses(2, "invoices", "export", "--columns", columns)
    assert "column" in said or "header" in said


def test_csv_of_an_empty_ledger_is_its_header(shell):
    shell.says("connection", "add", "Larkspur")
    assert shell.says("invoices", "export").count("\n") == 1


def test_csv_survives_names_that_look_like_csv_and_formulas(shell):
    shell.says("connection", "add", "Larkspur")
    name = '=HYPERLINK("http://x"), Ltd'
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "-1042", "-5.00", customer_full_name=name),
        customers=[customer("80000001-1", name)],
    )
    [row] = csv.DictReader(io.StringIO(shell.says("invoices", "export")))
    assert row["customer"] == f"'{name}"
    assert row["number"] == "'-1042"
    assert row["total"] == "-5.00"


@pytest.mark.parametrize(
    ("name", "cell"),
    [("a;=1+1", "a;'=1+1"), ("＝1+1", "'＝1+1"), ("\t=1+1", "' =1+1"), (" -1", "' -1")],
)
def test_csv_is_armed_for_semicolons_wide_signs_and_leading_blanks(shell, name, cell):
    shell.says("connection", "add", "Larkspur")
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", name, "-5.00", customer_full_name=name),
        customers=[customer("80000001-1", name)],
    )
    [row] = csv.DictReader(io.StringIO(shell.says("invoices", "export")))
    assert (row["customer"], row["number"]) == (cell, cell)
    assert (row["total"], row["balance"]) == ("-5.00", "-5.00")


def test_json_lines_are_the_objects_of_the_listing(books):
    lines = books.says("invoices", "export", "--format", "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == books.json("invoices", "list")


def test_an_export_takes_the_same_filters(books):
    text = books.says("invoices", "export", "--format", "jsonl", "--status", "paid")
    assert [json.loads(line)["txn_id"] for line in text.splitlines()] == ["A-3"]


def test_an_export_to_a_file_is_private_and_says_so_aside(books):
    target = books.folder / "invoices.csv"
    result = books.run("invoices", "export", "--out", str(target))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "4 invoices" in result.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text("utf-8") == books.says("invoices", "export")


def test_a_dash_is_standard_output(books):
    assert books.says("invoices", "export", "--out", "-") == books.says("invoices", "export")


def test_an_export_into_a_missing_folder_is_refused(books):
    said = books.refuses(1, "invoices", "export", "--out", str(books.folder / "no" / "x.csv"))
    assert "What to do" in said
    assert "no/" in said


def test_the_store_is_released_before_an_export_is_printed(books, monkeypatch):
    """A reader that holds its lock while a pager waits would stop the daemon's commits."""
    free = []

    def look(lines):
        list(lines)
        books.says("connection", "edit", "Larkspur", "--every", "5")
        free.append(True)

    monkeypatch.setattr("console.cli.output.say_lines", look)
    books.says("invoices", "export")
    assert free == [True]


# All connections at once, and one record.


@pytest.fixture
def two(books):
    """Another connection, whose company has an invoice of the same number."""
    books.says("connection", "add", "Bramble")
    import_into(
        books,
        "Bramble",
        invoice("B-1", "1042", "5.00", customer_full_name="Fern"),
        customers=[customer("80000001-1", "Fern")],
    )
    return books


def test_an_export_of_all_connections_says_whose_each_invoice_is(two):
    rows = list(csv.DictReader(io.StringIO(two.says("invoices", "export"))))
    assert [row["connection"] for row in rows] == ["Bramble", *["Larkspur"] * 4]


def test_one_invoice_is_shown_by_number_or_txn_id(books):
    for which in ("1042", " 1042 ", "A-1"):
        shown = books.json("invoices", "show", which)
        assert (shown["txn_id"], shown["connection"]) == ("A-1", "Larkspur")
        assert (shown["balance"], shown["quickbooks_balance"]) == ("1234.50", "1234.50")
    text = books.says("invoices", "show", "1042")
    assert "1,234.50 here; QuickBooks last showed 1,234.50." in " ".join(text.split())


def test_a_number_of_several_invoices_has_to_be_told_apart(two):
    said = " ".join(two.refuses(2, "invoices", "show", "1042").split())
    assert "B-1" in said
    assert "A-1" in said
    assert two.json("invoices", "show", "1042", "--connection", "Bramble")["txn_id"] == "B-1"
    assert "no invoice '9'" in two.refuses(3, "invoices", "show", "9")


def test_one_customer_is_shown_with_its_invoices_and_former_names(books):
    import_into(
        books,
        "Larkspur",
        customers=[customer("80000001-1", "Larkspur & Sons")._replace(edit_sequence="2")],
    )
    shown = books.json("customers", "show", "Larkspur", "larkspur & sons")
    assert (shown["list_id"], shown["formerly"]) == ("80000001-1", ["Larkspur Tile"])
    assert [one["txn_id"] for one in shown["invoices"]] == ["A-4", "A-2", "A-1"]
    text = books.says("customers", "show", "Larkspur", "80000001-1")
    assert "Formerly" in text
    assert "Larkspur Tile." in text
    books.refuses(3, "customers", "show", "Larkspur", "Nobody")

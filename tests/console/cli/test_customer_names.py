from __future__ import annotations

import pytest

from tests.console.cli.builders import customer, import_into, invoice

PAY = (
    *("payments", "add", "Larkspur", "--external-id", "pay_1", "--amount", "10.00"),
    *("--invoice", "1042", "--date", "2026-01-05", "--customer", "Acme"),
)


@pytest.fixture
def books(shell):
    """Two customers with an invoice each; a payment of the first names it Acme."""
    shell.says("connection", "add", "Larkspur")
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "1042", "250.00"),
        invoice("A-2", "1043", "40.00", customer_list_id="80000002-1"),
        customers=[customer("80000001-1", "Larkspur Tile"), customer("80000002-1", "Juniper")],
    )
    shell.says(*PAY)
    return shell


def status(shell):
    [payment] = shell.json("payments", "list")
    return payment["status"]


def test_a_name_is_mapped_and_its_payment_is_ready_at_once(books):
    assert status(books) == "refused"
    said = books.says("customers", "map", "Larkspur", "acme", "larkspur tile")
    assert "acme stands for Larkspur Tile (80000001-1) from now on." in said
    assert "Payments: 1 ready for the next Payment Sync." in " ".join(said.split())
    assert status(books) == "ready"


def test_the_keys_of_a_mapped_name_are_promised(books):
    mapped = books.json("customers", "map", "Larkspur", "Acme", "80000001-1")
    assert list(mapped) == [
        *("name", "list_id", "customer", "mapped_by", "mapped_at"),
        *("ready", "waiting", "refused"),
    ]
    assert (mapped["name"], mapped["customer"]) == ("Acme", "Larkspur Tile")
    assert (mapped["ready"], mapped["waiting"], mapped["refused"]) == (1, 0, 0)
    listed = books.json("customers", "mappings", "Larkspur")
    kept = {key: mapped[key] for key in list(mapped)[:5]}
    assert listed == [kept | {"connection": "Larkspur"}]


def test_mapped_names_are_listed_for_people(books):
    assert "No name is matched" in books.says("customers", "mappings")
    books.says("customers", "map", "Larkspur", "Acme", "Juniper")
    line = books.says("customers", "mappings").splitlines()[-1]
    assert line.split()[:3] == ["Acme", "Juniper", "80000002-1"]


def test_the_wrong_customer_leaves_the_payment_refused(books):
    said = books.says("customers", "map", "Larkspur", "Acme", "Juniper")
    assert "1 still refused" in " ".join(said.split())
    [payment] = books.json("payments", "list")
    assert payment["reason"] == (
        "The payment is from Acme (mapped to Juniper), but its invoice belongs to Larkspur Tile."
    )


def test_a_mapping_is_taken_back(books):
    books.says("customers", "map", "Larkspur", "Acme", "Larkspur Tile")
    said = books.says("customers", "unmap", "Larkspur", "ACME")
    assert "Acme no longer stands for Larkspur Tile (80000001-1)." in said
    assert status(books) == "refused"
    assert books.json("customers", "mappings") == []


def test_a_customer_that_is_not_there_is_refused_with_the_nearest(books):
    said = books.refuses(3, "customers", "map", "Larkspur", "Acme", "Larkspur Tyle")
    assert "Did you mean 'Larkspur Tile'?" in said
    assert books.json("customers", "mappings") == []


def test_a_name_that_is_not_mapped_cannot_be_unmapped(books):
    assert "no mapped name 'Fern'" in books.refuses(3, "customers", "unmap", "Larkspur", "Fern")


def test_both_leave_a_trace(books):
    books.says("customers", "map", "Larkspur", "Acme", "Larkspur Tile")
    books.says("customers", "unmap", "Larkspur", "Acme")
    latest, before = books.json("audit", "list")[:2]
    assert (before["action"], before["connection"]) == ("customer.map", "Larkspur")
    assert before["detail"] == "Acme stands for Larkspur Tile (80000001-1)"
    assert (latest["action"], latest["detail"]) == (
        "customer.unmap",
        "Acme no longer stands for Larkspur Tile (80000001-1)",
    )


def test_the_remedy_of_a_refused_name_is_a_command_that_works(books):
    [payment] = books.json("payments", "list")
    [hint] = books.json("hints", payment["code"])
    assert "deskbridge customers map NAME PLATFORM_NAME CUSTOMER" in " ".join(hint["remedy"])

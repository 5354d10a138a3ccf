"""``deskbridge reconcile``: what differs comes first, and a script learns it by the exit code."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from shared.models import connections, problems, syncs
from shared.models.convert import cents
from shared.models.ledger import incoming_invoices
from shared.models.payments import from_quickbooks, payment_pages, postings
from shared.operations import payments
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import InvoiceStatus, OpenInvoice, RecordKind, SyncState
from tests.console.cli.builders import customer, import_into, invoice, quickbooks_payment, trouble
from tests.deciding import decide
from tests.models.builders import settle

KEYS = [
    *("differences", "customers", "posted", "waiting", "unknown", "parked", "refused", "totals"),
    *("last_invoice_sync", "last_payment_sync"),
]
CUSTOMERS = [customer("80000001-1", "Larkspur Tile"), customer("80000002-1", "Juniper Yoga")]


@pytest.fixture
def books(shell):
    """Larkspur Tile owes 1,234.50 and Juniper Yoga 99.90; an Invoice Sync has finished."""
    shell.says("connection", "add", "Larkspur")
    juniper = {"customer_list_id": "80000002-1", "customer_full_name": "Juniper Yoga"}
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "1042", "1234.50"),
        invoice("A-2", "1050", "99.90", **juniper),
        customers=CUSTOMERS,
    )
    end_a_sync(shell, "invoice", SyncState.FINISHED)
    return shell


def end_a_sync(shell, application, state):
    with shell.store.transaction():
        sync = syncs.start(held(shell), application, shell.store.now())
        syncs.save(sync.id, state=state, ended_at=shell.store.now())


def held(shell):
    return connections.get("Larkspur").id


def sweep(shell, txn_id, balance):
    """QuickBooks listed an open invoice with this balance."""
    with shell.store.transaction():
        owes = cents(Decimal(balance))
        shown = OpenInvoice(txn_id, "1", "2026-01-05T09:00:00", owes, "80000001-1")
        incoming_invoices.compare_open(held(shell), [shown])


def pay(shell, *states, external_id="pay_1", to="1042", **told):
    """Take a payment of 250.00 in, and move it through these states."""
    named = ("--external-id", external_id, "--amount", "250.00", "--invoice", to)
    shell.says("payments", "add", "Larkspur", *named)
    for state in states:
        with shell.store.transaction():
            payment = payment_pages.find(held(shell), external_id)
            [part] = postings.of_payment(payment.id)
            postings.move(part.id, PostingState(state), shell.store.now(), event="test", **told)
    if "posted" in states:
        rest = {"balance": Decimal("984.50"), "applied": Decimal(-250), "edit_sequence": "2"}
        import_into(shell, "Larkspur", invoice("A-1", "1042", "1234.50", **rest), customers=[])


def report(shell, code, object_id, **fields):
    with shell.store.transaction():
        found = trouble(object_id, "Invoice 77, Fern", code=code, **fields)
        problems.report(held(shell), None, [found], shell.store.now())


def differing(shell):
    """The JSON of a reconciliation that must find a difference."""
    result = shell.run("reconcile", "Larkspur", "--json")
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)
    assert found["differences"]
    return found


def kinds(shell):
    return [one["kind"] for one in differing(shell)["differences"]]


def plain(text):
    return " ".join(text.split())


def test_where_both_sides_agree_the_exit_code_is_0(books):
    text = plain(books.says("reconcile", "Larkspur"))
    assert text.startswith("No difference in Larkspur.")
    assert "Total 2 1,334.40 1,334.40 Last" in text
    assert "Last Payment Sync none has finished yet" in text


def test_the_promised_keys_come_in_order(books):
    found = books.json("reconcile", "Larkspur")
    assert list(found)[: len(KEYS)] == KEYS
    assert found["connection"] == "Larkspur"
    assert found["customers"][0] == {
        "customer": "Juniper Yoga",
        "currency": "USD",
        "ours": "99.90",
        "quickbooks": "99.90",
        "open_invoices": 1,
        "quickbooks_open_invoices": 1,
        "list_id": "80000002-1",
    }
    assert found["totals"] == [
        {"currency": "USD", "ours": "1334.40", "quickbooks": "1334.40", "open_invoices": 2}
    ]
    assert found["last_invoice_sync"] is not None
    assert found["last_payment_sync"] is None


def test_a_balance_that_differs_comes_first_and_the_exit_code_is_1(books):
    sweep(books, "A-1", "1000.00")
    result = books.run("reconcile", "Larkspur")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "1 difference"
    assert "Larkspur Tile" in lines[2]
    assert "1,234.50" in lines[2]
    assert "1,000.00" in lines[2]
    assert max(len(line) for line in lines) <= 80
    [told] = differing(books)["differences"]
    assert list(told) == [
        *("kind", "document", "ours", "quickbooks", "remedy", "message", "currency"),
    ]
    assert (told["kind"], told["ours"], told["quickbooks"]) == ("balance", "1234.50", "1000.00")
    assert told["remedy"] == "Run Invoice Sync, then reconcile again."


def test_sums_that_agree_by_chance_are_a_difference_by_their_number(books):
    owed = {"balance": Decimal(0), "status": InvoiceStatus.PAID, "edit_sequence": "2"}
    import_into(
        books,
        "Larkspur",
        invoice("A-3", "1043", "10.00"),
        invoice("A-4", "1044", "10.00", **owed),
        customers=CUSTOMERS,
    )
    sweep(books, "A-3", "4.00")
    sweep(books, "A-4", "6.00")
    [told] = differing(books)["differences"]
    assert told["ours"] == told["quickbooks"] == "1244.50"
    assert "Here: 2 open invoices; QuickBooks last showed 3 of them open." in told["message"]


def test_a_payment_in_doubt_is_a_difference(books):
    pay(books, "sent", "unknown", code="payment-unknown", reason="No answer came.")
    [told] = differing(books)["differences"]
    assert (told["kind"], told["document"]) == ("payment-unknown", "Payment pay_1, 250.00 USD")
    assert (told["ours"], told["quickbooks"]) == ("250.00", None)
    assert told["message"] == "No answer came."
    assert told["remedy"]
    assert len(differing(books)["unknown"]) == 1


def test_a_parked_payment_is_told_once_although_it_is_a_problem_as_well(books):
    pay(books, "sent", "parked", code="payment-found-several", reason="Two were found.")
    report(books, "payment-posted-twice", "1", kind=RecordKind.PAYMENT)
    assert kinds(books) == ["payment-parked"]


@pytest.mark.parametrize("code", ["payment-edited", "payment-deleted", "payment-balance-differs"])
def test_a_problem_with_what_was_posted_is_a_difference(books, code):
    pay(books, "sent", "posted", txn_id="9A-1")
    report(books, code, "1", kind=RecordKind.PAYMENT)
    [told] = differing(books)["differences"]
    assert (told["kind"], told["ours"], told["currency"]) == (code, "250.00", "USD")
    assert told["remedy"] == "Open it in QuickBooks and save it again."


def test_a_restored_company_file_is_a_difference(books):
    report(books, "company-restored", "", kind=RecordKind.SYNC)
    assert kinds(books) == ["company-restored"]


def test_an_invoice_that_cannot_be_vouched_for_is_a_difference(books):
    with books.store.transaction():
        reasons = {"A-2": "invoice-unreadable"}
        settle(connections.get("Larkspur"), reasons)
    found = differing(books)
    [told] = found["differences"]
    assert (told["kind"], told["document"]) == ("invoice-set-aside", "Invoice 1050, Juniper Yoga")
    assert (told["ours"], told["quickbooks"]) == (None, "99.90")
    assert [one["customer"] for one in found["customers"]] == ["Larkspur Tile"]


def test_an_invoice_that_was_never_read_is_a_difference(books):
    report(books, "invoice-unreadable", "A-9")
    [told] = differing(books)["differences"]
    assert (told["kind"], told["document"]) == ("invoice-unreadable", "Invoice 77, Fern")
    assert (told["ours"], told["quickbooks"]) == (None, None)


def test_an_unread_invoice_that_is_held_is_told_by_its_reason_only(books):
    report(books, "invoice-unreadable", "A-2")
    books.says("reconcile")
    with books.store.transaction():
        reasons = {"A-2": "invoice-unreadable"}
        settle(connections.get("Larkspur"), reasons)
    assert kinds(books) == ["invoice-set-aside"]


def test_a_skipped_invoice_is_no_difference_but_said_not_to_be_compared(books):
    with books.store.transaction():
        settle(connections.get("Larkspur"), {"A-2": "skipped"})
    text = plain(books.says("reconcile"))
    assert "Not compared because it is skipped: Invoice 1050, Juniper Yoga, 99.90" in text
    [aside] = books.json("reconcile", "Larkspur")["set_aside"]
    assert aside["reason"] == "skipped"


def test_payments_are_shown_by_where_they_stand(books):
    pay(books, "sent", "posted", txn_id="9A-1")
    pay(books, external_id="pay_2", to="9999")
    pay(books, external_id="pay_3")
    with books.store.transaction():
        third = payment_pages.find(held(books), "pay_3").id
        decide(books.store, payments.plan_skip, [third], "by hand", who="anna")
        from_quickbooks.store(
            held(books), 1, [quickbooks_payment("7B-1", "A-1")], books.store.now()
        )
    found = books.json("reconcile", "Larkspur")
    names = {
        status.value: [one["external_id"] for one in found.get(status.value, [])]
        for status in PaymentStatus
    }
    assert {status for status, those in names.items() if those} == {
        *("posted", "waiting", "skipped"),
    }
    assert found["posted"][0]["txn_id"] == "9A-1"
    text = books.says("reconcile")
    assert "Waiting payments" in text
    assert "Skipped payments" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_the_last_finished_sync_of_each_kind_is_told(books):
    end_a_sync(books, "payment", SyncState.FAILED)
    assert books.json("reconcile", "Larkspur")["last_payment_sync"] is None
    end_a_sync(books, "payment", SyncState.FINISHED)
    assert books.json("reconcile", "Larkspur")["last_payment_sync"] is not None


def test_a_sync_of_both_kinds_counts_for_each(shell):
    shell.says("connection", "add", "Larkspur")
    end_a_sync(shell, "combined", SyncState.FINISHED)
    found = shell.json("reconcile", "Larkspur")
    assert found["last_payment_sync"] == found["last_invoice_sync"] is not None


def test_before_any_sync_nothing_could_be_compared(shell):
    shell.says("connection", "add", "Larkspur")
    text = plain(shell.says("reconcile"))
    assert "No Invoice Sync has finished yet, so there is nothing to compare." in text
    assert "No imported invoice is open." in text


def test_a_connection_that_is_not_there_is_said_so(shell):
    shell.says("connection", "add", "Larkspur")
    assert "There is no connection 'Fern'" in shell.refuses(3, "reconcile", "Fern")


def test_without_a_name_all_connections_are_reconciled_and_one_difference_ends_with_1(shell):
    shell.says("connection", "add", "Larkspur")
    shell.says("connection", "add", "Bramble")
    assert [one["connection"] for one in shell.json("reconcile")] == ["Bramble", "Larkspur"]
    assert "No difference in 2 connections." in plain(shell.says("reconcile"))
    import_into(
        shell, "Larkspur", invoice("A-1", "1", "5.00"), customers=[customer("80000001-1", "Fern")]
    )
    with shell.store.transaction():
        held = connections.get("Larkspur")
        shown = OpenInvoice("A-1", "9", "2026-01-05T09:00:00", 400, "80000001-1")
        incoming_invoices.compare_open(held.id, [shown])
    result = shell.run("reconcile")
    assert result.exit_code == 1
    assert plain(result.stdout).endswith("Differences in Larkspur.")
    assert shell.run("reconcile", "Bramble").exit_code == 0
    found = json.loads(shell.run("reconcile", "--json").stdout)
    assert [len(one["differences"]) for one in found] == [0, 1]


def test_without_any_connection_there_is_nothing_to_reconcile(shell):
    assert "no connection yet" in shell.refuses(3, "reconcile")


def test_an_invoice_that_our_payment_paid_and_that_is_open_in_full_is_a_difference(books):
    pay(books, "sent", "posted", txn_id="9A-1")
    again = invoice("A-1", "1042", "1234.50", edit_sequence="3")
    import_into(books, "Larkspur", again, customers=[])
    [told] = differing(books)["differences"]
    assert told["kind"] == "invoice-paid-but-open"
    assert (told["ours"], told["quickbooks"]) == ("984.50", "1234.50")

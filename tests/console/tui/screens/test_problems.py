from __future__ import annotations

import pytest

from shared.models.ledger import incoming_customers, incoming_invoices, rereads
from shared.rules.values import ProblemState, RecordKind
from tests.console.tui.screens.driver import Driver, sit_down
from tests.models.builders import customer, incoming, invoice, settle

DUPLICATE = {
    "code": "invoice-duplicate-number",
    "message": "2 open invoices share the number 7. Besides this one: Invoice 7, Bramble.",
    "remedy": "Give each a number of its own in QuickBooks.",
    "said": "",
}


@pytest.fixture
def larkspur(office):
    return office.connect()


@pytest.fixture
def three(office, larkspur):
    """Two invoices that could not be read, one whose number is used twice."""
    office.trouble(larkspur, object_id="A-1", document="Invoice 100, Larkspur Tile")
    office.trouble(larkspur, object_id="A-2", document="Invoice 200, Larkspur Tile")
    bramble = office.connect("Bramble")
    office.trouble(bramble, object_id="B-1", document="Invoice 7, Fern", **DUPLICATE)
    return office


def test_no_problem_is_good_news_with_the_next_step(office):
    async def scenario(at: Driver) -> None:
        await at.press("p")
        assert "No open problems: nothing needs attention." in at.text
        assert "y shows how the last syncs went." in at.text

    sit_down(office.url, scenario)


def test_problems_are_grouped_by_what_is_to_be_done(three):
    async def scenario(at: Driver) -> None:
        await at.press("p")
        assert "Problems (3 open)" in at.lines[0]
        assert at.lines[2].startswith("Invoice could not be read: 2.")
        assert [line.split()[1] for line in at.lines[3:5]] == ["200,", "100,"]
        assert at.lines[5].startswith("Invoice number used twice: 1.")
        assert at.lines[6].startswith("Invoice 7, Fern")
        assert "Bramble" in at.lines[6]
        assert "Document: Invoice 200, Larkspur Tile" in at.text
        assert "What happened: The amount cannot be read." in at.text
        assert "QuickBooks said: 12,5O" in at.text
        assert "What to do: Open the invoice in QuickBooks and save it again." in at.text
        assert "r: reads the invoice again in the next Invoice Sync" in at.text

    sit_down(three.url, scenario)


def test_enter_shows_the_problem_alone_and_esc_the_list_again(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "enter")
        assert "Invoice 100" not in at.text
        assert "Code: invoice-unreadable" in at.text
        await at.press("escape")
        assert "Invoice 100" in at.text
        await at.press("t")
        assert "Troubleshooting, invoice-unreadable" in at.lines[0]
        await at.press("escape", "escape")
        assert "Connections" in at.lines[0]

    sit_down(three.url, scenario)


def test_one_invoice_is_retried_at_once(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "r")
        assert "1 record will be read again by the next Invoice Sync." in at.text
        assert "retry" in at.lines[3]

    sit_down(three.url, scenario)
    assert [entry.action for entry in three.audit()] == ["problem.retry"]


def test_all_of_a_kind_are_retried_after_it_was_asked(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "R")
        assert "Retry 2 problems?" in at.text
        assert "2 records will be read again by the next Invoice Sync." in at.text
        await at.press("escape")
        assert three.audit() == []
        await at.press("R", "right", "enter")
        assert "2 records will be read again by the next Invoice Sync." in at.text

    sit_down(three.url, scenario)
    assert len(three.audit()) == 2
    with three.store.reading():
        assert rereads.next_reread(1, RecordKind.INVOICE, 10) == ["A-2", "A-1"]


def test_skipped_problems_have_a_list_of_their_own_from_which_they_are_taken_back(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "s")
        assert "Skip Invoice 200, Larkspur Tile?" in at.text
        await at.type("hand")
        await at.press("enter")
        assert "Invoice 200" not in at.text
        await at.press("f", "f")
        assert "Problems (1 skipped)" in at.lines[0]
        assert "Status: skipped: hand (by mara" in at.text
        await at.press("u")
        assert "No skipped problems." in at.text
        await at.press("f", "f")
        assert "Problems (3 open)" in at.lines[0]

    sit_down(three.url, scenario)
    assert [entry.action for entry in three.audit()] == ["problem.unskip", "problem.skip"]


def test_what_is_meant_to_be_so_is_acknowledged_where_that_makes_sense(three):
    async def scenario(at: Driver) -> None:
        await at.press("p")
        assert "o: confirms that this is intended" not in at.text
        await at.press("o")
        assert "Problems (3 open)" in at.lines[0]
        await at.press("end")
        assert "o: confirms that this is intended" in at.text
        await at.press("o")
        assert "Acknowledge Invoice 7, Fern?" in at.text
        await at.type("shops")
        await at.press("enter")
        assert "Invoice 7, Fern is acknowledged and stays as it is." in at.text
        assert "Problems (2 open)" in at.lines[0]
        await at.press("f")
        assert "Problems (1 acknowledged)" in at.lines[0]
        assert "Status: acknowledged: shops (by mara" in at.text

    sit_down(three.url, scenario)
    assert [entry.action for entry in three.audit()] == ["problem.acknowledge"]


def test_leaving_an_open_invoice_out_names_its_amount_and_asks(three, larkspur):
    with three.store.transaction():
        incoming_invoices.store_invoices(larkspur.id, [incoming(invoice("A-2", "58.18"))])
        incoming_customers.store_customers(larkspur.id, [customer()], three.store.now())
        settle(larkspur)

    async def scenario(at: Driver) -> None:
        await at.press("p", "s")
        await at.type("hand")
        await at.press("enter")
        assert "58.18" in at.text
        assert at.app.focused is not None
        assert at.app.focused.id == "cancel"
        await at.press("enter")
        assert "Problems (3 open)" in at.lines[0]

    sit_down(three.url, scenario)
    assert three.audit() == []


def test_the_heading_of_a_group_that_is_cut_says_so(three):
    async def scenario(at: Driver) -> None:
        await at.press("p")
        assert at.lines[2].startswith("Invoice could not be read: 2.")
        assert at.lines[2].rstrip().endswith("…")

    sit_down(three.url, scenario)


def test_a_reason_can_be_given_up(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "s")
        await at.type("hand")
        await at.press("escape")
        assert "Problems (3 open)" in at.lines[0]

    sit_down(three.url, scenario)
    assert three.audit() == []


def test_what_a_person_settled_is_marked_as_resolved(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "d")
        assert "Mark Invoice 200, Larkspur Tile as resolved?" in at.text
        await at.press("right", "enter")
        assert "Invoice 200, Larkspur Tile is resolved." in at.text
        assert "Problems (2 open)" in at.lines[0]
        await at.press("f", "f", "f")
        assert "Problems (1 resolved)" in at.lines[0]

    sit_down(three.url, scenario)
    assert [entry.action for entry in three.audit()] == ["problem.resolve"]


def test_the_filter_looks_into_document_text_and_connection(three):
    async def scenario(at: Driver) -> None:
        await at.press("p", "slash")
        await at.type("bramble")
        await at.press("enter")
        assert "Problems (1 open)" in at.lines[0]
        assert at.lines[2].startswith("Invoice number used twice: 1.")
        await at.press("slash", "%")
        assert "No problem has these words." in at.text

    sit_down(three.url, scenario)


def test_the_problems_of_one_connection_are_a_key_away(three):
    async def scenario(at: Driver) -> None:
        await at.press("P")
        assert "Problems of Bramble (1 open)" in at.lines[0]
        assert "Connection" not in at.lines[1]  # all of them are Bramble's

    sit_down(three.url, scenario)


def payment_trouble(office, larkspur, status, **fields):
    number = office.payment(larkspur, "pay_8", status)
    told = {"kind": RecordKind.PAYMENT, "code": "payment-overpays", "document": "Payment pay_8"}
    return office.trouble(larkspur, object_id=str(number), **told | fields)


def test_retrying_a_payment_names_the_amount_and_asks(office, larkspur):
    problem = payment_trouble(office, larkspur, "refused")

    async def scenario(at: Driver) -> None:
        await at.press("p")
        assert "you see first what will happen" in at.text
        await at.press("r")
        assert "Retry Payment pay_8?" in at.text
        assert "Payment pay_8, 250.00 USD: the next Payment Sync" in at.text
        await at.press("enter")  # on Cancel
        assert office.problem_now(problem).state is ProblemState.OPEN
        await at.press("r", "right", "enter")
        assert office.problem_now(problem).state is not ProblemState.OPEN

    sit_down(office.url, scenario)


def test_posting_a_parked_payment_anew_warns_that_it_may_be_there_twice(office, larkspur):
    payment_trouble(office, larkspur, "parked", code="payment-found-several")

    async def scenario(at: Driver) -> None:
        await at.press("p", "r")
        assert "a retry posts it as a NEW payment" in at.text
        assert "250.00 USD" in at.text
        assert at.app.focused is not None
        assert at.app.focused.id == "cancel"

    sit_down(office.url, scenario)


def test_a_payment_that_was_parked_after_the_question_is_not_posted(office, larkspur):
    problem = payment_trouble(office, larkspur, "refused")

    async def scenario(at: Driver) -> None:
        await at.press("p", "r")
        office.park(int(problem.object_id))
        await at.press("right", "enter")
        assert "a retry posts it as a NEW payment" in at.text
        assert at.app.focused is not None
        assert at.app.focused.id == "cancel"
        await at.press("enter")

    sit_down(office.url, scenario)
    assert office.problem_now(problem).state is ProblemState.OPEN
    assert office.audit() == []


def test_parked_payments_are_never_retried_together(office, larkspur):
    payment_trouble(office, larkspur, "parked", code="payment-found-several")

    async def scenario(at: Driver) -> None:
        await at.press("p", "R")
        assert "1 parked payment was left out" in at.text

    sit_down(office.url, scenario)


def test_a_payment_that_was_not_posted_cannot_be_called_resolved(office, larkspur):
    problem = payment_trouble(office, larkspur, "refused")

    async def scenario(at: Driver) -> None:
        await at.press("p", "d", "right", "enter")

    sit_down(office.url, scenario)
    assert office.problem_now(problem).state is ProblemState.OPEN


def test_a_refund_that_was_booked_by_hand_can(office, larkspur):
    problem = payment_trouble(office, larkspur, "posted", code="payment-refunded")

    async def scenario(at: Driver) -> None:
        await at.press("p", "d", "right", "enter")
        assert "Payment pay_8 is resolved." in at.text

    sit_down(office.url, scenario)
    assert office.problem_now(problem).state is ProblemState.RESOLVED

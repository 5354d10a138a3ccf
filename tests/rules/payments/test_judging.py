"""Whether a payment may go out, and to which invoices."""

from __future__ import annotations

from datetime import date

import pytest

from shared.hints import hint, tell
from shared.rules.payments.judging import UNSETTLED, judge
from shared.rules.payments.values import ChargeState, CustomerMapping, PaymentStatus
from shared.rules.values import InvoiceStatus
from tests.rules.payments.builders import NOON, a_credit, a_payment, a_use, an_invoice, money

READY = PaymentStatus.READY
WAITING = PaymentStatus.WAITING
REFUSED = PaymentStatus.REFUSED
NOT_ELIGIBLE = PaymentStatus.NOT_ELIGIBLE
START = date(2026, 1, 1)


def judged(
    payment=None, *invoices, start_date=None, payments_out=True, mapping=None, near=(), **found
):
    if invoices:
        found = {"1042": invoices, **found}
    judgment = judge(
        payment or a_payment(),
        found,
        start_date=start_date,
        payments_out=payments_out,
        mapping=mapping,
        near={"1042": near},
    )
    if judgment.code:
        entry = hint(judgment.code)
        assert entry, judgment.code
        assert set(judgment.fields) == entry.fields, judgment.code
        assert all(judgment.fields.values())
    return judgment


def outcome(*args, **kwargs):
    judgment = judged(*args, **kwargs)
    return judgment.status, judgment.code


def test_a_charged_payment_of_one_open_invoice_goes_out():
    invoice = an_invoice()
    judgment = judged(a_payment(), invoice)
    assert (judgment.status, judgment.code, dict(judgment.fields)) == (READY, "", {})
    assert judgment.invoices == (invoice,)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"from_quickbooks": True}, "payment-from-quickbooks"),
        ({"charged": False}, "payment-offline"),
        ({"charge_state": ChargeState.PENDING}, "payment-pending"),
        ({"charge_state": ChargeState.FAILED}, "payment-failed"),
        ({"amount": money("0.00")}, "payment-zero"),
        ({"date": date(2025, 12, 31)}, "payment-too-old"),
        ({"uses": ()}, "payment-no-invoice"),
        ({"uses": (a_credit(),)}, "payment-no-invoice"),
    ],
)
def test_a_payment_that_never_goes_out_as_it_is_says_why(changes, code):
    payment = a_payment(**changes)
    assert outcome(payment, an_invoice(), start_date=START) == (NOT_ELIGIBLE, code)


def test_nothing_goes_out_while_posting_is_switched_off():
    off = outcome(a_payment(), an_invoice(), payments_out=False)
    assert off == (NOT_ELIGIBLE, "payment-flow-off")


def test_a_payment_of_the_start_date_itself_goes_out():
    assert outcome(a_payment(date=START), an_invoice(), start_date=START) == (READY, "")


def test_of_several_reasons_the_first_in_order_is_told():
    everything = {
        "from_quickbooks": True,
        "charged": False,
        "charge_state": ChargeState.PENDING,
        "amount": money("0.00"),
        "date": date(2020, 1, 1),
        "uses": (),
        "refunded": money("1.00"),
        "disputed": True,
    }
    told = []
    for name, right in [
        ("from_quickbooks", False),
        ("charged", True),
        ("charge_state", ChargeState.SUCCEEDED),
        ("amount", money("250.00")),
        ("date", START),
        ("payments_out", True),
        ("uses", (a_use(),)),
        ("refunded", money("0.00")),
        ("disputed", False),
    ]:
        terms = {key: value for key, value in everything.items() if key != "payments_out"}
        payments_out = "payments_out" in everything
        told.append(
            outcome(
                a_payment(**terms),
                an_invoice(customer_names=frozenset()),
                start_date=START,
                payments_out=payments_out,
            )[1]
        )
        everything[name] = right
    assert told == [
        "payment-from-quickbooks",
        "payment-offline",
        "payment-pending",
        "payment-zero",
        "payment-too-old",
        "payment-flow-off",
        "payment-no-invoice",
        "payment-refunded-before",
        "payment-disputed-before",
    ]


def test_a_refund_before_posting_holds_the_payment_back_even_without_its_invoice():
    judgment = judged(a_payment(refunded=money("1250.50"), amount=money("2000"), currency="USD"))
    assert (judgment.status, judgment.code) == (REFUSED, "payment-refunded-before")
    assert judgment.fields == {"amount": "1,250.50 USD"}


def test_a_dispute_before_posting_holds_the_payment_back():
    assert outcome(a_payment(disputed=True), an_invoice()) == (REFUSED, "payment-disputed-before")


# Which invoice is meant.


def test_a_payment_waits_for_an_invoice_that_is_not_imported_and_names_it():
    judgment = judged(a_payment())
    assert (judgment.status, judgment.code) == (WAITING, "payment-invoice-waiting")
    assert judgment.invoices == (None,)
    sentence = tell(judgment.code, **judgment.fields).message
    assert sentence == "Its invoice (1042) is not imported yet, so the payment waits."


def test_an_invoice_of_a_close_number_is_named_and_not_paid():
    close = an_invoice("1A-2", "#1042", customer="Juniper Yoga", customer_names=frozenset())
    own = an_invoice("1A-1", "01042")
    judgment = judged(a_payment(customer="Larkspur Tile"), near=[close, own])
    assert (judgment.status, judgment.code) == (WAITING, "payment-invoice-near")
    assert judgment.fields["near"] == "01042 of Larkspur Tile"
    assert judgment.invoices == (None,)
    of_another = judged(a_payment(customer="Marlow Baths"), near=[close, own])
    assert of_another.fields["near"] == "#1042 of Juniper Yoga, 01042 of Larkspur Tile"


def test_of_many_close_numbers_three_are_named():
    near = [an_invoice(f"1A-{n}", f"{'0' * n}1042") for n in range(1, 6)]
    named = "01042 of Larkspur Tile, 001042 of Larkspur Tile, 0001042 of Larkspur Tile, 2 more"
    assert judged(near=near).fields["near"] == named


def test_a_close_number_is_told_before_what_passes_by_itself():
    two = a_payment(a_use("1041", "100.00"), a_use("1042", "150.00"))
    assert judged(two, near=[an_invoice("1A-1", "01042")]).code == "payment-invoice-near"


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ("left-out-pending", "pending invoice"),
        ("left-out-inactive-customer", "inactive customer"),
        ("skipped", "skipped by an operator"),
        (UNSETTLED, "not completely read yet"),
    ],
)
def test_a_payment_waits_for_an_invoice_that_is_left_out_and_says_why(left_out, reason):
    judgment = judged(a_payment(), an_invoice(left_out=left_out))
    assert (judgment.status, judgment.code) == (WAITING, "payment-invoice-left-out")
    assert judgment.fields == {"number": "1042", "reason": reason}


@pytest.mark.parametrize("status", [s for s in InvoiceStatus if s is not InvoiceStatus.OPEN])
@pytest.mark.parametrize("left_out", ["", "left-out-pending"])
def test_an_invoice_that_is_closed_is_for_a_person_left_out_or_not(status, left_out):
    closed = an_invoice(status=status, left_out=left_out)
    judgment = judged(a_payment(), closed)
    assert (judgment.status, judgment.code) == (REFUSED, "payment-invoice-closed")
    assert judgment.fields == {"number": "1042"}


def test_of_two_open_invoices_with_the_number_none_is_guessed():
    judgment = judged(a_payment(), an_invoice("1A-1"), an_invoice("1A-2"))
    assert (judgment.status, judgment.code) == (REFUSED, "payment-invoice-ambiguous")
    assert judgment.fields == {"number": "1042", "count": "2"}
    assert judgment.invoices == (None,)


def test_a_customer_tells_two_invoices_of_one_number_apart():
    ours = an_invoice("1A-1")
    other = an_invoice("1A-2", customer="Fern & Co", customer_names=frozenset({"fern & co"}))
    judgment = judged(a_payment(customer="Larkspur Tile"), other, ours)
    assert judgment.status is READY
    assert judgment.invoices == (ours,)


@pytest.mark.parametrize(
    "other",
    [
        an_invoice("1A-2", status=InvoiceStatus.PAID),
        an_invoice("1A-2", status=InvoiceStatus.VOID),
        an_invoice("1A-2", left_out="left-out-pending"),
        an_invoice("1A-2", left_out="skipped"),
    ],
)
def test_a_closed_or_left_out_invoice_still_bears_its_number_so_none_is_guessed(other):
    ours = an_invoice("1A-1")
    refused = (REFUSED, "payment-invoice-ambiguous")
    assert outcome(a_payment(), other, ours) == refused
    assert outcome(a_payment(), ours, other) == refused


@pytest.mark.parametrize("left_out", ["", "skipped"])
def test_a_customer_tells_the_open_invoice_from_another_ones_left_out_or_not(left_out):
    fern = {"customer": "Fern", "customer_names": frozenset({"fern"})}
    other = an_invoice("1A-2", left_out=left_out, **fern)
    ours = an_invoice("1A-1")
    assert judged(a_payment(customer="Larkspur Tile"), other, ours).invoices == (ours,)
    theirs = judged(a_payment(customer="Fern"), other, ours)
    assert theirs.invoices == ((other,) if not left_out else (None,))


def test_what_was_deleted_in_quickbooks_bears_its_number_no_more():
    ours = an_invoice("1A-1")
    deleted = an_invoice("1A-2", status=InvoiceStatus.DELETED)
    assert judged(a_payment(), deleted, ours).invoices == (ours,)


def test_nothing_is_chosen_while_a_sync_is_at_work_on_one_of_the_same_number():
    unsettled = an_invoice("1A-2", left_out=UNSETTLED)
    waiting = (WAITING, "payment-invoice-left-out")
    assert outcome(a_payment(), an_invoice("1A-1"), unsettled) == waiting
    assert outcome(a_payment(), unsettled, an_invoice("1A-3", left_out=UNSETTLED)) == waiting


def test_several_closed_invoices_are_as_ambiguous_as_open_ones():
    paid = [an_invoice(f"1A-{n}", status=InvoiceStatus.PAID) for n in range(3)]
    judgment = judged(a_payment(), *paid)
    assert judgment.code == "payment-invoice-ambiguous"
    assert judgment.fields["count"] == "3"


@pytest.mark.parametrize(
    "name", ["Larkspur Tile", "  LARKSPUR   tile ", "Larkspur Tile:Lobby", "ＬＡＲＫＳＰＵＲ Tile"]
)
def test_a_customer_is_known_by_any_of_its_names_however_it_is_typed(name):
    job = an_invoice(customer_names=frozenset({"larkspur tile:lobby", "lobby", "larkspur tile"}))
    assert outcome(a_payment(customer=name), job) == (READY, "")


@pytest.mark.parametrize("name", ["Larkspur", "Larkspur Tiles", "Fern & Co"])
def test_another_customer_is_a_mismatch_that_names_both(name):
    judgment = judged(a_payment(customer=name), an_invoice())
    assert (judgment.status, judgment.code) == (REFUSED, "payment-customer-mismatch")
    assert judgment.fields == {"customer": name, "found": "Larkspur Tile"}


def test_a_mismatch_comes_before_all_that_is_wrong_with_the_other_customers_invoice():
    theirs = an_invoice(status=InvoiceStatus.PAID)
    assert outcome(a_payment(customer="Fern"), theirs)[1] == "payment-customer-mismatch"


# Several invoices.


def two(**changes):
    return a_payment(a_use("1042", "100.00"), a_use("1043", "150.00"), **changes)


def test_each_use_has_its_own_invoice_and_a_credit_note_none():
    first, second = an_invoice("1A-1", "1042"), an_invoice("1A-2", "1043")
    payment = a_payment(a_use("1042", "1"), a_credit(), a_use("1043", "1"))
    judgment = judged(payment, first, **{"1043": [second]})
    assert judgment.status is READY
    assert judgment.invoices == (first, None, second)


def test_one_missing_invoice_keeps_the_whole_payment_waiting():
    judgment = judged(two(), an_invoice())
    assert (judgment.status, judgment.code) == (WAITING, "payment-invoice-waiting")
    assert judgment.fields == {"number": "1043"}
    assert judgment.invoices == (an_invoice(), None)


def test_the_first_of_several_waits_is_told():
    judgment = judged(two(), **{"1043": [an_invoice(left_out="left-out-pending")]})
    assert judgment.fields == {"number": "1042"}


def test_a_refusal_is_told_before_a_wait():
    closed = an_invoice("1A-2", "1043", status=InvoiceStatus.VOID)
    assert outcome(two(), **{"1043": [closed]}) == (REFUSED, "payment-invoice-closed")


# Currency.


def test_a_payment_in_another_currency_than_its_invoice_is_held_back():
    judgment = judged(a_payment(currency="CAD"), an_invoice())
    assert (judgment.status, judgment.code) == (REFUSED, "payment-currency-mismatch")
    assert judgment.fields == {"expected": "CAD", "found": "USD"}


def test_currencies_are_compared_without_case():
    assert outcome(a_payment(currency="usd"), an_invoice()) == (READY, "")


def test_invoices_of_two_currencies_cannot_be_paid_at_once():
    euros = an_invoice("1A-2", "1043", currency="EUR")
    judgment = judged(two(), an_invoice(), **{"1043": [euros]})
    assert judgment.code == "payment-currency-mismatch"
    assert judgment.fields == {"expected": "USD", "found": "EUR"}


def test_an_invoice_whose_currency_quickbooks_never_told_fits():
    assert outcome(a_payment(currency="USD"), an_invoice(currency="")) == (READY, "")


def test_a_wrong_currency_is_told_though_another_invoice_is_waited_for():
    assert outcome(two(currency="CAD"), an_invoice())[1] == "payment-currency-mismatch"


# Customers whom a person told apart.


def mapped(list_id="80-1", customer="Larkspur Tile"):
    return CustomerMapping(1, "Acme", list_id, customer, "mara", NOON)


def of(list_id, txn_id="1A-1", above=(), **changes):
    return an_invoice(txn_id, customer_list_id=list_id, above=above, **changes)


def test_a_mapped_name_means_its_customer_however_that_is_called():
    payment = a_payment(customer="Acme")
    assert outcome(payment, an_invoice()) == (REFUSED, "payment-customer-mismatch")
    assert outcome(payment, an_invoice(), mapping=mapped()) == (READY, "")


def test_a_mapped_name_means_the_jobs_below_its_customer_too():
    job = of("80-9", above=("80-5", "80-1"), customer_names=frozenset({"lobby"}))
    assert judged(a_payment(customer="Acme"), job, mapping=mapped()).invoices == (job,)


def test_a_name_mapped_to_a_job_does_not_mean_the_customer_above_it_or_another_job():
    payment = a_payment(customer="Acme")
    to_job = mapped("80-9", "Larkspur Tile:Lobby")
    for other in (of("80-1"), of("80-8", above=("80-1",))):
        assert outcome(payment, other, mapping=to_job)[1] == "payment-customer-mismatch"
    assert outcome(payment, of("80-9", above=("80-1",)), mapping=to_job) == (READY, "")


def test_a_mapped_name_means_nobody_else_not_even_one_who_is_called_so():
    called_so = an_invoice(customer="Acme", customer_names=frozenset({"acme"}))
    judgment = judged(a_payment(customer="Acme"), called_so, mapping=mapped("80-7", "Fern & Co"))
    assert (judgment.status, judgment.code) == (REFUSED, "payment-customer-mismatch")
    assert judgment.fields == {"customer": "Acme (mapped to Fern & Co)", "found": "Acme"}
    assert judgment.invoices == (None,)


def test_a_name_mapped_to_a_customer_that_is_gone_says_which_that_was():
    judgment = judged(a_payment(customer="Acme"), an_invoice(), mapping=mapped("80-7", ""))
    assert judgment.fields["customer"] == "Acme (mapped to 80-7)"


def test_two_customers_of_one_name_are_told_apart_by_a_person_only():
    first = of("80-2", "1A-1", customer="Fern:Lobby", customer_names=frozenset({"lobby"}))
    second = of("80-3", "1A-2", customer="Oak:Lobby", customer_names=frozenset({"lobby"}))
    payment = a_payment(customer="Lobby")
    judgment = judged(payment, first, second)
    assert (judgment.status, judgment.code) == (REFUSED, "payment-customer-ambiguous")
    assert judgment.fields == {
        "customer": "Lobby",
        "number": "1042",
        "found": "Fern:Lobby, Oak:Lobby",
    }
    assert judged(payment, first, second, mapping=mapped("80-3")).invoices == (second,)


def test_a_name_that_another_customer_has_had_is_not_enough():
    held = an_invoice(namesakes=(("larkspur tile", "Larkspur & Sons"), ("lobby", "Oak:Lobby")))
    judgment = judged(a_payment(customer="Larkspur Tile"), held)
    assert (judgment.status, judgment.code) == (REFUSED, "payment-customer-ambiguous")
    assert judgment.fields["found"] == "Larkspur Tile, Larkspur & Sons"
    assert outcome(a_payment(), held) == (READY, "")
    mapping = CustomerMapping(1, "Larkspur Tile", "80-1", "Larkspur Tile", "mara", NOON)
    assert outcome(a_payment(customer="Larkspur Tile"), held, mapping=mapping) == (READY, "")


def test_jobs_of_the_customer_that_is_named_are_a_matter_of_their_numbers():
    names = frozenset({"fern"})
    first = of("80-2", "1A-1", above=("80-1",), customer_names=names)
    second = of("80-3", "1A-2", above=("80-1",), customer_names=names)
    payment = a_payment(customer="Fern")
    assert outcome(payment, first, second)[1] == "payment-invoice-ambiguous"
    of_all = mapped("80-1")
    assert outcome(payment, first, second, mapping=of_all)[1] == "payment-invoice-ambiguous"
    assert judged(payment, first, second, mapping=mapped("80-3")).invoices == (second,)


def test_a_mapping_lets_nothing_pass_that_is_wrong_otherwise():
    closed = an_invoice(status=InvoiceStatus.PAID)
    payment = a_payment(customer="Acme")
    assert outcome(payment, closed, mapping=mapped())[1] == "payment-invoice-closed"
    disputed = a_payment(customer="Acme", disputed=True)
    assert outcome(disputed, an_invoice(), mapping=mapped())[1] == "payment-disputed-before"

"""Exports of other programs, as people have them: one test for each habit and each trap."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from shared.errors import CannotBeMeant, NotPossible
from shared.operations.file_profiles import HowToRead, read_map, shipped
from shared.operations.file_text import UnreadableFile
from shared.operations.payment_cells import FileRow
from shared.operations.payment_columns import DatesAreAmbiguous
from shared.operations.payment_files import PaymentFile
from shared.rules.payments.values import ChargeState, NewPayment, NewUse
from tests.operations.reports import (
    PAYPAL,
    QUICKBOOKS_ONLINE,
    SQUARE,
    STRIPE_BALANCE,
    STRIPE_PAYMENTS,
    TITLES,
    activity,
    charge,
    entry,
    received,
    sale,
    written,
)

TODAY = date(2026, 11, 28)
IN_CHICAGO = "America/Chicago"


def read(text: str | bytes, *maps: str, **how: str) -> PaymentFile:
    content = text if isinstance(text, bytes) else text.encode()
    given = HowToRead(maps=tuple(map(read_map, maps)), **how)
    return PaymentFile(io.BytesIO(content), "csv", TODAY, given)


def payments(rows: Sequence[FileRow] | PaymentFile) -> list[NewPayment]:
    found = list(rows)
    assert [row.faults for row in found if row.faults] == []
    return [row.payment for row in found if row.payment]


def only(rows: PaymentFile) -> NewPayment:
    [payment] = payments(rows)
    return payment


def faults(rows: PaymentFile) -> list[tuple[int, str]]:
    return [(row.line, fault) for row in rows for fault in row.faults]


def kinds(rows: PaymentFile) -> list[tuple[int, str]]:
    return [(row.line, row.kind) for row in rows if row.kind]


EACH = {
    "stripe-payments": written(STRIPE_PAYMENTS, charge()),
    "stripe-balance": written(STRIPE_BALANCE, entry()),
    "square": written(SQUARE, sale()),
    "paypal": written(PAYPAL, activity(), quoted=True),
    "quickbooks-online": written(QUICKBOOKS_ONLINE, received(), above=TITLES),
}


@pytest.mark.parametrize("label", EACH)
def test_each_export_is_recognized_by_its_header_and_says_so(label):
    file = read(EACH[label])
    assert file.profile.label == label
    assert only(file).amount > 0
    assert any(label in sentence for sentence in file.told)


def test_every_profile_is_tried_here():
    assert {*shipped()} == {*EACH, "deskbridge"}


# What each of them says of a payment.


def test_a_charge_of_stripe_is_posted_gross_and_keeps_its_fee():
    payment = only(read(EACH["stripe-payments"], "invoice_number (metadata)=invoice"))
    assert (payment.external_id, payment.amount, payment.fee) == ("ch_1", 250, Decimal("7.55"))
    assert (payment.currency, payment.gateway) == ("USD", "stripe")
    assert payment.date == date(2026, 7, 10)
    assert payment.memo == "Mirror LLC - INV-0168"


def test_the_entry_of_a_balance_is_named_by_its_charge():
    payment = only(read(EACH["stripe-balance"]))
    assert (payment.external_id, payment.amount, payment.fee) == ("ch_1", 250, Decimal("7.55"))


def test_a_sale_of_square_has_its_tip_in_it_and_its_fee_below_zero():
    payment = only(read(EACH["square"]))
    assert (payment.external_id, payment.reference) == ("sq_1", "t_sq_1")
    assert (payment.amount, payment.fee) == (Decimal("22.50"), Decimal("0.95"))
    assert (payment.customer, payment.date) == ("Larkspur Tile", date(2026, 11, 10))


def test_paypal_names_the_invoice_and_the_payers_name_is_not_held_against_it():
    payment = only(read(EACH["paypal"]))
    assert payment.uses == (NewUse("100", Decimal("1500.00")),)
    assert (payment.fee, payment.customer) == (Decimal("43.80"), "")


def test_two_exports_of_one_payment_name_it_alike_however_accents_are_written():
    ids = {
        only(read(written(QUICKBOOKS_ONLINE, received(Name=name), above=TITLES))).external_id
        for name in ("Jos\u00e9 P\u00e9rez", "Jose\u0301 Pe\u0301rez")
    }
    assert len(ids) == 1


def test_a_payment_of_quickbooks_online_is_on_account_of_its_customer():
    payment = only(read(EACH["quickbooks-online"]))
    assert (payment.uses, payment.customer, payment.reference) == ((), "Larkspur Tile", "1042")
    assert payment.external_id.startswith("qbo-2026-01-25-1250.00-")


# Which invoice: a column that says it, never a guess.


def test_nothing_is_guessed_from_a_description():
    assert only(read(EACH["stripe-payments"])).uses == ()


@pytest.mark.parametrize(
    ("description", "number"),
    [
        ("Mirror LLC - INV-0168", "INV-0168"),
        ("inv-0168, paid twice: INV-0168", None),
        ("XINV-0168 and INV-0168A", None),
        ("thank you", None),
    ],
)
def test_a_pattern_takes_the_number_out_of_a_text(description, number):
    row = charge(Description=description)
    file = read(written(STRIPE_PAYMENTS, row), "Description=invoice:INV-#")
    if number is None:
        assert all(row.payment is None or not row.payment.uses for row in file)
    else:
        assert [use.document for use in only(file).uses] == [number]


def test_a_text_with_two_numbers_is_refused():
    row = charge(Description="INV-1 and INV-2")
    [(line, fault)] = faults(read(written(STRIPE_PAYMENTS, row), "Description=invoice:INV-#"))
    assert line == 2
    assert "INV-1, INV-2" in fault


@pytest.mark.parametrize("map_", ["Amount", "=amount", "Amount=ammount", "Memo=memo:INV-#"])
def test_a_map_that_cannot_be_meant_is_refused(map_):
    with pytest.raises(CannotBeMeant):
        read_map(map_)


def test_a_mapped_column_that_is_not_there_is_told():
    with pytest.raises(UnreadableFile, match="PO Number"):
        read(EACH["paypal"], "PO Number=invoice", profile="paypal")


def test_any_file_is_read_with_its_columns_mapped():
    text = "Ref;Paid on;Value;For\nA-1;25.10.2026;1.500,00 EUR;100\n"
    payment = only(read(text, "Ref=external_id", "Paid on=date", "Value=amount", "For=invoice"))
    assert (payment.amount, payment.currency) == (Decimal("1500.00"), "EUR")
    assert payment.date == date(2026, 10, 25)


def test_a_known_export_with_mapped_ids_is_still_known():
    file = read(EACH["stripe-payments"], "id=external_id", "Amount=amount")
    assert file.profile.label == "stripe-payments"


# Rows that are no payments.


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(
            (written(STRIPE_BALANCE, entry(type_)), kind)
            for type_, kind in [
                ("payout", "payout"),
                ("transfer", "transfer"),
                ("refund", "refund"),
                ("payment_refund", "refund"),
                ("stripe_fee", "fee"),
                ("adjustment", "adjustment"),
                ("payment_failure_refund", "refund"),
                ("topup", "other"),
            ]
        ),
        *(
            (written(STRIPE_PAYMENTS, charge(Status=status)), kind)
            for status, kind in [
                ("Failed", "failed"),
                ("Requires payment method", "failed"),
                ("Requires_capture", "failed"),
                ("Pending", "pending"),
            ]
        ),
        (written(STRIPE_PAYMENTS, charge(Captured="false")), "pending"),
        *(
            (written(SQUARE, sale(**other)), kind)
            for other, kind in [
                ({"Event Type": "Refund"}, "refund"),
                ({"Cash": "$22.50", "Card": "$0.00"}, "cash"),
                ({"Cash": "$2.50"}, "cash"),
                ({"Other Tender": "$22.50"}, "cash"),
                ({"Transaction Status": "Pending"}, "pending"),
            ]
        ),
        *(
            (written(PAYPAL, activity(**other)), kind)
            for other, kind in [
                ({"Type": "Payment Refund"}, "refund"),
                ({"Type": "General Withdrawal"}, "payout"),
                ({"Type": "Bank Deposit to PP Account"}, "transfer"),
                ({"Type": "General Currency Conversion"}, "conversion"),
                ({"Type": "Payment Hold"}, "hold"),
                ({"Type": "Payment Reversal"}, "dispute"),
                ({"Type": "Mass Pay Payment"}, "sent"),
                ({"Balance Impact": "Debit"}, "sent"),
                ({"Gross": "-12.00", "Balance Impact": ""}, "sent"),
                ({"Status": "Pending"}, "pending"),
                ({"Status": "Denied"}, "failed"),
                ({"Status": "Partially Refunded"}, "refund"),
            ]
        ),
        *(
            (written(QUICKBOOKS_ONLINE, received(**other)), kind)
            for other, kind in [
                ({"Transaction Type": "Invoice"}, "other"),
                ({"Transaction Type": "Bill Payment (Check)"}, "other"),
                ({"Transaction Type": "Refund"}, "refund"),
                ({"Transaction Type": "", "Date": "", "Num": ""}, "continuation"),
            ]
        ),
    ],
)
def test_what_is_no_payment_is_left_out_for_its_reason(text, kind):
    [row] = [row for row in read(text) if row.kind]
    assert row.kind == kind
    assert row.payment is None or kind == "failed"


def test_a_refund_is_told_with_the_payment_that_it_is_of():
    row = activity("R1", "-12.00", Type="Payment Refund", **{"Reference Txn ID": "5TX1"})
    [told] = read(written(PAYPAL, row))
    assert told.note == "refund R1 of -12.00 USD for 5TX1: record it in QuickBooks yourself"


def test_what_a_profile_does_not_know_is_refused_and_never_lost():
    text = written(PAYPAL, activity(Type="Versement"), activity("2", Status="Terminé"))
    assert faults(read(text)) == [
        (2, 'type: "Versement": profile paypal does not know what that is'),
        (3, 'status: "Terminé": profile paypal does not know what that is'),
    ]


def test_a_german_paypal_account_is_read():
    german = {"Type": "Typ", "Gross": "Brutto", "Fee": "Gebühr", "Net": "Netto"}
    german |= {"Date": "Datum", "Currency": "Währung", "Transaction ID": "Transaktionscode"}
    row = activity(
        Date="07.09.2026",
        Type="Express-Zahlung",
        Status="Abgeschlossen",
        Gross="30,00",
        Fee="-1,17",
        Net="28,83",
        Currency="EUR",
    )
    header = [german.get(name, name) for name in PAYPAL]
    text = written(header, {german.get(name, name): cell for name, cell in row.items()})
    payment = only(read(text, date_order="dmy"))
    assert (payment.amount, payment.fee) == (30, Decimal("1.17"))
    assert payment.date == date(2026, 9, 7)


def test_a_refunded_charge_says_what_was_paid_back():
    row = charge(Status="Refunded", **{"Amount Refunded": "250.00"})
    payment = only(read(written(STRIPE_PAYMENTS, row)))
    assert (payment.refunded, payment.charge_state) == (250, ChargeState.SUCCEEDED)


def test_a_disputed_charge_is_said_to_be_disputed():
    assert only(read(written(STRIPE_PAYMENTS, charge(Status="Disputed")))).disputed


def test_titles_continuations_sections_and_totals_of_a_report_are_told_apart():
    text = written(
        QUICKBOOKS_ONLINE,
        ["Undeposited Funds"] + [""] * 9,
        received(),
        {"Name": "Larkspur Tile", "Account": "Accounts Receivable (A/R)", "Amount": "-1,250.00"},
        ["Total for Undeposited Funds"] + [""] * 7 + ["1,250.00", ""],
        ["TOTAL", "", "", "", "", "", "", "", "(420.81)", ""],
        above=TITLES,
    )
    file = list(read(text))
    assert [row.line for row in file if row.payment] == [7]
    assert [row.line for row in file if row.kind == "continuation"] == [8]
    assert [row.line for row in file if row.note and not row.kind] == [1, 2, 3, 6, 9, 10]


def test_a_journal_has_its_amount_in_debit_or_credit():
    header = [name for name in QUICKBOOKS_ONLINE if name not in ("", "Amount", "Balance")]
    header += ["Debit", "Credit"]
    row = received(Debit="420.81")
    cells = {name: cell for name, cell in row.items() if name in header}
    assert only(read(written(header, cells))).amount == Decimal("420.81")


def test_a_negative_payment_of_a_register_is_refused_with_its_column():
    [(line, fault)] = faults(read(written(QUICKBOOKS_ONLINE, received(amount="(420.81)"))))
    assert line == 2
    assert fault.startswith("amount '-420.81' is below zero")


def test_two_payments_that_nothing_tells_apart_are_not_taken_for_one():
    [(line, fault)] = faults(read(written(QUICKBOOKS_ONLINE, received(), received())))
    assert line == 3
    assert "it looks the same as line 2" in fault


def test_the_same_report_names_its_payments_alike_however_it_is_written():
    one = only(read(written(QUICKBOOKS_ONLINE, received())))
    other = received(amount="$1250.00", Date="2026-01-25", Name="LARKSPUR  TILE")
    assert only(read(written(QUICKBOOKS_ONLINE, other))).external_id == one.external_id


# Days.


@pytest.mark.parametrize(
    ("dates", "read_as"),
    [
        (["10/09/2026", "10/25/2026"], date(2026, 10, 9)),
        (["10/09/2026", "25/10/2026"], date(2026, 9, 10)),
        (["07.09.2026", "27.09.2026"], date(2026, 9, 7)),
        (["7-9-26", "27-9-26"], date(2026, 9, 7)),
        (["2026-09-10", "2026-09-11"], date(2026, 9, 10)),
        (["5/5/2026", "6/6/2026"], date(2026, 5, 5)),
        (["Sep 10, 2026", "10 Sep 2026"], date(2026, 9, 10)),
        (["46275", "46276"], date(2026, 9, 10)),
    ],
)
def test_dates_are_decided_by_the_whole_file(dates, read_as):
    rows = [activity(str(n), Date=written_) for n, written_ in enumerate(dates)]
    assert payments(read(written(PAYPAL, *rows)))[0].date == read_as


def test_dates_that_may_be_read_in_two_ways_are_asked_about():
    text = written(PAYPAL, activity(Date="10/09/2026"), activity("2", Date="05/06/2026"))
    with pytest.raises(DatesAreAmbiguous) as asked:
        read(text)
    assert "is 10/09/2026 October 9 (MM/DD/YYYY) or September 10" in asked.value.sentence
    assert payments(read(text, date_order="dmy"))[0].date == date(2026, 9, 10)


def test_dates_in_two_orders_are_refused_with_their_lines():
    text = written(PAYPAL, activity(Date="10/25/2026"), activity("2", Date="25/10/2026"))
    with pytest.raises(UnreadableFile, match="Lines 2 and 3 write dates in two orders"):
        read(text)


@pytest.mark.parametrize("header", ["Created date (UTC)", "Created (UTC)"])
@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-07-11 03:37:41", date(2026, 7, 10)),
        ("2026-07-11 03:37", date(2026, 7, 10)),
        ("2026-07-11 15:00", date(2026, 7, 11)),
        ("7/14/2026 0:00", date(2026, 7, 13)),
        ("2026-07-11", date(2026, 7, 11)),
    ],
)
def test_a_time_in_utc_is_a_day_of_the_company(header, at, day):
    names = [header if name == "Created date (UTC)" else name for name in STRIPE_PAYMENTS]
    row = {**charge(), header: at}
    if header != "Created date (UTC)":
        del row["Created date (UTC)"]
    assert only(read(written(names, row), time_zone=IN_CHICAGO)).date == day


def test_a_time_without_utc_in_its_header_stays_on_its_day():
    assert only(read(EACH["square"], time_zone="Pacific/Auckland")).date == date(2026, 11, 10)


def test_a_zone_that_there_is_not_is_told():
    with pytest.raises(CannotBeMeant, match="not a time zone"):
        read(EACH["square"], time_zone="Mars/Olympus")


def test_a_report_without_a_date_is_refused_and_not_dated_today():
    assert faults(read(written(PAYPAL, activity(Date="")))) == [(2, "date: it is missing")]


# Amounts and currencies.


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        ("1,234.56", "1234.56"),
        ("$1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1.234,56 €", "1234.56"),
        ("1 234,56", "1234.56"),
        ("USD 1,234.56", "1234.56"),
        ("1234.5 usd", "1234.50"),
        ("1,234", "1234.00"),
        ("1'234.56", "1234.56"),
    ],
)
def test_amounts_are_read_as_people_write_them(amount, value):
    assert only(read(f'external_id,invoice,amount\np,1,"{amount}"\n')).amount == Decimal(value)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("$12.00", ""), ("€12.00", "EUR"), ("12.00 £", "GBP"), ("C$12.00", "CAD"), ("r$12.00", "BRL")],
)
def test_a_currency_sign_beside_the_amount_counts(amount, currency):
    assert only(read(f"external_id,invoice,amount\np,1,{amount}\n")).currency == currency


def test_a_currency_sign_that_is_not_known_is_refused():
    [(line, fault)] = faults(read("external_id,invoice,amount\np,1,ZZ$12.00\n"))
    assert line == 2
    assert "USD 12.00" in fault


@pytest.mark.parametrize("amount", ["(12.00)", "12.00-", "-12.00", "-$12.00", "$-12.00", "−12.00"])
def test_every_way_to_write_below_zero_is_understood(amount):
    [(_line, fault)] = faults(read(f"external_id,invoice,amount\np,1,{amount}\n"))
    assert "is below zero" in fault


def test_amounts_in_two_styles_are_refused_with_their_lines():
    text = "external_id;invoice;amount\np;1;12.50\nq;2;12,50\n"
    with pytest.raises(UnreadableFile, match="Lines 2 and 3 write amounts in two ways"):
        read(text)


def test_thousands_are_told_by_the_decimal_comma_of_another_row():
    found = payments(read("external_id;invoice;amount\np;1;1.500\nq;2;12,50\n"))
    assert [one.amount for one in found] == [1500, Decimal("12.50")]


def test_a_currency_beside_the_amount_may_not_contradict_its_column():
    text = "external_id,invoice,amount,currency\np,1,EUR 12.00,USD\n"
    assert faults(read(text)) == [
        (2, "currency: the amount is in EUR, and the column says USD"),
    ]


def test_a_currency_without_cents_is_in_units():
    payment = only(read(written(STRIPE_PAYMENTS, charge(amount="1500", Currency="jpy"))))
    assert (payment.amount, payment.currency) == (1500, "JPY")


def test_a_fee_in_another_currency_is_not_kept_and_told():
    file = read(written(STRIPE_PAYMENTS, charge(**{"Converted Currency": "eur"})))
    assert only(file).fee is None
    assert any("Fees in a different currency" in sentence for sentence in file.told)


def test_what_the_customer_paid_counts_where_the_balance_has_another_currency():
    other = {"Customer Facing Amount": "300.00", "Customer Facing Currency": "cad"}
    payment = only(read(written(STRIPE_BALANCE, entry(**other))))
    assert (payment.amount, payment.currency, payment.fee) == (300, "CAD", None)


def test_a_net_that_is_not_amount_less_fee_is_told():
    file = read(written(SQUARE, sale(**{"Net Total": "$20.00"})))
    assert only(file).amount == Decimal("22.50")
    assert any("is not the net" in sentence and "line 2" in sentence for sentence in file.told)


# Text, lines, columns.


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_encoding_and_delimiter_is_found_out(encoding, delimiter):
    text = written(PAYPAL, activity(Subject="Café – 5 €"), delimiter=delimiter)
    assert only(read(text.encode(encoding))).memo == "Café – 5 €"


def test_the_encoding_is_told_where_it_had_to_be_guessed():
    file = read(written(PAYPAL, activity(Subject="Café")).encode("cp1252"))
    assert "The text is Windows-1252." in file.told


def test_what_is_text_in_no_encoding_is_refused():
    with pytest.raises(UnreadableFile, match="UTF-8 or Windows-1252"):
        read(b"external_id,amount\np\x81,\xff\n")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04\x14\x00", "a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a spreadsheet"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\n <!DOCTYPE html><table>", "a web page"),
        ("external_id,amount\n".encode("utf-32"), "UTF-32"),
        (b"\0" * 100, "binary"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content, what):
    with pytest.raises(UnreadableFile) as refused:
        read(content)
    assert what in refused.value.sentence
    assert "CSV UTF-8" in refused.value.remedy


def test_where_no_header_is_found_the_columns_that_there_are_are_named():
    with pytest.raises(UnreadableFile) as refused:
        read("Ref,Value\n1,2\n")
    assert "It has: Ref, Value." in refused.value.sentence


def test_quoted_line_breaks_blank_lines_and_old_line_ends_keep_the_lines_right():
    rows = [activity("1", Note="two\nlines"), activity("2", gross="x")]
    text = written(PAYPAL, *rows, quoted=True)
    assert [line for line, _ in faults(read(text))] == [4]
    alone = "external_id,invoice,amount\r\rp,1,x\r"
    assert [line for line, _ in faults(read(alone))] == [3]


def test_case_and_stray_blanks_of_a_header_are_no_difference():
    header = [f" {name.upper()}  " for name in PAYPAL]
    row = {f" {name.upper()}  ": cell for name, cell in activity().items()}
    assert only(read(written(header, row))).external_id == "5TX1"


def test_columns_may_stand_in_any_order_and_others_are_named_as_unused():
    file = read(written([*reversed(PAYPAL), "Loyalty"], activity()))
    assert only(file).external_id == "5TX1"
    assert any("Loyalty" in sentence for sentence in file.told)


def test_trailing_empty_cells_are_nothing():
    text = written(PAYPAL, [*(activity().get(name, "") for name in PAYPAL), "", ""])
    assert only(read(text)).external_id == "5TX1"


def test_an_id_that_a_spreadsheet_rounded_is_refused():
    [(line, fault)] = faults(read(written(SQUARE, sale("4.2E+15"))))
    assert line == 2
    assert "external_id" in fault
    assert "spreadsheet rounded it" in fault


def test_a_line_of_totals_or_notes_at_the_end_is_no_payment():
    total = [""] * len(SQUARE)
    total[0], total[SQUARE.index("Total Collected")] = "Totals", "$22.50"
    file = list(read(written(SQUARE, sale(), total)))
    assert [row.line for row in file if row.note] == [3]


@pytest.mark.parametrize("text", ["", "\n\n", written(PAYPAL)])
def test_a_file_without_payments_is_nothing_to_do(text):
    with pytest.raises(NotPossible, match="nothing to do"):
        list(read(text))


def test_an_unknown_profile_is_told_with_those_there_are():
    with pytest.raises(CannotBeMeant, match="no profile"):
        read(EACH["paypal"], profile="paypall")


# What programs send.


def read_object(values: dict[str, object]) -> FileRow:
    [row] = PaymentFile([json.dumps(values).encode()], "jsonl", TODAY)
    return row


def test_a_program_gives_a_payment_as_an_object():
    row = read_object(
        {
            "external_id": "pay_1",
            "amount": "250.00",
            "currency": "USD",
            "date": "2026-07-10",
            "method": "ach",
            "reference": "tr_9",
            "gateway": "stripe",
            "processed": True,
            "charge_state": "pending",
            "customer": "Larkspur Tile",
            "applied": [{"invoice": "100", "amount": "250.00"}],
        }
    )
    assert row.faults == ()
    assert row.payment.charged
    assert row.payment.charge_state is ChargeState.PENDING
    assert row.payment.uses == (NewUse("100", Decimal("250.00")),)


def test_a_payment_that_was_not_processed_is_offline():
    given = {"external_id": "p", "amount": "1.00", "customer": "Juniper", "processed": False}
    assert not read_object(given).payment.charged
    assert read_object({**given, "processed": "no"}).faults
    assert read_object({**given, "offline": False}).faults

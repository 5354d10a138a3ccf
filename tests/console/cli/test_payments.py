"""``deskbridge payments``: taken in once, shown in full, decided about one way or the other."""

from __future__ import annotations

import json

import pytest

from console.cli import output
from shared.models import audit, connections
from shared.models.payments import (
    account_rules,
    from_quickbooks,
    payment_pages,
    postings,
    quickbooks_lists,
    sets,
)
from shared.rules.payments.values import ListEntry, ListKind, PostingState
from tests.console.cli.builders import customer, import_into, invoice, quickbooks_payment

KEYS = ["id", "external_id", "source", "status", "reason", "amount", "currency", "date", "txn_id"]
HEADER = "external_id,amount,invoice,date\n"


@pytest.fixture
def books(shell):
    """Larkspur Tile owes invoice 1042, Juniper Yoga owes 1050."""
    shell.says("connection", "add", "Larkspur")
    juniper = {"customer_list_id": "80000002-1", "customer_full_name": "Juniper Yoga"}
    import_into(
        shell,
        "Larkspur",
        invoice("A-1", "1042", "1234.50"),
        invoice("A-2", "1050", "99.90", **juniper),
        customers=[customer("80000001-1", "Larkspur Tile"), customer("80000002-1", "Juniper Yoga")],
    )
    return shell


def add(shell, external_id="pay_1", *words, amount="250.00", to="1042"):
    """Take a payment in; returns its number."""
    named = ("--external-id", external_id, "--amount", amount, "--invoice", to)
    return str(shell.json("payments", "add", "Larkspur", *named, *words)["id"])


def move(shell, state, text="pay_1", **told):
    with shell.store.transaction():
        payment = payment_pages.find(connections.get("Larkspur").id, text)
        [part] = postings.of_payment(payment.id)
        postings.move(part.id, PostingState(state), shell.store.now(), event="test", **told)


def park(shell):
    """QuickBooks may or may not have the payment pay_1."""
    add(shell)
    move(shell, "sent")
    move(shell, "parked", code="payment-found-several", reason="Two were found.")
    return add(shell)


def in_doubt(shell, phase="hold"):
    """The request of payment pay_1 got no answer."""
    number = add(shell)
    move(shell, "sent")
    with shell.store.transaction():
        held = connections.get("Larkspur")
        [part] = postings.of_payment(int(number))
        sets.begin(
            connection_id=held.id,
            company="",
            application_id=connections.applications(held.id)[1].id,
            posting_id=part.id,
            set_id="SET1",
            request=b"<QBXML/>",
            session_id=1,
            now=shell.store.now(),
            phase=phase,
        )
    return number


def opened(shell):
    with shell.store.reading():
        return sets.open_set(connections.get("Larkspur").id)


def shown(shell, text="pay_1"):
    return shell.json("payments", "show", text)


def statuses(shell):
    return {one["external_id"]: one["status"] for one in shell.json("payments", "list")}


def audited(shell):
    with shell.store.reading():
        return [(entry.action, entry.detail) for entry in audit.entries()]


def plain(text):
    """Text of a terminal with its line breaks taken out."""
    return " ".join(text.split())


def test_a_payment_is_taken_in_and_told_where_it_stands(books):
    text = plain(
        books.says(
            *("payments", "add", "Larkspur", "--external-id", "pay_1", "--amount", "250.00"),
            *("--invoice", "1042", "--date", "2026-01-04", "--method", "ach"),
        )
    )
    assert text == "Payment pay_1, 250.00 USD is imported as number 1. It is ready."
    held = shown(books)
    assert (held["status"], held["date"], held["method"]) == ("ready", "2026-01-04", "ach")
    assert held["applied"][0]["invoice_txn_id"] == "A-1"
    assert audited(books)[0] == ("payment.add", "Payment pay_1, 250.00 USD is imported")


def test_add_promises_its_keys(books):
    named = ("--external-id", "pay_1", "--amount", "1.00", "--invoice", "9999")
    taken = books.json("payments", "add", "Larkspur", *named)
    assert list(taken)[:3] == ["id", "status", "reason"]
    assert (taken["status"], taken["outcome"]) == ("waiting", "added")
    assert "9999" in taken["reason"]


def test_the_same_payment_again_has_the_same_number(books):
    assert add(books) == add(books) == "1"
    assert len(books.json("payments", "list")) == 1
    assert [action for action, _ in audited(books)].count("payment.add") == 1


def test_a_payment_without_a_date_keeps_the_one_it_came_in_with(books):
    add(books, "pay_1", "--date", "2025-12-24")
    assert add(books) == "1"
    assert shown(books)["date"] == "2025-12-24"


def test_other_content_for_a_known_payment_corrects_it(books):
    add(books)
    assert add(books, amount="251.00") == "1"
    assert shown(books)["amount"] == "251.00"
    assert audited(books)[0] == (
        "payment.correct",
        "pay_1: amount 250.00 -> 251.00; applied 1042=250.00 -> 1042=251.00",
    )


def test_a_correction_of_what_was_sent_is_refused_and_is_a_problem(books):
    add(books)
    move(books, "sent")
    named = ("--external-id", "pay_1", "--amount", "251.00", "--invoice", "1042")
    said = plain(books.refuses(1, "payments", "add", "Larkspur", *named))
    assert "amount 250.00 -> 251.00" in said
    assert "What to do:" in said
    assert shown(books)["amount"] == "250.00"
    [problem] = books.json("problems", "list")
    assert problem["code"] == "payment-changed-after-sending"
    add(books)
    assert books.json("problems", "list") == []


def test_a_payment_on_account_names_its_customer_by_name_or_list_id(books):
    paid = ("payments", "add", "Larkspur", "--amount", "10.00", "--external-id")
    books.says(*paid, "pay_1", "--customer", "Larkspur Tile")
    books.says(*paid, "pay_2", "--customer", "80000001-1")
    assert [shown(books, one)["applied"] for one in ("pay_1", "pay_2")] == [[], []]
    assert shown(books, "pay_2")["customer"] == "80000001-1"


def test_the_customer_of_an_invoice_may_be_named_by_list_id(books):
    add(books, "pay_1", "--customer", "80000001-1")
    add(books, "pay_2", "--customer", "80000002-1")
    assert statuses(books) == {"pay_1": "ready", "pay_2": "refused"}
    assert shown(books)["customer"] == "Larkspur Tile"


def test_what_became_of_the_charge_is_taken_over(books):
    add(books, "pay_1", "--charge-state", "pending")
    assert statuses(books) == {"pay_1": "not_eligible"}
    add(books)
    assert statuses(books) == {"pay_1": "ready"}


def test_an_offline_payment_is_kept_and_never_posted(books):
    add(books, "pay_1", "--offline")
    held = shown(books)
    assert (held["status"], held["code"], held["offline"]) == (
        "not_eligible",
        "payment-offline",
        True,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--amount", "1.00"], "Give the invoice"),
        (["--amount", "1.005", "--invoice", "1042"], "1.005"),
        (["--amount", "-1.00", "--invoice", "1042"], "below zero"),
        (["--amount", "1.00", "--applied", "1042"], "INVOICE=AMOUNT"),
        (["--amount", "1.00", "--applied", "1042=2.00"], "more than"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(books, words, said):
    refusal = plain(books.refuses(2, "payments", "add", "Larkspur", "--external-id", "x", *words))
    assert said in refusal
    assert books.json("payments", "list") == []


def test_a_payment_for_two_customers_shows_its_two_parts(books):
    books.says(
        *("payments", "add", "Larkspur", "--external-id", "pay_1", "--amount", "1334.40"),
        *("--applied", "1042=1234.50", "--applied", "1050=99.90"),
    )
    parts = shown(books)["parts"]
    assert [(part["customer"], part["amount"]) for part in parts] == [
        ("Larkspur Tile", "1234.50"),
        ("Juniper Yoga", "99.90"),
    ]
    assert "In QuickBooks: 2 payments" in plain(books.says("payments", "show", "pay_1"))


def import_rows(shell, text, name="payments.csv"):
    path = shell.folder / name
    path.write_text(text)
    return path


def test_a_file_is_taken_in_and_again_adds_nothing(books):
    path = import_rows(books, HEADER + "pay_1,100.00,1042,2026-01-04\npay_2,9.90,1050,\n")
    assert "2 rows: 2 new, 0 changed, 0 unchanged, 0 refused." in books.says(
        "payments", "import", "Larkspur", str(path)
    )
    again = books.json("payments", "import", "Larkspur", str(path))
    nothing = {"refused": [], "notes": [], "left_out": [], "told": []}
    assert again == {"new": 0, "changed": 0, "unchanged": 2, **nothing}
    assert statuses(books) == {"pay_1": "ready", "pay_2": "ready"}


def test_with_a_bad_row_none_is_taken_in_and_each_is_told_with_its_line(books):
    rows = ["pay_1,100.00,1042,", "pay_2,1.005,1050,", ",1.00,1050,2026-01-04"]
    path = import_rows(books, HEADER + "\n".join(rows) + "\n")
    said = plain(books.refuses(1, "payments", "import", "Larkspur", str(path)))
    assert "Nothing imported: 2 of 3 rows have errors." in said
    assert "line 2" not in said
    assert 'line 3: amount: "1.005" is not an amount' in said
    assert "line 4: external_id" in said
    assert "--skip-bad-rows" in said
    assert statuses(books) == {}


def test_bad_rows_may_be_skipped(books):
    path = import_rows(books, HEADER + "pay_1,100.00,1042,\npay_2,1.005,1050,\n")
    command = ("payments", "import", "Larkspur", str(path), "--skip-bad-rows", "--json")
    result = books.run(*command)
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (told["new"], [(one["line"], one["external_id"]) for one in told["refused"]]) == (
        *(1,),
        [(3, "pay_2")],
    )
    assert "1.005" in told["refused"][0]["reason"]
    assert "1 other row imported" in plain(result.stderr)
    assert statuses(books) == {"pay_1": "ready"}


def test_a_typo_is_corrected_by_the_next_export_and_does_not_block_it(books):
    """A payment that names a wrong invoice waits; the corrected file is taken in as it is."""
    first = import_rows(books, HEADER + "p_unk,50.00,1402,2026-01-04\n")
    books.says("payments", "import", "Larkspur", str(first))
    assert statuses(books) == {"p_unk": "waiting"}
    good = "p_good,9.90,1050,2026-01-05\n"
    path = import_rows(books, HEADER + "p_unk,50.00,1042,2026-01-04\n" + good)
    told = books.json("payments", "import", "Larkspur", str(path))
    assert (told["new"], told["changed"], told["refused"]) == (1, 1, [])
    assert statuses(books) == {"p_unk": "ready", "p_good": "ready"}


def test_a_cumulative_export_is_refused_only_where_a_payment_was_sent(books):
    add(books, "pay_1", "--date", "2026-01-04")
    move(books, "sent")
    rows = ["pay_1,7.00,1042,2026-01-04", "pay_2,9.90,1050,2026-01-05"]
    path = import_rows(books, HEADER + "\n".join(rows) + "\n")
    dry = books.run("payments", "import", "Larkspur", str(path), "--json", "--dry-run")
    assert statuses(books) == {"pay_1": "sent"}
    done = books.run("payments", "import", "Larkspur", str(path), "--json")
    assert (dry.exit_code, dry.stdout) == (done.exit_code, done.stdout) == (1, done.stdout)
    told = json.loads(done.stdout)
    assert (told["new"], told["changed"], told["unchanged"]) == (1, 0, 0)
    [refused] = told["refused"]
    assert (refused["line"], refused["external_id"]) == (2, "pay_1")
    assert "amount 250.00 -> 7.00" in refused["reason"]
    assert refused["remedy"]
    assert statuses(books) == {"pay_1": "sent", "pay_2": "ready"}


def test_a_dry_run_says_what_would_change(books):
    add(books, "pay_1", "--date", "2026-01-04")
    path = import_rows(books, HEADER + "pay_1,7.00,1042,2026-01-04\nTotal,7.00,,\n")
    said = plain(books.says("payments", "import", "Larkspur", str(path), "--dry-run"))
    assert "Nothing is written. 2 rows would be: 0 new, 1 changed" in said
    assert "Line 2: pay_1: amount 250.00 -> 7.00" in said
    assert "Line 3: it is a total or a title" in said
    assert shown(books)["amount"] == "250.00"


def test_a_file_that_may_not_be_read_is_piped_in_by_somebody_who_may(books, monkeypatch):
    path = import_rows(books, HEADER)

    def denied(_path, _mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(path), "open", denied)
    said = plain(books.refuses(1, "payments", "import", "Larkspur", str(path)))
    assert "deskbridge payments import Larkspur - --format csv <" in said
    assert "choose a place" not in said


@pytest.mark.parametrize("where", ["memo", "reference", "customer", "external_id", "invoice"])
@pytest.mark.parametrize("written", ["a\\u0000b", "a\\ud800b"])
def test_what_no_store_can_keep_is_refused_with_line_and_column(books, where, written):
    row = {"external_id": "p", "invoice": "1042", "amount": "1.00", where: "HERE"}
    given = json.dumps(row).replace("HERE", written)
    command = ("payments", "import", "Larkspur", "-", "--format", "jsonl")
    said = plain(books.refuses(1, *command, given=given))
    assert f"line 1: {where}: " in said
    assert statuses(books) == {}


def test_json_lines_come_from_standard_input(books):
    row = json.dumps({"external_id": "pay_1", "amount": "100.00", "invoice": "1042"})
    given = ("payments", "import", "Larkspur", "-", "--format", "jsonl")
    assert "1 row: 1 new" in books.says(*given, given=row)


def test_a_file_of_unknown_kind_must_be_named(books):
    path = import_rows(books, "x", "payments.xlsx")
    said = plain(books.refuses(2, "payments", "import", "Larkspur", str(path)))
    assert "--format csv" in said


@pytest.fixture
def both_sides(books):
    """One payment ready, one waiting, one of QuickBooks and one that was deleted there."""
    add(books, "pay_1")
    add(books, "pay_2", to="9999")
    with books.store.transaction():
        held, now = connections.get("Larkspur").id, books.store.now()
        batch = [quickbooks_payment("7B-1", "A-1"), quickbooks_payment("7B-2", "A-9")]
        from_quickbooks.store(held, 1, batch, now)
        from_quickbooks.mark_deleted(held, ["7B-2"], now)
    return books


def test_payments_are_listed_with_the_promised_keys(both_sides):
    listed = both_sides.json("payments", "list", "Larkspur")
    assert list(listed[0])[: len(KEYS)] == KEYS
    assert [(row["source"], row["status"]) for row in listed] == [
        ("invoiced", "ready"),
        ("invoiced", "waiting"),
        ("quickbooks", "imported"),
    ]


def test_a_listing_may_be_narrowed(both_sides):
    def names(*words):
        listed = both_sides.json("payments", "list", *words)
        return [row["external_id"] or row["txn_id"] for row in listed]

    assert names("--status", "waiting", "--status", "ready") == ["pay_1", "pay_2"]
    assert names("--source", "quickbooks") == ["7B-1"]
    assert names("--deleted") == ["7B-2"]


def test_what_cannot_be_both_is_nothing(both_sides):
    both = ("--source", "quickbooks", "--status", "ready")
    assert both_sides.json("payments", "list", *both) == []


def test_the_table_tells_reasons_and_how_many_stand_where(both_sides):
    text = both_sides.says("payments", "list")
    assert "3 payments: 1 imported, 1 ready, 1 waiting." in text
    assert "9999" in text
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("name", ["1", "pay_1"])
def test_show_tells_the_whole_life(books, name):
    add(books)
    move(books, "sent")
    move(books, "posted", txn_id="9A-1", posted_at=books.store.now())
    text = plain(books.says("payments", "show", name))
    for told in (
        "Payment pay_1, 250.00 USD",
        "posted",
        "Larkspur Tile",
        "9A-1",
        "1042 pays 250.00",
    ):
        assert told in text
    life = books.json("payments", "show", "9A-1")
    assert [event["event"] for event in life["events"]][:2] == ["received", "planned"]
    assert (life["parts"][0]["state"], life["parts"][0]["set_id"]) == ("posted", None)


def test_show_names_the_request_that_is_in_doubt(books):
    in_doubt(books)
    assert shown(books)["parts"][0]["set_id"] == "SET1"
    assert "Message set SET1: sent 1 time" in plain(books.says("payments", "show", "pay_1"))


def test_show_says_what_to_do_about_a_problem(books):
    add(books, "pay_1", "--customer", "Juniper Yoga")
    held = shown(books)
    assert (held["status"], held["code"]) == ("refused", "payment-customer-mismatch")
    assert held["remedy"]
    assert held["remedy"] in plain(books.says("payments", "show", "pay_1"))


def test_a_payment_that_is_not_there_is_said_so(books):
    assert "no payment 'pay_9'" in books.refuses(3, "payments", "show", "pay_9")


def test_a_payment_of_several_connections_must_be_named(books):
    books.says("connection", "add", "Bramble")
    add(books)
    books.says(
        *("payments", "add", "Bramble", "--external-id", "pay_1", "--amount", "1"),
        *("--invoice", "7"),
    )
    said = plain(books.refuses(2, "payments", "show", "pay_1"))
    assert "#1 (Larkspur, " in said
    assert "#2 (Bramble, " in said
    held = books.json("payments", "show", "pay_1", "--connection", "bramble")
    assert held["amount"] == "1.00"


def test_digits_that_are_a_number_and_an_external_id_must_be_told_apart(books):
    add(books)
    add(books, "1", amount="5.00")
    said = plain(books.refuses(2, "payments", "skip", "1", "--because", "by hand"))
    assert "#1 (Larkspur, Payment pay_1, 250.00 USD) and #2 (Larkspur, Payment 1, 5.00 USD)" in said
    assert books.json("payments", "show", "#1")["external_id"] == "pay_1"
    assert books.json("payments", "show", "1", "--connection", "Larkspur")["id"] == 2
    assert set(statuses(books).values()) == {"ready"}


def test_digits_are_an_external_id_where_no_payment_has_that_number(books):
    add(books, "40817")
    books.says("payments", "skip", "40817", "--because", "by hand")
    assert statuses(books) == {"40817": "skipped"}


def test_a_payment_is_decided_about_by_its_external_id(books):
    add(books)
    books.says("payments", "skip", "pay_1", "--because", "by hand")
    books.says("payments", "unskip", "pay_1", "--connection", "Larkspur")
    assert statuses(books) == {"pay_1": "ready"}


def test_an_external_id_of_two_connections_is_decided_about_in_neither(books):
    books.says("connection", "add", "Bramble")
    add(books)
    named = ("--external-id", "pay_1", "--amount", "1", "--invoice", "7")
    books.says("payments", "add", "Bramble", *named)
    said = plain(books.refuses(2, "payments", "skip", "pay_1", "--because", "by hand"))
    assert "Larkspur" in said
    assert "Bramble" in said
    books.says("payments", "skip", "pay_1", "--connection", "Bramble", "--because", "by hand")
    rows = {row["connection"]: row["status"] for row in books.json("payments", "list")}
    assert rows == {"Larkspur": "ready", "Bramble": "skipped"}


def test_a_refused_payment_is_retried(books):
    number = add(books)
    move(books, "refused", code="3120", said="no such customer")
    assert "is ready: the next Payment Sync posts it." in plain(
        books.says("payments", "retry", number)
    )
    assert statuses(books) == {"pay_1": "ready"}
    assert audited(books)[0] == ("payment.retry", "Payment pay_1, 250.00 USD (1)")


def test_ids_may_come_from_standard_input(books):
    for external_id in ("pay_1", "pay_2"):
        add(books, external_id)
    books.says("payments", "skip", "-", "--because", "by hand", given="1\npay_2\n")
    assert set(statuses(books).values()) == {"skipped"}


def test_a_decision_is_carried_out_for_all_or_for_none(books):
    first, second = add(books, "pay_1"), add(books, "pay_2")
    move(books, "sent", "pay_2")
    said = plain(books.refuses(3, "payments", "skip", first, second, "--because", "by hand"))
    assert "pay_2" in said
    assert "Nothing was changed." in said
    assert statuses(books) == {"pay_1": "ready", "pay_2": "sent"}
    assert "payment.skip" not in dict(audited(books))


def test_a_skip_has_a_reason_and_is_taken_back(books):
    number = add(books)
    assert "reason is empty" in books.refuses(2, "payments", "skip", number, "--because", " ")
    books.says("payments", "skip", number, "--because", "recorded by hand")
    held = shown(books)
    assert (held["status"], held["note"]) == ("skipped", "recorded by hand")
    books.says("payments", "unskip", number)
    assert statuses(books) == {"pay_1": "ready"}
    assert [action for action, _ in audited(books)][:2] == ["payment.unskip", "payment.skip"]


def test_a_payment_is_withdrawn_before_it_was_sent_and_not_after(books):
    add(books, "pay_1")
    add(books, "pay_2")
    move(books, "sent", "pay_2")
    text = plain(books.says("payments", "withdraw", "pay_1"))
    assert text == "Payment pay_1, 250.00 USD is withdrawn and will not be posted."
    said = plain(books.refuses(3, "payments", "withdraw", "pay_2"))
    assert "it was sent to QuickBooks. On file: sent; " in said
    assert statuses(books) == {"pay_1": "withdrawn", "pay_2": "sent"}
    [listed] = books.json("payments", "list", "--status", "withdrawn")
    assert listed["external_id"] == "pay_1"
    [found] = books.json("reconcile")
    assert all(one["external_id"] != "pay_1" for one in found["ready"] + found["waiting"])


def test_a_parked_payment_is_posted_anew_only_when_that_is_said(books):
    number = park(books)
    said = plain(books.refuses(2, "payments", "retry", number))
    assert "a retry posts it as a NEW payment" in said
    assert "--yes" in said
    assert statuses(books) == {"pay_1": "parked"}
    books.says("payments", "retry", number, "--yes")
    [part] = shown(books)["parts"]
    assert (part["state"], part["generation"]) == ("planned", 2)


@pytest.fixture
def at_a_terminal(monkeypatch):
    monkeypatch.setattr(output, "is_terminal", lambda: True)


@pytest.mark.parametrize(("said", "state"), [("y\n", "ready"), ("\n", "parked")])
@pytest.mark.usefixtures("at_a_terminal")
def test_at_a_terminal_it_is_asked_whether_to_post_anew_and_no_is_the_default(books, said, state):
    number = park(books)
    asked = plain(books.run("payments", "retry", number, given=said).stdout)
    assert "Two were found. Payment pay_1, 250.00 USD: QuickBooks may already have it" in asked
    assert statuses(books) == {"pay_1": state}


def test_no_number_is_wrong_usage_and_an_unknown_one_is_said_so(books):
    assert "No payment was named" in books.refuses(2, "payments", "retry")
    assert "no payment '99'" in books.refuses(3, "payments", "unskip", "99")


def test_a_person_vouches_that_a_doubt_is_over(books):
    in_doubt(books)
    text = plain(books.says("payments", "settle", "Larkspur", "--yes"))
    assert "The next Payment Sync settles Payment pay_1, 250.00 USD" in text
    vouched = opened(books)
    assert vouched.settle_now_by
    assert audited(books)[0] == ("payment.settle", "Payment pay_1, 250.00 USD")
    assert shown(books)["events"][-1]["who"] == vouched.settle_now_by


def test_settling_asks_first_and_without_a_terminal_it_needs_yes(books):
    in_doubt(books)
    said = plain(books.refuses(2, "payments", "settle", "Larkspur"))
    assert "Confirm that no PC is still running the request for Payment pay_1" in said
    assert opened(books).settle_now_by == ""


@pytest.mark.parametrize(("said", "settled"), [("y\n", True), ("\n", False)])
@pytest.mark.usefixtures("at_a_terminal")
def test_at_a_terminal_settling_names_what_could_go_wrong(books, said, settled):
    in_doubt(books)
    asked = plain(books.run("payments", "settle", given=said).stdout)
    assert "a request that is still running would post it twice" in asked
    assert bool(opened(books).settle_now_by) is settled


def test_without_a_doubt_there_is_nothing_to_settle(books):
    assert "No payment of Larkspur has an unknown outcome" in plain(
        books.refuses(3, "payments", "settle")
    )


def test_a_request_that_is_out_is_not_in_doubt_yet(books):
    in_doubt(books, phase="sent")
    assert "is being posted now" in plain(books.refuses(3, "payments", "settle", "--yes"))
    assert opened(books).settle_now_by == ""


def test_deposit_rules_are_made_listed_and_removed(books):
    made = books.json(
        *("payments", "rules", "deposit", "Larkspur", "Bank:Checking"),
        *("--method", "ach", "--currency", "usd"),
    )
    assert list(made) == ["id", "method", "currency", "gateway", "account"]
    assert (made["method"], made["currency"], made["account"]) == ("ach", "USD", "Bank:Checking")
    text = plain(books.says("payments", "rules", "deposit", "Larkspur", "undeposited"))
    assert text == "Rule 2: all payments go to Undeposited Funds."
    listed = books.json("payments", "rules", "list")
    assert [rule["account"] for rule in listed["deposits"]] == ["Bank:Checking", ""]
    books.says("payments", "rules", "remove", "Larkspur", "1")
    assert [rule["id"] for rule in books.json("payments", "rules", "list")["deposits"]] == [2]
    assert audited(books)[0] == ("rule.remove", "1")


def test_a_rule_that_is_there_already_is_refused(books):
    given = ("payments", "rules", "deposit", "Larkspur", "Bank:Checking", "--method", "ach")
    books.says(*given)
    said = plain(books.refuses(1, *given))
    assert "Deposit rule 1 has the same conditions" in said
    assert "Remove that rule first." in said


def test_an_account_that_quickbooks_does_not_list_is_warned_of(books):
    with books.store.transaction():
        entry = ListEntry(ListKind.ACCOUNT, "8-1", "Bank:Checking", "Bank", "", "USD", True)
        quickbooks_lists.add(connections.get("Larkspur").id, [entry])
    result = books.run("payments", "rules", "deposit", "Larkspur", "Bank:Cheking")
    assert result.exit_code == 0
    assert "Did you mean Bank:Checking?" in plain(result.stderr)


def test_method_rules_are_made_listed_and_removed(books):
    given = ("payments", "rules", "method", "Larkspur")
    books.says(*given, "credit_card", "Visa")
    made = books.json(*given, "credit_card", "")
    assert made == {"method": "credit_card", "quickbooks_method": ""}
    assert "credit_card (none)" in plain(books.says("payments", "rules", "list"))
    books.says("payments", "rules", "remove", "Larkspur", "credit_card")
    with books.store.reading():
        assert account_rules.method_rules(connections.get("Larkspur").id) == []
    assert "no method rule 'credit_card'" in books.refuses(
        3, "payments", "rules", "remove", "Larkspur", "credit_card"
    )
    assert "no deposit rule 7" in books.refuses(3, "payments", "rules", "remove", "Larkspur", "7")


def test_without_rules_the_defaults_are_said(books):
    text = plain(books.says("payments", "rules", "list"))
    assert "payments are deposited to Undeposited Funds" in text
    assert "each method uses its usual name" in text


def test_what_was_on_file_without_an_invoice_is_posted_once_it_is_retried(books):
    on_account = ("--external-id", "pay_a", "--amount", "9.00", "--customer", "Larkspur Tile")
    books.says("payments", "add", "Larkspur", *on_account)
    assert statuses(books) == {"pay_a": "not_eligible"}
    said = plain(books.says("connection", "edit", "Larkspur", "--on-account", "post", "--yes"))
    assert "refused" not in said
    assert "retry those that should be posted" in said
    assert statuses(books) == {"pay_a": "not_eligible"}
    books.says("payments", "retry", "pay_a")
    assert statuses(books) != {"pay_a": "not_eligible"}

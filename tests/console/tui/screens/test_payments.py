from __future__ import annotations

import pytest

from shared.models import connections
from shared.models import tables as t
from shared.models.payments import from_quickbooks, sets
from shared.models.statements import insert_rows
from shared.operations import payments
from shared.operations.pages import AT_ONCE as PAGE
from shared.operations.payment_views import OF_EACH, read_filter
from shared.operations.payments import AT_ONCE
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.payments.views import PaymentFilter
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.console.tui.screens.lists import survives
from tests.deciding import decide
from tests.models.builders import NOON, customer, invoice, later, paid
from tests.models.payments.builders import JUNIPER, Till, applied, money, pays, received

S = PaymentStatus


@pytest.fixture
def till(office):
    """Larkspur owes 250.00 by invoice 100, Juniper 40.00 by 200."""
    till = Till(office.store)
    till.owes(invoice("1A-100"), invoice("1A-200", "40.00", **JUNIPER))
    return till


def decided(office):
    """The audit trail, without what came in."""
    return [entry for entry in office.audit() if entry.action != "payment.import"]


def in_doubt(till, text="pay_1", **changes):
    """The request of a payment got no answer."""
    one = till.write("SET1", text)
    till.move(PostingState.SENT, text, set_id="SET1")
    till.save(one, **{"phase": "doubt", "doubted": True} | changes)
    told = "QuickBooks did not tell whether it saved the payment."
    till.move(PostingState.UNKNOWN, text, code="payment-unknown", reason=told, set_id="SET1")


def park(till, text="pay_1"):
    till.move(PostingState.SENT, text)
    told = "2 payments in QuickBooks carry the tags of this one."
    till.move(PostingState.PARKED, text, code="payment-found-several", reason=told)


@pytest.fixture
def queue(till):
    """One payment in each of six states, and two that were recorded in QuickBooks."""
    till.take_in(
        pays("pay_unknown", "11.00", currency="USD"),
        pays("pay_parked", "12.00", currency="USD"),
        pays("pay_refused", "13.00", currency="USD", disputed=True),
        pays("pay_waiting", "14.00", ("999", "14.00"), currency="USD", customer="Larkspur Tile"),
        pays("pay_ready", "1234567.89", ("200", "15.00"), currency="USD"),
        pays("pay_cash", "16.00", currency="USD", charged=False),
        now=later(days=-3),
    )
    park(till, "pay_parked")
    in_doubt(till, "pay_unknown")
    with till.store.transaction():
        from_quickbooks.store(till.id, 1, [received("7B-1"), received("7B-2")], NOON)
    return till


# The queue.


def test_before_the_first_payment_the_next_step_is_said(office):
    async def scenario(at: Driver) -> None:
        await at.press("m")
        assert "No payment yet." in at.text
        assert "press + to import a file of payments" in at.text

    sit_down(office.url, scenario)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_queue_shows_state_by_state_what_needs_a_person_first(office, queue, size):
    async def scenario(at: Driver) -> None:
        await at.press("m")
        assert "Payments (3 need attention, 2 on their way)" in at.lines[0]
        groups = [line for line in at.lines if ": 1 " in line and line[0].isupper()]
        assert [line.partition(":")[0] for line in groups[:5]] == [
            *("Unknown", "Parked", "Refused", "Waiting", "Ready"),
        ]
        waiting = next(line for line in groups if line.startswith("Waiting"))
        assert waiting.split()[2:] == ["06-09", "12:00", "14.00"]
        row = next(line for line in at.lines if line.startswith("pay_ready"))
        assert "1,234,567.89" in row
        assert ("Its invoice (999)" in "\n".join(at.lines[:22])) == (size == LARGE)
        assert "Outcome unknown: the next Payment Sync settles it" in at.text

    sit_down(office.url, scenario, size=size)


def test_a_waiting_payment_is_seen_with_its_reason_and_remedy(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m", *["j"] * 7)
        assert at.screen.payment().external_id == "pay_waiting"
        assert (
            "What happened: Its invoice (999) is not imported yet, so the payment waits." in at.text
        )
        assert "What to do: Run Invoice Sync" in at.text
        assert "s: sets it aside with your reason; it is not posted. u undoes that." in at.text

    sit_down(office.url, scenario)


def test_enter_on_a_state_lists_all_of_it_and_esc_leads_back_to_that_line(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m", "end")
        assert "Imported: 2 payments. Recorded in QuickBooks and imported from there." in at.text
        assert "Listed here: none. Enter lists all of this state." in at.text
        await at.press("enter")
        assert "Payments (imported: 2)" in at.lines[0]
        assert [line.split()[:2] for line in at.lines[2:4]] == [["CHK", "77"], ["CHK", "77"]]
        await at.press("escape")
        assert "3 need attention" in at.lines[0]
        assert "Imported: 2 payments." in at.text
        await at.press("escape")
        assert "Connections" in at.lines[0]

    sit_down(office.url, scenario)


def test_f_goes_through_the_states_that_there_are(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m")
        seen = []
        for _ in range(8):
            await at.press("f")
            seen.append(at.lines[0].partition("(")[2].partition(":")[0])
        assert seen[:7] == [
            *("unknown", "parked", "refused", "waiting", "ready", "not eligible", "imported"),
        ]
        assert seen[7].startswith("3 need attention")

    sit_down(office.url, scenario)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", PaymentFilter()),
        ("Larkspur  pay_8Kd2", PaymentFilter(words=("Larkspur", "pay_8Kd2"))),
        ("REFUSED parked", PaymentFilter(statuses=(S.REFUSED, S.PARKED))),
        ("not-eligible", PaymentFilter(statuses=(S.NOT_ELIGIBLE,))),
        ("quickbooks", PaymentFilter(statuses=(S.IMPORTED,))),
        ("invoiced waiting", PaymentFilter(statuses=(S.WAITING,))),
        ("deleted", PaymentFilter(statuses=(S.IMPORTED,), deleted=True)),
    ],
)
def test_a_filter_is_understood(typed, understood):
    assert read_filter(typed) == understood


def test_a_source_is_every_state_but_those_of_the_other(office, queue):
    assert set(read_filter("invoiced").statuses) == set(PaymentStatus) - {S.IMPORTED}

    async def scenario(at: Driver) -> None:
        await at.press("m", "slash")
        await at.type("invoiced")
        await at.press("enter")
        assert len([line for line in at.lines if line.startswith("pay_")]) == 6
        assert "CHK 77" not in at.text

    sit_down(office.url, scenario)


def test_the_filter_finds_a_payment_by_what_people_call_it(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m", "slash")
        await at.type("juniper")
        await at.press("enter")
        assert [line.split()[0] for line in at.lines[2:4] if line] == ["pay_ready"]
        await at.press("slash")
        await at.type(" nothing")
        assert "No payment matches the filter." in at.text
        await at.press("enter", "f")  # a key, not a letter in the line
        assert "nothing" in at.text

    sit_down(office.url, scenario)


def test_the_company_of_a_payment_comes_into_focus_and_0_widens_again(office, queue):
    other = Till(office.store, "Bramble")
    other.take_in(pays("pay_b", "33.00", ("999", "33.00"), currency="CAD"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "slash")
        await at.type("pay_b")
        await at.press("enter", "full_stop", "escape")
        assert "Payments of Bramble (0 need attention, 1 on their way)" in at.lines[0]
        assert [line.split()[0] for line in at.lines[2:4]] == ["Waiting:", "pay_b"]
        await at.press("0")
        assert "Payments (3 need attention, 3 on their way)" in at.lines[0]

    sit_down(office.url, scenario)


def test_sums_in_two_currencies_are_two_lines(office, till):
    till.take_in(
        pays("pay_1", "10.00", ("999", "10.00"), currency="USD"),
        pays("pay_2", "20.00", ("999", "20.00"), currency="CAD"),
    )

    async def scenario(at: Driver) -> None:
        await at.press("m")
        lines = [line.split() for line in at.lines if line.startswith("Waiting: 1 ")]
        assert [line[-2:] for line in lines] == [["20.00", "CAD"], ["10.00", "USD"]]

    sit_down(office.url, scenario)


def test_amounts_are_never_cut_however_narrow_the_window(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m")
        for width in range(120, 20, -3):
            await at.resize((width, 30))
            [row] = [line for line in at.lines if line.startswith(("pay_ready", "pay_re…"))][-1:]
            assert "1,234,567.89" in row or "," not in row, row

    sit_down(office.url, scenario)


def test_news_keeps_the_cursor_on_its_payment(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m", *["j"] * 7)
        queue.take_in(pays("pay_new", "1.00", ("999", "1.00"), currency="USD", disputed=True))
        await at.second()
        assert "Refused: 2" in at.text
        assert at.screen.payment().external_id == "pay_waiting"
        assert "Its invoice (999) is not imported yet" in at.text

    sit_down(office.url, scenario)


# Many payments.


def fill(store, connection, count):
    """So many payments of the platform that wait, and as many that are posted."""
    told = {"connection": connection.id, "source": "invoiced", "date": "2024-06-01"}
    told |= {"charge_state": "succeeded", "amount_cents": 100, "currency": "USD"}
    told |= {"received_ms": 1718193600000, "changed_ms": 1718193600000}
    add = insert_rows(t.Payment, "key", "status", **told)
    with store.transaction():
        for status in ("waiting", "posted"):
            add.many((f"{status}_{n}", status) for n in range(count))


def test_of_twenty_thousand_payments_only_those_in_view_are_read(office, counted):
    fill(office.store, office.connect(), 10_000)

    async def scenario(at: Driver) -> None:
        await at.press("m")
        counted.clear()
        await at.second()
        assert sum(counted) < 20 + OF_EACH
        assert len(counted) < 20
        assert "Waiting: 10,000" in at.text
        assert "Waiting: 10,000 payments." in at.text
        assert f"Listed here: the newest {OF_EACH}." in at.text
        for keys in (["enter"], ["end", "n"], ["n"], ["escape"]):
            counted.clear()
            await at.press(*keys)
            assert sum(counted) < 2 * (PAGE + 20)
            assert len(counted) < 40
        counted.clear()
        await at.press("slash")
        await at.type("g_77")
        assert max(counted) <= PAGE + 1

    sit_down(office.url, scenario)


def test_older_payments_are_turned_to_page_by_page(office):
    fill(office.store, office.connect(), PAGE + 5)

    async def scenario(at: Driver) -> None:
        await at.press("m", "f")
        assert "Payments (waiting: 105)" in at.lines[0]
        assert at.lines[2].startswith("waiting_104")
        await at.press("b")  # nothing newer: nothing happens
        await at.press("n")
        assert "waiting: 105, page 2" in at.lines[0]
        assert [line.split()[0] for line in at.lines[2:7]] == [
            f"waiting_{n}" for n in (4, 3, 2, 1, 0)
        ]
        await at.press("n")
        assert "page 2" in at.lines[0]
        await at.press("b")
        assert at.lines[2].startswith("waiting_104")

    sit_down(office.url, scenario)


# Decisions.


def test_refused_then_hint_then_retried_then_ready(office, till):
    till.owes(paid(invoice("1A-101", "80.00")))
    till.take_in(pays("pay_1", "80.00", ("101", "80.00"), currency="USD"))
    till.owes(invoice("1A-101", "80.00", edit_sequence="2"))  # opened again since

    async def scenario(at: Driver) -> None:
        await at.press("m", "j")
        assert (
            "What happened: Its invoice (101) is paid, voided or deleted in QuickBooks." in at.text
        )
        await at.press("t")
        assert "Troubleshooting, payment-invoice-closed" in at.lines[0]
        await at.press("escape", "r")
        assert "Retry Payment pay_1, 80.00 USD?" in at.text
        assert "USD: the next Payment Sync checks QuickBooks again and posts" in at.text
        assert at.app.focused.id == "cancel"
        await at.press("enter")
        assert till.stands()[0] is S.REFUSED
        await at.press("r", "right", "enter")
        assert "Payment pay_1, 80.00 USD is ready: the next Payment Sync posts it." in at.text
        assert at.lines[2].startswith("Ready: 1")

    sit_down(office.url, scenario)
    assert till.stands() == (S.READY, "")
    [entry] = decided(office)
    assert (entry.who, entry.action, entry.connection) == ("mara", "payment.retry", "Larkspur")
    assert entry.detail == "Payment pay_1, 80.00 USD (1)"


def test_a_payment_that_is_still_wrong_says_so(office, queue):
    async def scenario(at: Driver) -> None:
        await at.press("m", *["j"] * 5, "r", "right", "enter")
        assert "Payment pay_refused, 13.00 USD is refused: The charge was disputed" in at.text

    sit_down(office.url, scenario)
    assert queue.stands("pay_refused")[0] is S.REFUSED


def test_skipped_with_a_reason_and_taken_back(office, till):
    till.take_in(pays("pay_1", currency="USD"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "s")
        assert "Skip Payment pay_1, 100.00 USD?" in at.text
        assert "not be posted to QuickBooks unless somebody unskips it" in at.text
        await at.type("by hand in May")
        await at.press("enter")
        assert "1 payment will not be posted until it is unskipped." in at.text
        assert till.stands()[0] is S.SKIPPED
        await at.press("home", "enter")
        assert "Skipped because: by hand in May (by mara)" in at.text
        await at.press("u")
        assert "Unskip Payment pay_1, 100.00 USD?" in at.text
        assert "USD: the next Payment Sync checks QuickBooks again and posts" in at.text
        assert at.app.focused.id == "cancel"
        await at.press("right", "enter")
        assert "Payment pay_1, 100.00 USD is ready" in at.text

    sit_down(office.url, scenario)
    assert till.stands() == (S.READY, "")
    assert [entry.action for entry in decided(office)] == ["payment.unskip", "payment.skip"]
    assert decided(office)[1].detail == "Payment pay_1, 100.00 USD (1): by hand in May"


def test_a_parked_payment_is_posted_anew_only_after_the_consequence_was_named(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    park(till)

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "r")
        assert "QuickBooks may already have it, and a retry posts it as a NEW payment." in at.text
        assert at.app.focused.id == "cancel"
        await at.press("escape")
        assert till.stands()[0] is S.PARKED
        await at.press("r", "right", "enter")

    sit_down(office.url, scenario)
    assert till.stands() == (S.READY, "")
    assert till.part().generation == 2


def test_a_payment_that_was_parked_after_the_question_is_not_posted_anew(office, till):
    till.take_in(pays("pay_1", currency="USD", disputed=True))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "r")
        office.park(till.payment().id)
        await at.press("right", "enter")
        assert "a retry posts it as a NEW payment" in at.text  # asked anew
        await at.press("escape")
        assert "This changed while you were deciding, so nothing was done." in at.text

    sit_down(office.url, scenario)
    assert till.stands()[0] is S.PARKED
    assert decided(office) == []


def test_all_of_one_kind_are_retried_with_their_sum_named(office, till):
    till.take_in(
        *(pays(f"pay_{n}", "10.00", currency="USD", disputed=True) for n in range(3)),
        pays("pay_other", "5.00", ("200", "5.00"), currency="CAD"),
    )
    till.take_in(*(pays(f"pay_{n}", "10.00", currency="USD") for n in range(3)))  # disputes won

    async def scenario(at: Driver) -> None:
        await at.press("m", "slash")
        await at.type("refused")
        await at.press("enter", "down", "R")
        assert "Retry 3 payments?" in at.text
        assert "3 payments of 30.00 USD together: the next Payment Sync checks" in at.text
        assert at.app.focused.id == "cancel"
        await at.press("right", "enter")
        assert "3 payments retried: 3 ready." in at.text

    sit_down(office.url, scenario)
    assert till.stands("pay_other")[0] is S.REFUSED
    assert [entry.action for entry in decided(office)] == ["payment.retry"] * 3


def test_retrying_all_alike_keeps_to_the_filter_and_to_a_number_at_once(office, till):
    till.take_in(
        *(
            pays(f"pay_{n}", "1.00", ("999", "1.00"), reference=f"ch_{n % 2}", currency="USD")
            for n in range(2 * AT_ONCE + 2)
        )
    )

    async def scenario(at: Driver) -> None:
        await at.press("m", "slash")
        await at.type("ch_1")
        await at.press("enter", "R")
        assert f"Retry {AT_ONCE:,} payments?" in at.text
        assert f"These are the newest {AT_ONCE:,}." in at.text
        await at.press("escape", "slash", "end")
        await at.type(" pay_11")  # 11, 111, 113 … 119
        await at.press("enter", "R")
        assert "Retry 6 payments?" in at.text
        assert "6 payments of 6.00 USD together" in at.text

    sit_down(office.url, scenario)


def test_parked_payments_are_never_retried_together(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    park(till)

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "R")
        assert "Parked payments cannot be retried together" in at.text
        assert "Check each one in QuickBooks, then retry it separately." in at.text

    sit_down(office.url, scenario)


def test_a_payment_is_withdrawn_after_asking_with_its_content(office, till):
    till.take_in(pays("pay_1", currency="USD"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "x")
        assert "Withdraw Payment pay_1, 100.00 USD?" in at.text
        assert "100=100.00, credit_card, ch_9x." in at.text
        assert at.app.focused.id == "cancel"
        await at.press("escape")
        assert till.stands()[0] is S.READY
        await at.press("x", "right", "enter")
        assert "Payment pay_1, 100.00 USD is withdrawn and will not be posted." in at.text
        assert at.lines[2].startswith("Withdrawn: 1")

    sit_down(office.url, scenario)
    assert till.stands()[0] is S.WITHDRAWN
    assert [entry.action for entry in decided(office)] == ["payment.withdraw"]


def test_a_doubt_is_settled_now_after_it_was_said_what_is_vouched_for(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    in_doubt(till)

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "d")
        assert "Settle the request for Payment pay_1, 100.00 USD now?" in at.text
        assert "Confirm that no PC is still running the request for Payment pay_1" in at.text
        assert "restart the PC with the Web Connector" in at.text
        assert "no other PC runs one for Larkspur." in at.text
        assert at.app.focused.id == "cancel"
        await at.press("right", "enter")
        assert "it looks for the payment again, and resends it" in at.text
        await at.press("enter", "end")
        assert "to be settled now (mara)" in at.text
        assert "to be settled now: No copy of its request is left on any PC." in at.text

    sit_down(office.url, scenario)
    [entry] = decided(office)
    assert (entry.action, entry.detail) == ("payment.settle", "Payment pay_1, 100.00 USD")
    with office.store.reading():
        assert sets.open_set(till.id).settle_now_by == "mara"


def test_a_request_that_is_out_at_this_moment_is_not_in_doubt_yet(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    in_doubt(till, phase="sent", doubted=False)

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "d")
        assert "is being posted now, so its outcome is not" in at.text

    sit_down(office.url, scenario)


def test_nobody_vouches_for_a_request_that_was_sent_again_meanwhile(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    in_doubt(till)

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "d")
        with office.store.reading():
            held = sets.open_set(till.id)
        till.save(held, sends=2)
        await at.press("right", "enter")
        await at.press("escape")
        assert "This changed while you were deciding, so nothing was done." in at.text

    sit_down(office.url, scenario)
    assert decided(office) == []
    with office.store.reading():
        assert sets.open_set(till.id).settle_now_by == ""


def test_only_what_can_be_done_is_offered(office, queue):
    able = {
        "pay_unknown": "d t",
        "pay_parked": "r s t",
        "pay_refused": "r s x t",
        "pay_waiting": "r s x t",
        "pay_ready": "s x t",  # it waits behind pay_unknown
        "pay_cash": "r s x t",
        "quickbooks": "",
    }
    actions = {"r": "retry", "s": "skip", "u": "unskip", "d": "settle", "x": "withdraw"}
    actions |= {"w": "who", "t": "hint"}

    async def scenario(at: Driver) -> None:
        for words, keys in able.items():
            await at.press("m", "slash")
            await at.type(words)
            await at.press("enter")
            offered = [key for key, action in actions.items() if at.screen.check_action(action, ())]
            assert offered == keys.split(), words

    sit_down(office.url, scenario)


def test_a_console_that_only_looks_changes_nothing(office, till):
    till.take_in(pays("pay_1", currency="USD", disputed=True))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j")
        for keys in (["r", "right", "enter"], ["s", "x", "enter"]):
            at.screen.hush()
            await at.press(*keys)
            assert "Nothing was changed: this console is read-only." in at.text, keys
            assert "read-only" in at.lines[0]

    sit_down(office.url, scenario, read_only=True)
    assert till.stands()[0] is S.REFUSED
    assert decided(office) == []


# One payment.


def test_the_whole_life_of_a_posted_payment(office, till):
    till.take_in(pays("pay_1", currency="USD"), now=later(hours=-3))
    one = till.write("SET1", now=later(hours=-2))
    till.post(now=later(hours=-1))
    till.close(one)
    till.move(
        PostingState.POSTED,
        now=later(minutes=-30),
        event="verified",
        verified_at=later(minutes=-30),
        deposit_account="Bank:Checking",
        method="Credit Card",
        unused=money("20.00"),
    )
    till.owes(invoice("1A-100", "150.00", edit_sequence="2"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "enter", "enter")
        assert "Payment pay_1, 100.00 USD (Larkspur)" in at.lines[0]
        hours = {"received": "09:00", "planned": "09:00", "sent": "10:00", "answered": "11:00"}
        way = ", ".join(f"{step} 2024-06-12 {hour}" for step, hour in hours.items())
        assert f"Progress: {way}, verified 2024-06-12 11:30" in at.text
        assert "pays 100.00; Larkspur Tile, open, owes 150.00 USD now" in at.text
        await at.press("end")
        for told in (
            *("In QuickBooks: posted", "Customer Larkspur Tile (80-1)", "Applied to 100 100.00"),
            *("Not applied 20.00", "TxnID 9A-1", "Deposited to Bank:Checking"),
            *("Method Credit Card", "Message set SET1: sent 1 time, last 2024-06-12 10:00, posted"),
            *("2024-06-12 09:00 received", "2024-06-12 11:30 verified"),
        ):
            assert told in at.text, told

    sit_down(office.url, scenario, size=(SMALL[0], 60))


def test_a_payment_of_two_customers_shows_each_part(office, till):
    till.take_in(pays("pay_1", "60.00", ("100", "40.00"), ("200", "20.00"), currency="USD"))
    till.post(txn_id="9A-7")

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "enter")
        assert "In QuickBooks, part 1 of 2: posted" in at.text
        assert "In QuickBooks, part 2 of 2: planned" in at.text
        assert "Customer Juniper Yoga (80-2)" in at.text
        assert "Part 1: 40.00 USD for Larkspur Tile, invoice 100" in at.text

    sit_down(office.url, scenario, size=(80, 70))


def test_what_quickbooks_no_longer_has_is_told(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    till.post()
    till.move(PostingState.POSTED, event="deleted", deleted=True, who="")
    till.owes(invoice("1A-100", edit_sequence="3"))
    with till.store.transaction():
        from_quickbooks.store(till.id, 1, [received("7B-1", applied("1A-100", "5.00"))], NOON)
        from_quickbooks.mark_deleted(till.id, ["7B-1"], NOON)

    async def scenario(at: Driver) -> None:
        await at.press("m", "enter", "enter")
        assert "Status: posted, since 2024-06-12 12:00, deleted in QuickBooks" in at.text
        assert "Deleted QuickBooks no longer has it" in at.text
        await at.press("escape", "escape", "slash")
        await at.type("deleted")
        await at.press("enter")
        assert "Payments (deleted in QuickBooks)" in at.lines[0]
        await at.press("enter")
        assert "Status: imported, since 2024-06-12 12:00, deleted in QuickBooks" in at.text

    sit_down(office.url, scenario, size=(80, 60))


def test_a_problem_with_a_posted_payment_is_told_with_its_remedy(office, till):
    till.take_in(pays("pay_1", currency="USD"))
    till.post()
    till.take_in(pays("pay_1", currency="USD", refunded=money("100.00")))

    async def scenario(at: Driver) -> None:
        await at.press("m", "enter", "enter")
        assert "Problem: 100.00 USD of the payment was refunded" in at.text
        assert "What to do: Record the refund in QuickBooks" in at.text

    sit_down(office.url, scenario)


def test_a_text_is_found_in_the_life_and_all_of_it_is_copied(office, till):
    till.take_in(pays("pay_1", currency="USD"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "enter", "slash")
        await at.type("refnumber")
        assert "RefNumber" in at.text
        await at.press("enter", "C")
        assert at.app.clipboard.startswith("Payment pay_1, 100.00 USD\nStatus: ready")
        assert "received" in at.app.clipboard
        await at.press("slash", "x", "x", "x")
        assert "Not found." in at.text

    sit_down(office.url, scenario)


def test_a_payment_follows_what_is_decided_elsewhere(office, till):
    till.take_in(pays("pay_1", currency="USD"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "enter")
        decide(till.store, payments.plan_skip, [till.payment().id], "elsewhere", who="noor")
        await at.second()
        assert "Status: skipped" in at.text
        assert "Skipped because: elsewhere" in at.text
        assert "Decided by: noor" in at.text

    sit_down(office.url, scenario)


def test_a_payment_that_is_gone_is_a_sentence(office, till):
    till.take_in(pays("pay_1", currency="USD"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j", "enter")
        with office.store.transaction():
            connections.remove(till.id)
        await at.second()
        assert "There is no payment 1." in at.text
        await at.press("escape")
        assert "No payment yet." in at.text

    sit_down(office.url, scenario)


def test_quickbooks_text_is_never_markup_and_steers_no_terminal(office, till):
    name = "[red]Fern[/red] \x1b[31m & Co"
    till.hold(customer("80-9", name))
    till.owes(invoice("1A-900", customer_list_id="80-9", customer_full_name=name))
    till.take_in(pays("pay_1", "5.00", ("900", "5.00"), currency="USD", memo="[bold]x"))

    async def scenario(at: Driver) -> None:
        await at.press("m", "j")
        assert "[red]Fern" in at.text
        await at.press("enter")
        assert "[red]Fern[/red] ␛[31m & Co" in at.text
        assert "[bold]x" in at.text
        assert "\x1b" not in "".join(at.lines)

    sit_down(office.url, scenario, size=LARGE)


def test_every_size_is_survived(office, queue):
    survives(office, ("m",), ("j", "enter"), ("d",), ("escape", "escape", "f"))

from __future__ import annotations

import pytest

from shared.models import connections, syncs
from shared.models.ledger import rereads
from shared.operations.syncs import RECORDS_AT_ONCE
from shared.rules.values import RecordKind, SyncState
from shared.structs import replace
from tests.console.tui.screens.driver import LARGE, Driver, sit_down
from tests.console.tui.screens.office import imported
from tests.models.builders import NOON

REQUEST = (
    b'<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
    b'<InvoiceQueryRq requestID="7-1"><MaxReturned>200</MaxReturned></InvoiceQueryRq>'
    b"</QBXMLMsgsRq></QBXML>"
)
ANSWER = (
    '<QBXML><QBXMLMsgsRs><InvoiceQueryRs requestID="7-1" statusCode="0"><InvoiceRet>'
    "<RefNumber>1042</RefNumber><Memo>[red]ship[/red] 4111 1111 1111 1111</Memo>"
    "<CreditCardNumber>4000123412341234</CreditCardNumber></InvoiceRet>"
    "</InvoiceQueryRs></QBXMLMsgsRs></QBXML>"
)


@pytest.fixture
def larkspur(office):
    return office.connect()


@pytest.fixture
def troubled(office, larkspur):
    """Sync 1: two records imported, one failed."""
    sync = office.sync(larkspur, position=2, total=3, failed=1, message="Finished: 2 records")
    office.touched(sync, imported("A-1", "Invoice 7, Fern"), imported("A-2", "Invoice 8, Fern"))
    office.trouble(larkspur, sync, object_id="A-3")
    return office


def test_failed_records_come_first_with_words_reason_and_remedy(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter")
        assert "Sync 1: Larkspur" in at.lines[0]
        assert "Status: some failed, Invoice Sync, 2024-06-12 12:00, ran for 30 s" in at.text
        assert "Result: Finished: 2 records" in at.text
        assert "Records: 2 / 3 (1 failed, 2 imported)" in at.text
        assert at.lines[5] == "Failed records: 1"
        assert " ".join(at.lines[6].split()).startswith("Invoice 100, Larkspur Tile failed")
        assert at.lines[7] == "Synced: 2"
        assert "QuickBooks said: 12,5O" in at.text
        assert "What happened: The amount cannot be read." in at.text
        assert "What to do: Open the invoice in QuickBooks and save it again." in at.text
        assert "r: reads the invoice again in the next Invoice Sync" in at.text

    sit_down(troubled.url, scenario)


def test_fail_hint_retry(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "t")
        assert "Troubleshooting, invoice-unreadable" in at.lines[0]
        assert "The record is damaged or was written by another program." in at.text
        await at.press("escape", "r")
        assert "1 record will be read again by the next Invoice Sync." in at.text
        assert "Problem: waiting for the next sync to try again (by mara)" in at.text

    sit_down(troubled.url, scenario)
    with troubled.store.reading():
        assert rereads.next_reread(1, RecordKind.INVOICE, 10) == ["A-3"]
    assert [entry.action for entry in troubled.audit()] == ["problem.retry"]


def test_of_several_problems_with_a_record_the_one_of_this_sync_is_shown(troubled, larkspur):
    later_sync = troubled.sync(larkspur)
    troubled.trouble(larkspur, later_sync, object_id="A-3", code="record-refused", said="3170")

    async def scenario(at: Driver) -> None:
        await at.press("y", "down", "enter")
        assert "QuickBooks said: 12,5O" in at.text
        await at.press("escape", "up", "enter")
        assert "QuickBooks said: 3170" in at.text

    sit_down(troubled.url, scenario)


def test_skip_with_a_reason_and_unskip(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter")
        assert "u Unskip" not in at.lines[-1]
        await at.press("s", "enter")
        assert "A few words, or Esc to change nothing" in at.text  # nothing is no reason
        await at.type("booked by hand")
        await at.press("enter")
        assert "Problem: skipped: booked by hand (by mara)" in at.text
        assert "r Retry" not in at.lines[-1]
        await at.press("u")
        assert "will be included again in the next sync" in at.text

    sit_down(troubled.url, scenario)
    unskipped, skipped = troubled.audit()
    assert (unskipped.action, skipped.action) == ("problem.unskip", "problem.skip")
    assert skipped.detail.endswith(": booked by hand")


def test_nothing_can_be_retried_where_all_went_well(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "down")
        assert "Record: Invoice 7, Fern" in at.text
        assert "Outcome: imported" in at.text
        await at.press("r")
        assert "tried again" not in at.text
        assert "r Retry" not in at.lines[-1]

    sit_down(troubled.url, scenario)
    assert troubled.audit() == []


def test_a_sync_that_failed_as_a_whole_says_why_and_who_does_what(office, larkspur):
    sync = office.failed_sync(larkspur, "wrong-password", "The password is not right.")
    office.trouble(
        larkspur,
        sync,
        code="wrong-password",
        kind=RecordKind.SYNC,
        object_id="invoice",
        said="nvu",
    )

    async def scenario(at: Driver) -> None:
        await at.press("y", "enter")
        assert "Result: The password is not right." in at.text
        assert "QuickBooks said: nvu" in at.text
        assert "What to do (bookkeeper)" in at.text
        assert "s Skip" not in at.lines[-1]
        await at.press("t")
        assert "Troubleshooting, wrong-password" in at.lines[0]

    sit_down(office.url, scenario)


def test_records_beyond_the_first_are_listed_on_request(office, larkspur):
    sync = office.sync(larkspur)
    office.touched(sync, *(imported(f"A-{n}", f"Invoice {n}") for n in range(RECORDS_AT_ONCE + 3)))

    async def scenario(at: Driver) -> None:
        await at.press("y", "enter")
        assert f"Synced: the first {RECORDS_AT_ONCE:,} of {RECORDS_AT_ONCE + 3:,}" in at.text
        await at.press("n", "end")
        assert f"Synced: {RECORDS_AT_ONCE + 3:,}" not in at.lines[5]  # scrolled away
        assert f"Record: Invoice {RECORDS_AT_ONCE + 2}" in at.text

    sit_down(office.url, scenario)


def test_a_running_sync_is_watched_to_its_end(office, larkspur):
    sync = office.sync(larkspur, state=SyncState.STARTED, position=1, total=2, message="Reading")

    async def scenario(at: Driver) -> None:
        await at.press("y", "enter")
        assert "Result: Running: Reading" in at.text
        assert "x Stop" in at.lines[-1]
        office.touched(sync, imported("A-1", "Invoice 7, Fern"))
        with office.store.transaction():
            syncs.save(sync.id, state=SyncState.FINISHED, message="Finished: 1", ended_at=NOON)
        await at.second()
        assert "Result: Finished: 1" in at.text
        assert "Invoice 7, Fern" in at.text
        assert "x Stop" not in at.lines[-1]

    sit_down(office.url, scenario)


def test_copying_sends_everything_to_the_terminal_of_the_operator(troubled):
    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "C")
        assert "Record: Invoice 100, Larkspur Tile" in at.app.clipboard
        assert at.app.clipboard.startswith("Status: some failed")
        assert "Copied sync 1." in at.text

    sit_down(troubled.url, scenario)


def test_the_calls_of_a_sync_are_read_pretty_masked_and_searched(office, larkspur):
    sync = office.sync(larkspur)
    office.exchange(sync, REQUEST, ANSWER)
    office.exchange(office.sync(larkspur), REQUEST)

    async def scenario(at: Driver) -> None:
        await at.press("y", "down", "enter", "l")
        assert "Sync 1: 1 call to QuickBooks, answers are not kept" in at.lines[0]
        assert "no answer yet" in at.lines[2]
        await at.press("enter")
        assert "       <MaxReturned>200</MaxReturned>" in at.lines
        assert "Answer: none yet" in at.text
        await at.press("escape", "escape", "escape")
        assert "Recent Syncs" in at.lines[0]

    sit_down(office.url, scenario)


def test_an_answer_that_was_kept_is_shown_without_its_secrets(office, larkspur):
    one = office.exchange(office.sync(larkspur), REQUEST, ANSWER)
    with office.store.transaction():
        from shared.models import sessions

        sessions.save_exchange(replace(one, answered_at=NOON, status_code=0, response_bytes=9))

    async def scenario(at: Driver) -> None:
        await at.press("y", "enter", "l", "enter")
        assert "<RefNumber>1042</RefNumber>" in at.text
        assert "[red]ship[/red] …</Memo>" in at.text  # text, never markup
        assert "<CreditCardNumber>…</CreditCardNumber>" in at.text
        await at.press("slash")
        await at.type("refnumber")
        assert "Not found." not in at.text
        await at.press("X")
        assert "Not found." in at.text

    sit_down(office.url, scenario, size=LARGE)


def test_a_sync_that_was_forgotten_meanwhile_is_said(office, larkspur):
    sync = office.sync(larkspur)

    async def scenario(at: Driver) -> None:
        await at.press("y")
        with office.store.transaction():
            connections.remove(larkspur.id)
        await at.press("enter")
        assert f"There is no sync {sync.id}." in at.text
        await at.press("escape")
        assert "No sync yet." in at.text

    sit_down(office.url, scenario)

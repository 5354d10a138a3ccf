"""Remedies of what stops a sync, and of single invoices and customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NoReturn

from shared.models import applications, connections
from shared.qbxml.requests import RequestRefused
from shared.rules.throttling import Source
from shared.structs import replace
from simulator.company import acts
from simulator.company.product import Product
from tests.whole.bookkeeping import changed, failing, owes, spoil, synced
from tests.whole.conftest import small_company
from tests.whole.office import BECAUSE, Office, remedy
from tests.whole.rig import PASSWORD, Rig
from tests.whole.test_answers_not_taken import heavy


def signs_in_anew(office: Office) -> None:
    """The operator makes a new password, and the bookkeeper types it."""
    shown = office.runs("password", "rotate", "Larkspur", "--json")
    found = re.search(r"\b[2-9a-zA-Z]{24}\b", shown)
    assert found, shown
    synced(office.rig, password=found[0])


def is_cut(answer: str) -> str:
    return answer[: len(answer) // 2]


def begins(rig: Rig) -> None:
    """A sync of which nothing more is heard after its first question."""
    hand = rig.by_hand()
    hand.log_in()
    hand.ask()


# Logging in


@remedy("wrong-password")
def the_right_password_is_typed(office: Office) -> Iterator[None]:
    office.rig.by_hand(password="guessed").log_in()
    yield
    synced(office.rig)


@remedy("wrong-password")
def a_password_that_nobody_has_is_replaced(office: Office) -> Iterator[None]:
    office.rig.by_hand(password="guessed").log_in()
    yield
    signs_in_anew(office)


@remedy("old-password")
def the_newest_password_is_typed(office: Office) -> Iterator[None]:
    office.rig.rotate("Larkspur", "newest")
    office.rig.by_hand(password=PASSWORD).log_in()
    yield
    synced(office.rig, password="newest")


@remedy("old-password")
def the_newest_password_is_replaced(office: Office) -> Iterator[None]:
    office.rig.rotate("Larkspur", "newest")
    office.rig.by_hand(password=PASSWORD).log_in()
    yield
    signs_in_anew(office)


@remedy("password-hash-unreadable")
def a_damaged_password_is_replaced(office: Office) -> Iterator[None]:
    rig = office.rig
    with rig.store.transaction():
        every = [one.id for one in connections.applications(connections.get("Larkspur").id)]
        for _ in range(2):  # the password before is known by its proof, too
            applications.set_password(every, "damaged", "")
    rig.by_hand().log_in()
    yield
    signs_in_anew(office)


@remedy("login-locked")
def the_lock_ends(office: Office) -> Iterator[None]:
    for _ in range(6):
        office.rig.by_hand(password="guessed").log_in()
    yield
    office.rig.later(minutes=15)
    synced(office.rig)


@remedy("login-locked")
def the_operator_ends_the_lock(office: Office) -> Iterator[None]:
    office.rig.now = datetime.now(UTC)  # that of the command line, where the lock ends
    for _ in range(6):
        office.rig.by_hand(password="guessed").log_in()
    yield
    office.runs("password", "unlock", "Larkspur")
    synced(office.rig)


@remedy("address-locked")
def the_right_password_is_let_in_all_the_same(office: Office) -> Iterator[None]:
    guessed_from_the_office(office.rig)
    yield
    synced(office.rig)


@remedy("address-locked")
def the_operator_ends_the_lock_of_the_address(office: Office) -> Iterator[None]:
    office.rig.now = datetime.now(UTC)
    guessed_from_the_office(office.rig)
    yield
    office.runs("password", "unlock", "--address", office.rig.peer)
    synced(office.rig)


def guessed_from_the_office(rig: Rig) -> None:
    """So many wrong passwords for names that do not exist, and then one for Larkspur's."""
    rig.peer = "198.51.100.7"
    for number in range(Source.ADDRESS.free):
        rig.by_hand().call.authenticate(f"nobody-{number}", "guessed")
    rig.by_hand(password="guessed").log_in()


@remedy("application-replaced")
def the_latest_file_takes_the_place_of_the_row(office: Office) -> Iterator[None]:
    rig = office.rig
    connector, row = rig.web_connector()
    office.shell.says("connection", "edit", "Larkspur", "--layout", "combined", "--yes")
    connector.update(row)
    yield
    rig.rotate("Larkspur", PASSWORD)
    synced(rig, kind=combined(rig))


def combined(rig: Rig) -> object:
    with rig.store.reading():
        live = connections.applications(connections.get("Larkspur").id)
    return live[0].kind


# The company file


@remedy("company-mismatch")
def the_right_company_is_opened(office: Office) -> Iterator[None]:
    synced(office.rig)
    office.rig.sync(company=small_company(seed=8, name="Other Company Ltd"))
    yield
    synced(office.rig)


@remedy("company-mismatch")
def the_company_was_renamed_on_purpose(office: Office) -> Iterator[None]:
    synced(office.rig)
    other = small_company(seed=8, name="Other Company Ltd")
    office.rig.sync(company=other)
    yield
    office.runs("connection", "edit", "Larkspur", "--rebind")
    synced(office.rig, company=other)


@remedy("company-unmarked")
def the_file_is_added_again(office: Office) -> Iterator[None]:
    rig = office.rig
    synced(rig)
    connector, row = rig.web_connector()
    rig.company.set_data_ext(row.qwc.owner_id, "FileID", "")
    connector.update(row)
    yield
    office.runs("qwc", "Larkspur", "--keep-password", "--out", str(office.shell.folder))
    synced(rig)


@remedy("company-unmarked")
def files_with_new_ids_are_added(office: Office) -> Iterator[None]:
    rig = office.rig
    synced(rig)
    connector, row = rig.web_connector()
    rig.company.set_data_ext(row.qwc.owner_id, "FileID", "{00000000-0000-0000-0000-000000000001}")
    connector.update(row)
    yield
    office.runs("qwc", "Larkspur", "--renew-ids", "--out", str(office.shell.folder))
    rig.rotate("Larkspur", PASSWORD)
    synced(rig)


@remedy("company-bound-elsewhere")
def the_other_connection_is_removed(office: Office) -> Iterator[None]:
    synced(office.rig)
    office.rig.add_connection("Aster")
    office.rig.sync("Aster")
    yield
    office.runs("connection", "remove", "Larkspur")
    assert office.rig.sync("Aster").ok


@remedy("company-bound-elsewhere")
def the_second_connection_is_removed(office: Office) -> Iterator[None]:
    synced(office.rig)
    office.rig.add_connection("Aster")
    office.rig.sync("Aster")
    yield
    office.runs("connection", "remove", "Aster")


@remedy("company-bound-elsewhere")
def the_other_connection_moved(office: Office) -> Iterator[None]:
    synced(office.rig)
    office.rig.add_connection("Aster")
    office.rig.sync("Aster")
    yield
    office.runs("connection", "edit", "Larkspur", "--rebind")
    assert office.rig.sync("Aster").ok


@remedy("company-unidentified")
def quickbooks_tells_which_company_is_open(office: Office) -> Iterator[None]:
    hand = office.rig.by_hand()
    hand.log_in()
    hand.tell(spoil("<CompanyRet>.*?</CompanyRet>", "")(hand.work(hand.ask(hcp=""))))
    hand.close()
    yield
    synced(office.rig)


@remedy("quickbooks-too-old")
def quickbooks_is_upgraded(office: Office) -> Iterator[None]:
    yield from is_replaced(office, Product(year=2014))


@remedy("quickbooks-unsupported")
def a_supported_product_is_used(office: Office) -> Iterator[None]:
    yield from is_replaced(office, Product(name="QuickBooks Point of Sale 18"))


def is_replaced(office: Office, product: Product) -> Iterator[None]:
    used = office.books.profile
    office.books.profile = replace(used, product=product)
    office.rig.sync()
    yield
    office.books.profile = used
    synced(office.rig)


@remedy("qbxml-unsupported")
def quickbooks_is_updated(office: Office) -> Iterator[None]:
    hand = office.rig.by_hand()
    hand.log_in()
    listed = "(<SupportedQBXMLVersion>)[^<]*(</SupportedQBXMLVersion>)"
    hand.tell(spoil(listed, r"\g<1>1.0\g<2>")(hand.work(hand.ask(hcp=""))))
    hand.close()
    yield
    synced(office.rig)


@remedy("sample-company")
def sample_companies_are_allowed(office: Office) -> Iterator[None]:
    office.books.profile = replace(office.books.profile, is_sample=True)
    office.rig.sync()
    yield
    office.runs("connection", "edit", "Larkspur", "--sample-company", "allow")
    synced(office.rig)


# The course of a sync: the next one that goes well closes its problem


@remedy("session-expired")
def the_silent_one_runs_again(office: Office) -> Iterator[None]:
    begins(office.rig)
    office.rig.later(hours=2)
    with office.rig.store.transaction():
        office.rig.handlers.thd_reap()
    yield
    synced(office.rig)


@remedy("session-taken-over")
def the_newer_sync_goes_on(office: Office) -> Iterator[None]:
    begins(office.rig)
    office.rig.later(minutes=2)
    hand = office.rig.by_hand()
    hand.log_in()
    yield
    assert hand.tell(hand.work(hand.ask())) == 100


@remedy("session-cut")
def it_is_clicked_again(office: Office) -> Iterator[None]:
    hand = office.rig.by_hand()
    hand.log_in()
    hand.ask()
    hand.close()
    yield
    synced(office.rig)


@remedy("daemon-restarted")
def the_sync_after_the_restart_goes_on(office: Office) -> Iterator[None]:
    begins(office.rig)
    office.rig.later(seconds=5)
    office.rig.restart()
    hand = office.rig.by_hand()
    hand.log_in()
    yield
    assert hand.tell(hand.work(hand.ask())) == 100


@remedy("answer-foreign")
def it_is_asked_again(office: Office) -> Iterator[None]:
    hand = office.rig.by_hand()
    hand.log_in()
    hand.tell(spoil(r'requestID="[^"]*"', 'requestID="other"')(hand.work(hand.ask())))
    hand.close()
    yield
    synced(office.rig)


@remedy("answer-unreadable")
def the_line_is_whole_again(office: Office) -> Iterator[None]:
    office.rig.alter = is_cut
    office.rig.sync()
    yield
    office.rig.alter = None
    synced(office.rig)


@remedy("quickbooks-unreachable")
def the_company_is_opened_by_hand(office: Office) -> Iterator[None]:
    hand = office.rig.by_hand()
    hand.log_in()
    hand.call.connection_error(hand.ticket, "0x8004FFFF", "Something else.")
    yield
    synced(office.rig)


@remedy("quickbooks-refused")
def quickbooks_is_restarted(office: Office) -> Iterator[None]:
    office.rig.company.fail_next("0x8004FFFF", "InvoiceQueryRq")
    office.rig.sync()
    yield
    synced(office.rig)


@remedy("retries-exhausted")
def the_windows_are_closed(office: Office) -> Iterator[None]:
    owes(office.rig, "1", 100)
    office.rig.alter_with_request = failing(99, 3175, "could not be locked")
    office.rig.sync()
    yield
    office.rig.alter_with_request = None
    synced(office.rig)


@remedy("iterator-lost")
def the_list_is_read_once_more(office: Office) -> Iterator[None]:
    owes(office.rig, "1", 100)
    office.rig.alter_with_request = failing(99, 3391, "invalid iterator")
    office.rig.sync()
    yield
    office.rig.alter_with_request = None
    synced(office.rig)


@remedy("request-invalid")
def a_request_of_a_mended_program_goes_out(office: Office) -> Iterator[None]:
    def refuses(*_: object) -> NoReturn:
        raise RequestRefused("InvoiceQueryRq/TxnID", "x", "an ID", "Report it.")

    with office.patch.context() as patch:
        patch.setattr("daemon.session.handlers._bytes_of", refuses)
        office.rig.sync()
    yield
    synced(office.rig)


@remedy("internal-error")
def a_mended_program_goes_on(office: Office) -> Iterator[None]:
    def breaks(*_: object, **__: object) -> NoReturn:
        raise AssertionError

    with office.patch.context() as patch:
        patch.setattr("daemon.stages.invoices.stage.InvoiceStage.take_answer", breaks)
        office.rig.sync()
    office.failures.clear()
    yield
    synced(office.rig)


# Codes of QuickBooks itself


@remedy("0x80040408")
def quickbooks_is_started(office: Office) -> Iterator[None]:
    connector, row = office.rig.web_connector()
    office.rig.company.set_situation("closed")
    connector.update(row)
    yield
    office.rig.company.set_situation("open")
    synced(office.rig)


@remedy("3260")
def the_application_gets_the_right(office: Office) -> Iterator[None]:
    office.rig.alter_with_request = failing(9, 3260, "no permission")
    office.rig.sync()
    yield
    office.rig.alter_with_request = None
    synced(office.rig)


# Single records


@remedy("invoice-unreadable")
def the_invoice_is_saved_again(office: Office) -> Iterator[None]:
    owes(office.rig, "2", 20_000)
    office.rig.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(office.rig)
    yield
    office.rig.alter = None
    acts.edit(office.books, "2", add=100)
    synced(office.rig)


@remedy("invoice-unreadable")
def the_invoice_is_skipped(office: Office) -> Iterator[None]:
    owes(office.rig, "2", 20_000)
    office.rig.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(office.rig)
    yield
    office.runs("problems", "skip", office.number("invoice-unreadable"), *BECAUSE)
    synced(office.rig)


@remedy("invoice-total-mismatch")
def the_amounts_are_checked_and_saved(office: Office) -> Iterator[None]:
    owes(office.rig, "2", 20_000)
    office.rig.alter = spoil("<Subtotal>200.00<", "<Subtotal>190.00<")
    synced(office.rig)
    yield
    office.rig.alter = None
    acts.edit(office.books, "2", add=100)
    synced(office.rig)


@remedy("invoice-total-mismatch")
def the_amounts_are_right(office: Office) -> Iterator[None]:
    owes(office.rig, "2", 20_000)
    office.rig.alter = spoil("<Subtotal>200.00<", "<Subtotal>190.00<")
    synced(office.rig)
    yield
    office.acknowledges("invoice-total-mismatch")
    synced(office.rig)


@remedy("invoice-duplicate-number")
def each_invoice_gets_its_own_number(office: Office) -> Iterator[None]:
    second = [owes(office.rig, "1042", cents) for cents in (100, 200)][1]
    synced(office.rig)
    yield
    acts.renumber(office.books, second, "1042-B")
    synced(office.rig)


@remedy("invoice-duplicate-number")
def one_number_for_two_is_meant(office: Office) -> Iterator[None]:
    for cents in (100, 200):
        owes(office.rig, "1042", cents)
    synced(office.rig)
    yield
    for _ in range(2):
        office.acknowledges("invoice-duplicate-number")
    synced(office.rig)


@remedy("invoice-customer-missing")
def the_customer_may_be_read(office: Office) -> Iterator[None]:
    owes(office.rig, "1", 100)
    office.rig.alter = spoil("<CustomerRet>.*</CustomerRet>", "")
    synced(office.rig)
    yield
    office.rig.alter = None
    synced(office.rig)


@remedy("customer-unreadable")
def the_customer_is_saved_again(office: Office) -> Iterator[None]:
    owes(office.rig, "1", 100)
    office.rig.alter = spoil("<IsActive>true<", "<IsActive>maybe<")
    synced(office.rig)
    yield
    office.rig.alter = None
    synced(office.rig)


@remedy("credit-memo-unreadable")
def the_credit_memo_is_saved_again(office: Office) -> Iterator[None]:
    _gives_credit(office)
    office.rig.alter = spoil("<CreditRemaining>5.00<", "<CreditRemaining>five<")
    synced(office.rig)
    yield
    office.rig.alter = None
    synced(office.rig)


@remedy("credit-memo-unreadable")
def the_credit_memo_is_skipped(office: Office) -> Iterator[None]:
    _gives_credit(office)
    office.rig.alter = spoil("<CreditRemaining>5.00<", "<CreditRemaining>five<")
    synced(office.rig)
    yield
    office.runs("problems", "skip", office.number("credit-memo-unreadable"), *BECAUSE)
    synced(office.rig)


@remedy("credit-memos-not-read")
def the_permission_for_credit_memos_is_given(office: Office) -> Iterator[None]:
    _gives_credit(office)
    office.rig.alter_with_request = failing(99, 3260, "no permission", only="CreditMemo")
    synced(office.rig)
    yield
    office.rig.alter_with_request = None
    synced(office.rig)


@remedy("credit-memos-not-read")
def credit_memos_are_turned_off(office: Office) -> Iterator[None]:
    _gives_credit(office)
    office.rig.alter_with_request = failing(99, 3260, "no permission", only="CreditMemo")
    synced(office.rig)
    yield
    office.runs("connection", "edit", "Larkspur", "--credit-memos", "off")
    synced(office.rig)


def _gives_credit(office: Office) -> None:
    changed(office.rig, credit_memos=True)
    acts.credit(office.books, owes(office.rig, "1", 100), 600)


@remedy("customer-cycle")
def the_job_is_put_under_its_customer(office: Office) -> Iterator[None]:
    rig, customers = office.rig, office.books.customers
    owes(rig, "1", 100, "Larkspur Tile:Lobby")
    job = next(key for key, one in customers.items() if one.name == "Lobby")
    above = f"<ParentRef><ListID>{job}</ListID></ParentRef><Sublevel>0<"
    rig.alter = spoil("<Sublevel>0<", above)
    synced(rig)
    yield
    rig.alter = None
    acts.rename(office.books, "Larkspur Tile", "Larkspur Tiles")
    synced(rig)


@remedy("record-refused")
def the_record_is_put_right_and_retried(office: Office) -> Iterator[None]:
    owes(office.rig, "1", 100)
    office.rig.alter_with_request = failing(99, 3000, "bad record", only="<ListID>")
    synced(office.rig)
    yield
    office.rig.alter_with_request = None
    office.runs("problems", "retry", office.number("record-refused"))
    synced(office.rig)


@remedy("record-not-taken-in")
def the_record_is_shortened_and_retried(office: Office) -> Iterator[None]:
    owes(office.rig, "666", 10_000)
    office.rig.alter = lambda answer: heavy(answer, {"666"}, kib=200)
    synced(office.rig)
    yield
    office.rig.alter = None
    office.runs("problems", "retry", office.number("record-not-taken-in"))
    synced(office.rig)

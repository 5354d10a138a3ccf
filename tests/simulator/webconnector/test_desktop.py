"""The Web Connector's PC with the simulated company file on it."""

from __future__ import annotations

import pytest

from simulator.company import BadState, Company, QuickBooksError
from simulator.webconnector import Desktop, read_qwc
from simulator.webconnector.quickbooks import host_version
from tests.simulator.webconnector.builders import (
    FILE_ID,
    HCP,
    OWNER_ID,
    ScriptedService,
    connector,
    qwc,
)

APPLICATION = read_qwc(qwc())
HOST_QUERY = (
    '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
    '<HostQueryRq requestID="1"/></QBXMLMsgsRq></QBXML>'
)


def small_company() -> Company:
    return Company.create(customers=3, invoices=5)


def test_country_and_version_come_from_the_hosts_answer():
    assert host_version(HCP) == ("CA", 13, 0)


@pytest.mark.parametrize("hcp", ["", "HOSTQUERY is not supported", "<QBXML/>"])
def test_a_host_that_does_not_answer_counts_as_american(hcp):
    assert host_version(hcp) == ("US", 0, 0)


def test_a_company_is_opened_asked_and_closed():
    company = small_company()
    opened = Desktop(company).open(APPLICATION, "")
    assert opened.company_file == company.books.profile.file_path
    assert "<HostRet>" in opened.process(HOST_QUERY)
    opened.close()
    with pytest.raises(QuickBooksError):
        opened.process(HOST_QUERY)


def test_the_stamps_of_the_owner_are_in_the_hosts_answer():
    company = small_company()
    made = connector(ScriptedService(), quickbooks=Desktop(company))
    service = ScriptedService()
    made.transport = service
    assert made.update_selected().outcomes[0].ok
    first = next(call for call in service.calls if call.operation == "sendRequestXML")
    assert FILE_ID in first.parameters["strHCPResponse"]
    assert "LOCKED:QB-PC:" in first.parameters["strHCPResponse"]
    assert not company.data_ext(OWNER_ID, "AppLock")


def test_a_refusal_on_opening_carries_quickbooks_words():
    company = small_company()
    company.set_situation("modal-dialog")
    with pytest.raises(QuickBooksError) as caught:
        Desktop(company).open(APPLICATION, "")
    assert caught.value.hresult == "0x80040414"
    assert "modal dialog" in caught.value.message


def test_another_file_than_the_open_one_is_refused():
    with pytest.raises(QuickBooksError) as caught:
        Desktop(small_company()).open(APPLICATION, r"C:\Books\Other.qbw")
    assert caught.value.hresult == "0x8004040A"


def test_on_disk_the_company_is_written_when_it_is_closed(tmp_path):
    path = tmp_path / "state"
    small_company().save(path)
    desktop = Desktop.on_disk(path)
    assert desktop.stamped_file_id(OWNER_ID) == ""

    opened = desktop.open(APPLICATION, "")
    opened.set_data_ext(OWNER_ID, "FileID", FILE_ID)
    assert Company.load(path).data_ext(OWNER_ID, "FileID") is None
    opened.close()

    assert Company.load(path).data_ext(OWNER_ID, "FileID") == FILE_ID
    assert desktop.stamped_file_id(OWNER_ID) == FILE_ID


def test_on_disk_bookkeeping_between_two_updates_is_seen(tmp_path):
    path = tmp_path / "state"
    small_company().save(path)
    desktop = Desktop.on_disk(path)
    desktop.open(APPLICATION, "").close()
    with Company.changing(path) as company:
        company.set_situation("closed")
    with pytest.raises(QuickBooksError):
        desktop.open(APPLICATION, "")
    with Company.changing(path) as company:  # the lock was given back
        company.set_situation("open")
    desktop.open(APPLICATION, "").close()


def test_two_connectors_of_one_process_share_the_open_file(tmp_path):
    path = tmp_path / "state"
    small_company().save(path)
    desktop = Desktop.on_disk(path)
    first = desktop.open(APPLICATION, "")
    second = desktop.open(APPLICATION, "")
    second.set_data_ext(OWNER_ID, "AppLock", "LOCKED:SECOND-PC:1")
    second.close()
    assert first.data_ext(OWNER_ID, "AppLock") == "LOCKED:SECOND-PC:1"
    first.close()
    assert Company.load(path).data_ext(OWNER_ID, "AppLock") == "LOCKED:SECOND-PC:1"


def test_closing_twice_does_no_harm(tmp_path):
    path = tmp_path / "state"
    small_company().save(path)
    desktop = Desktop.on_disk(path)
    opened = desktop.open(APPLICATION, "")
    opened.close()
    opened.close()
    desktop.open(APPLICATION, "").close()


def payment(company: Company, attributes: str = 'onError="stopOnError"') -> str:
    """A payment on account of 5.00."""
    customer = next(iter(company.books.customers))
    return (
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML>'
        f"<QBXMLMsgsRq {attributes}><ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef>"
        f"<ListID>{customer}</ListID></CustomerRef><TotalAmount>5.00</TotalAmount>"
        "<IsAutoApply>false</IsAutoApply></ReceivePaymentAdd></ReceivePaymentAddRq>"
        "</QBXMLMsgsRq></QBXML>"
    )


def on_disk(path, **options) -> tuple[Desktop, int]:
    """A company on disk, and how many payments it has."""
    company = small_company()
    if options:
        company.fail_next("0x80010105", **options)
    company.save(path)
    return Desktop.on_disk(path), len(company.books.payments)


def test_a_write_is_on_disk_before_its_answer_leaves(tmp_path):
    path = tmp_path / "state"
    desktop, before = on_disk(path)
    opened = desktop.open(APPLICATION, "")
    with_id = 'onError="stopOnError" newMessageSetID="S1"'
    opened.process(payment(Company.load(path), with_id))
    there = Company.load(path)  # the Web Connector is killed here
    assert len(there.books.payments) == before + 1
    assert (APPLICATION.app_name, "S1") in there.books.message_sets
    check = with_id + ' oldMessageSetID="S1"'
    empty = '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq {}/></QBXML>'
    answer = there.connect(APPLICATION.app_name).process(empty.format(check))
    assert 'messageSetStatusCode="0"' in answer


@pytest.mark.parametrize(("options", "done"), [({}, 0), ({"done": True}, 1), ({"after": 1}, 1)])
def test_what_was_done_in_a_crash_is_on_disk_as_well(tmp_path, options, done):
    path = tmp_path / "state"
    desktop, before = on_disk(path, request="ReceivePaymentAddRq", **options)
    opened = desktop.open(APPLICATION, "")
    with pytest.raises(QuickBooksError):
        opened.process(payment(Company.load(path)))
    there = Company.load(path)
    assert len(there.books.payments) == before + done
    assert not there.books.faults


def test_a_write_that_nobody_wants_to_recover_is_on_disk_too(tmp_path):
    path = tmp_path / "state"
    desktop, before = on_disk(path)
    desktop.open(APPLICATION, "").process(payment(Company.load(path)))
    assert len(Company.load(path).books.payments) == before + 1


def test_reading_writes_nothing(tmp_path):
    path = tmp_path / "state"
    desktop, _ = on_disk(path)
    opened = desktop.open(APPLICATION, "")
    before = path.stat().st_ino
    opened.process(HOST_QUERY)
    assert path.stat().st_ino == before
    opened.process(payment(Company.load(path)).replace("5.00", "-5.00"))  # refused
    assert path.stat().st_ino == before


def test_another_company_can_be_opened_meanwhile():
    first, second = small_company(), Company.create(customers=1, invoices=0, name="Second Ltd.")
    desktop = Desktop(first)
    opened = desktop.open(APPLICATION, "")
    desktop.switch_to(second)
    with pytest.raises(QuickBooksError) as ended:
        opened.process(HOST_QUERY)
    assert ended.value.hresult == "0x8004040D"
    opened.close()
    with pytest.raises(QuickBooksError) as refused:
        desktop.open(APPLICATION, first.file_path)
    assert refused.value.hresult == "0x8004040A"
    again = desktop.open(APPLICATION, "")
    assert again.company_file == second.file_path
    desktop.switch_to(first)
    again.close()
    assert desktop.open(APPLICATION, "").company_file == first.file_path


def test_a_restored_backup_ends_the_sessions_of_a_desktop():
    company = small_company()
    desktop = Desktop(company)
    opened = desktop.open(APPLICATION, "")
    backup = company.backup()
    opened.process(payment(company))
    company.restore(backup)
    with pytest.raises(QuickBooksError):
        opened.process(HOST_QUERY)
    opened.close()
    assert "<HostRet>" in desktop.open(APPLICATION, "").process(HOST_QUERY)


def test_a_missing_state_is_said_in_words(tmp_path):
    with pytest.raises(BadState, match="company new"):
        Desktop.on_disk(tmp_path / "nothing")


def test_a_file_that_is_gone_later_cannot_be_opened(tmp_path):
    path = tmp_path / "state"
    small_company().save(path)
    desktop = Desktop.on_disk(path)
    path.unlink()
    assert desktop.stamped_file_id(OWNER_ID) == ""
    with pytest.raises(QuickBooksError) as caught:
        desktop.open(APPLICATION, "")
    assert caught.value.hresult == "0x80040403"

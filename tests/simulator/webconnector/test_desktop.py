"""The Web Connector's PC with the simulated company file on it."""

from __future__ import annotations

import pytest

from simulator.company import BadState, Company
from simulator.webconnector import Desktop, QuickBooksFailure, read_qwc
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
    with pytest.raises(QuickBooksFailure):
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
    with pytest.raises(QuickBooksFailure) as caught:
        Desktop(company).open(APPLICATION, "")
    assert caught.value.hresult == "0x80040414"
    assert "modal dialog" in caught.value.message


def test_another_file_than_the_open_one_is_refused():
    with pytest.raises(QuickBooksFailure) as caught:
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
    with pytest.raises(QuickBooksFailure):
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


def test_a_missing_state_is_said_in_words(tmp_path):
    with pytest.raises(BadState, match="company new"):
        Desktop.on_disk(tmp_path / "nothing")


def test_a_file_that_is_gone_later_cannot_be_opened(tmp_path):
    path = tmp_path / "state"
    small_company().save(path)
    desktop = Desktop.on_disk(path)
    path.unlink()
    assert desktop.stamped_file_id(OWNER_ID) == ""
    with pytest.raises(QuickBooksFailure) as caught:
        desktop.open(APPLICATION, "")
    assert caught.value.hresult == "0x80040403"

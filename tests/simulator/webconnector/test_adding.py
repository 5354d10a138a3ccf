"""Adding an application: two probes, then the stamps in the company file."""

from __future__ import annotations

import json
import socket

import pytest

from simulator.company import QuickBooksError
from simulator.webconnector import Behavior, Registry, WebConnector, WebConnectorError
from tests.simulator.webconnector.builders import (
    FILE_ID,
    OWNER_ID,
    FakeQuickBooks,
    ScriptedService,
    other_qwc,
    qwc,
)

APP = "http://localhost:8085/qbwc/invoice"
SUPPORT = "http://localhost:8085/support"


class Unreachable(ScriptedService):
    """A service whose pages at some addresses cannot be had at all."""

    def __init__(self, **errors: OSError) -> None:
        super().__init__()
        self.errors = errors

    def __call__(self, url, headers, body, /):
        for part, error in self.errors.items():
            if part in url:
                raise error
        return super().__call__(url, headers, body)


def pc(
    service: ScriptedService | None = None,
    quickbooks: FakeQuickBooks | None = None,
    registry: Registry | None = None,
) -> WebConnector:
    return WebConnector(
        quickbooks or FakeQuickBooks(),
        transport=service or ScriptedService(),
        registry=registry or Registry(),
    )


def refusal(connector: WebConnector, data: bytes) -> WebConnectorError:
    with pytest.raises(WebConnectorError) as caught:
        connector.add(data, "secret")
    assert connector.registry.rows == []
    return caught.value


def refusal_code(connector: WebConnector) -> str:
    with pytest.raises(WebConnectorError) as caught:
        connector.add(qwc(), "secret")
    return caught.value.code


def test_app_url_then_support_are_fetched_and_the_company_is_stamped():
    service, quickbooks = ScriptedService(), FakeQuickBooks()
    pc(service, quickbooks).add(qwc(), "secret")
    assert service.gets == [APP, SUPPORT]
    assert service.calls == []
    assert quickbooks.stamps == {(OWNER_ID, "FileID"): FILE_ID, (OWNER_ID, "AppLock"): ""}
    assert quickbooks.events[-1] == "close"


def test_the_certificate_is_checked_at_cert_url_when_there_is_one():
    service = ScriptedService()
    pc(service).add(qwc(CertURL="http://localhost:8085/cert"), "secret")
    assert service.gets == ["http://localhost:8085/cert", SUPPORT]


@pytest.mark.parametrize("status", [204, 301, 401, 405, 500])
def test_an_app_url_that_does_not_answer_200_blames_the_certificate(status):
    service = ScriptedService()
    service.pages[APP] = status
    assert refusal(pc(service), qwc()).code == "QBWC1048"


@pytest.mark.parametrize("status", [204, 302, 403, 500])
def test_a_support_page_must_answer_200_or_202(status):
    service = ScriptedService()
    service.pages[SUPPORT] = status
    assert refusal(pc(service), qwc()).code == "QBWC1003"


def test_a_support_page_may_answer_202():
    service = ScriptedService()
    service.pages[SUPPORT] = 202
    assert pc(service).add(qwc(), "secret")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ({"qbwc": ConnectionRefusedError()}, "QBWC1048"),
        ({"qbwc": socket.gaierror(-2, "unknown")}, "QBWC1035"),
        ({"support": TimeoutError()}, "QBWC1004"),
    ],
)
def test_pages_that_cannot_be_reached_have_their_codes(errors, code):
    assert refusal(pc(Unreachable(**errors)), qwc()).code == code


def test_an_unknown_host_elsewhere_is_not_about_localhost():
    data = qwc(AppURL="https://example.com/qbwc", AppSupport="https://example.com/support")
    service = Unreachable(qbwc=socket.gaierror(-2, "unknown"))
    assert refusal(pc(service), data).code == "QBWC1048"


def test_quickbooks_must_be_open_when_an_application_is_added():
    closed = FakeQuickBooks(refusals=[QuickBooksError("0x80040408", "not started")])
    assert refusal(pc(quickbooks=closed), qwc()).code == "QBWC1022"


def test_a_stamp_that_cannot_be_written_is_qbwc1027():
    failing = FakeQuickBooks(close_failure=QuickBooksError("0x80040402", "unexpected"))
    assert refusal(pc(quickbooks=failing), qwc()).code == "QBWC1027"


def test_a_read_only_application_cannot_be_added():
    assert refusal(pc(), qwc(IsReadOnly="true")).code == "QBWC1039"


def test_one_file_id_serves_one_application():
    connector = pc()
    connector.add(qwc(), "secret")
    with pytest.raises(WebConnectorError) as caught:
        connector.add(other_qwc(FileID=FILE_ID), "secret")
    assert caught.value.code == "QBWC1026"
    assert len(connector.registry.rows) == 1


def test_a_known_application_is_neither_probed_nor_stamped_again():
    service, quickbooks = ScriptedService(), FakeQuickBooks()
    connector = pc(service, quickbooks)
    connector.add(qwc(), "secret")
    service.gets.clear()
    quickbooks.events.clear()
    connector.add(qwc(), "new password")
    assert (service.gets, quickbooks.events) == ([], [])
    assert [row.password for row in connector.registry.rows] == ["new password"]


def test_the_stamp_says_that_the_application_was_added_before():
    quickbooks = FakeQuickBooks()
    pc(quickbooks=quickbooks).add(qwc(), "secret")
    service = ScriptedService()
    pc(service, quickbooks).add(qwc(), "secret")
    assert service.gets == []


def test_fresh_ids_under_the_same_unique_name_replace_and_are_stamped():
    quickbooks = FakeQuickBooks()
    connector = pc(quickbooks=quickbooks)
    connector.add(qwc(), "secret")
    fresh = {"OwnerID": OWNER_ID.replace("1", "8"), "FileID": FILE_ID.replace("A", "B")}
    connector.add(qwc(**fresh), "secret")
    assert len(connector.registry.rows) == 1
    assert quickbooks.stamps[fresh["OwnerID"], "FileID"] == fresh["FileID"]


def test_two_applications_with_one_unique_name_become_one_row():
    connector = pc()
    connector.add(qwc(), "secret")
    connector.add(other_qwc(AppUniqueName="Deskbridge Invoice 1a2b3c4d"), "secret")
    assert [row.qwc.app_name for row in connector.registry.rows] == ["Payment Sync"]


def test_a_registry_file_remembers_applications_but_no_password(tmp_path):
    path = tmp_path / "registry.json"
    quickbooks = FakeQuickBooks()
    pc(quickbooks=quickbooks, registry=Registry(path)).add(qwc(), "secret horse")
    assert "secret horse" not in path.read_text()
    assert json.loads(path.read_text())["applications"][0]["owner_id"] == OWNER_ID

    service = ScriptedService()
    other_file = FakeQuickBooks()  # another company is open now: nothing stamps it
    again = pc(service, other_file, Registry(path))
    again.add(qwc(), "secret horse")
    assert (service.gets, other_file.stamps) == ([], {})


def test_a_stamped_company_may_refuse_an_application_from_another_pc():
    quickbooks = FakeQuickBooks()
    pc(quickbooks=quickbooks).add(qwc(), "secret")
    other_pc = pc(quickbooks=quickbooks)
    other_pc.behavior = Behavior(refuse_stamped=True)
    assert refusal(other_pc, qwc()).code == "QBWC1039"


def test_a_registry_that_cannot_be_written_is_qbwc1011(tmp_path):
    nowhere = Registry(tmp_path / "no" / "such" / "folder" / "registry.json")
    assert refusal_code(pc(registry=nowhere)) == "QBWC1011"


def test_a_damaged_registry_is_qbwc1011(tmp_path):
    path = tmp_path / "registry.json"
    path.write_text("{}")
    with pytest.raises(WebConnectorError) as caught:
        Registry(path)
    assert caught.value.code == "QBWC1011"

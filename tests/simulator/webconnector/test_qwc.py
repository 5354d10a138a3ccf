"""The .qwc file: what the Web Connector takes from it, and what it refuses."""

from __future__ import annotations

import pytest

from simulator.webconnector import WebConnectorError, read_qwc
from tests.simulator.webconnector.builders import FILE_ID, OWNER_ID, qwc


def refusal(data: bytes) -> WebConnectorError:
    with pytest.raises(WebConnectorError) as caught:
        read_qwc(data)
    return caught.value


def test_a_good_file_is_read():
    read = read_qwc(qwc(Scheduler="<RunEveryNMinutes>30</RunEveryNMinutes>", AuthFlags="0xF"))
    assert (read.app_name, read.username) == ("Invoice Sync", "larkspur-invoice")
    assert (read.owner_id, read.file_id) == (OWNER_ID, FILE_ID)
    assert read.key == "Deskbridge Invoice 1a2b3c4d"
    assert (read.run_every_seconds, read.auth_flags) == (1800, 15)


def test_escaped_values_come_out_plain():
    assert read_qwc(qwc(AppName="Invoices &amp; Co")).app_name == "Invoices & Co"


def test_the_display_name_is_the_rows_label():
    assert read_qwc(qwc(AppDisplayName="Invoices")).label == "Invoices"
    assert read_qwc(qwc()).label == "Invoice Sync"


def test_without_a_unique_name_the_name_is_the_key():
    assert read_qwc(qwc(AppUniqueName=None)).key == "Invoice Sync"


def test_the_first_of_two_intervals_wins():
    both = "<RunEveryNSeconds>90</RunEveryNSeconds><RunEveryNMinutes>5</RunEveryNMinutes>"
    assert read_qwc(qwc(Scheduler=both)).run_every_seconds == 90


def test_comments_between_elements_do_no_harm():
    assert read_qwc(qwc().replace(b"<AppID>", b"<!-- legacy --><AppID>"))


@pytest.mark.parametrize(
    "name",
    [
        "AppName",
        "AppID",
        "AppURL",
        "AppDescription",
        "AppSupport",
        "UserName",
        "OwnerID",
        "FileID",
        "QBType",
    ],
)
def test_a_missing_element_is_qbwc1039_and_named(name):
    error = refusal(qwc(**{name: None}))
    assert error.code == "QBWC1039"
    assert name in error.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AppSupport": "http://example.com/support"}, "QBWC1000"),
        ({"AppURL": "https://192.0.2.7/qbwc"}, "QBWC1001"),
        ({"AppURL": "https://[2001:db8::1]/qbwc"}, "QBWC1001"),
        ({"AppURL": "http://127.0.0.1:8085/qbwc"}, "QBWC1001"),
        ({"AppSupport": "http://192.0.2.7/support"}, "QBWC1002"),
        ({"AppURL": "http://example.com/q", "AppSupport": "https://example.com/"}, "QBWC1010"),
        ({"AppURL": "example.com/qbwc"}, "QBWC1039"),
        ({"AppURL": "http://localhost:many/qbwc"}, "QBWC1039"),
        ({"UserName": ""}, "QBWC1039"),
        ({"OwnerID": "11111111-2222-3333-4444-555555555555"}, "QBWC1039"),
        ({"FileID": "{1}"}, "QBWC1039"),
        ({"AppDescription": "x" * 81}, "QBWC1039"),
        ({"QBType": "QBPOS"}, "QBWC1039"),
        ({"QBType": "QBO"}, "QBWC1039"),
        ({"Style": "RPC"}, "QBWC1039"),
        ({"PersonalDataPref": "pdpSometimes"}, "QBWC1039"),
        ({"UnattendedModePref": "yes"}, "QBWC1039"),
        ({"IsReadOnly": "no"}, "QBWC1039"),
        ({"AuthFlags": "all"}, "QBWC1039"),
        ({"Scheduler": "<RunEveryNMinutes>0</RunEveryNMinutes>"}, "QBWC1039"),
        ({"Scheduler": "<RunEveryNMinutes>often</RunEveryNMinutes>"}, "QBWC1039"),
    ],
)
def test_each_broken_rule_has_its_code(changes, code):
    assert refusal(qwc(**changes)).code == code


def test_a_description_of_eighty_characters_is_taken():
    assert read_qwc(qwc(AppDescription="x" * 80))


def test_https_elsewhere_is_taken():
    assert read_qwc(qwc(AppURL="https://example.com/q", AppSupport="https://EXAMPLE.com/help"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"\xef\xbb\xbf" + qwc(),
        b"<Other/>",
        qwc().replace(b"<QBWCXML>", b"<QBWCXML xmlns='urn:x'>"),
        qwc(AppURL="http://localhost/?a=1&b=2"),
    ],
    ids=["empty", "text", "byte order mark", "other root", "namespace", "unescaped ampersand"],
)
def test_what_is_not_a_qwc_file_is_qbwc1039(data):
    assert refusal(data).code == "QBWC1039"

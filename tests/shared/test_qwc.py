from __future__ import annotations

from xml.etree import ElementTree

import pytest

from shared.application_names import MAX_APP_NAME, app_name, new_guid, new_unique_name
from shared.qwc import QwcRefused, build_qwc, describe, file_name, shared_values
from shared.rules.values import ApplicationKind
from tests.shared.builders import FILE_ID, OWNER_ID, application

PUBLIC = "https://sync.example.com"


def build(app=None, **changes):
    given = {
        "connection_name": "Larkspur Tile",
        "public_url": PUBLIC,
        "support_url": f"{PUBLIC}/support",
        "run_every_minutes": 0,
    }
    return build_qwc(app or application(), **{**given, **changes})


def faults(app=None, **changes):
    with pytest.raises(QwcRefused) as refused:
        build(app, **changes)
    return refused.value.faults


def only_fault(app=None, **changes):
    (fault,) = faults(app, **changes)
    return fault


def test_the_file_is_these_bytes_exactly():
    assert build(run_every_minutes=15) == (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b"<QBWCXML>\n"
        b"  <AppName>Invoice Sync</AppName>\n"
        b"  <AppID></AppID>\n"
        b"  <AppURL>https://sync.example.com/qbwc/invoice</AppURL>\n"
        b"  <AppDescription>Invoices and customers of Larkspur Tile</AppDescription>\n"
        b"  <AppSupport>https://sync.example.com/support</AppSupport>\n"
        b"  <UserName>larkspur-invoice</UserName>\n"
        b"  <OwnerID>{0F5E2B7C-1D7A-4C4E-9B43-3C1E0A5D9E11}</OwnerID>\n"
        b"  <FileID>{6B1B7F52-8C0D-4B0E-A0C5-5A1F2E7D4C22}</FileID>\n"
        b"  <QBType>QBFS</QBType>\n"
        b"  <Style>Document</Style>\n"
        b"  <AuthFlags>0xF</AuthFlags>\n"
        b"  <PersonalDataPref>pdpNotNeeded</PersonalDataPref>\n"
        b"  <UnattendedModePref>umpOptional</UnattendedModePref>\n"
        b"  <IsReadOnly>false</IsReadOnly>\n"
        b"  <AppUniqueName>Deskbridge Invoice 4F1D09AC</AppUniqueName>\n"
        b"  <Scheduler><RunEveryNMinutes>15</RunEveryNMinutes></Scheduler>\n"
        b"</QBWCXML>\n"
    )


def test_the_payment_and_combined_files_differ_in_their_own_values_only():
    payment = application(
        kind=ApplicationKind.PAYMENT, app_name="Payment Sync", username="larkspur-payment"
    )
    root = ElementTree.fromstring(build(payment))
    assert root.findtext("AppURL") == f"{PUBLIC}/qbwc/payment"
    assert root.findtext("AppDescription") == "Payments of Larkspur Tile"
    combined = ElementTree.fromstring(build(application(kind=ApplicationKind.COMBINED)))
    assert combined.findtext("AppURL") == f"{PUBLIC}/qbwc/combined"
    assert (
        combined.findtext("AppDescription") == "Invoices, customers and payments of Larkspur Tile"
    )


def test_without_an_interval_there_is_no_scheduler():
    assert b"Scheduler" not in build(run_every_minutes=0)


def test_the_password_is_not_in_the_file_and_no_byte_order_mark_precedes_it():
    content = build()
    assert content.startswith(b"<?xml ")
    assert b"assword" not in content


def test_markup_in_values_is_escaped():
    content = build(
        application(username="a<b>&c"),
        connection_name="Smith & <Sons>",
        public_url=f"{PUBLIC}/a&b",
        support_url=f"{PUBLIC}/help?x=1&y=2",
    )
    assert b"<UserName>a&lt;b&gt;&amp;c</UserName>" in content
    assert b"of Smith &amp; &lt;Sons&gt;</AppDescription>" in content
    root = ElementTree.fromstring(content)
    assert root.findtext("AppURL") == f"{PUBLIC}/a&b/qbwc/invoice"
    assert root.findtext("AppSupport") == f"{PUBLIC}/help?x=1&y=2"


def test_a_final_slash_of_the_public_address_makes_no_double_slash():
    assert b"<AppURL>https://sync.example.com/qbwc/invoice<" in build(public_url=f"{PUBLIC}/")


@pytest.mark.parametrize(
    "public_url",
    [
        "https://sync.example.com:8443",
        "https://sync.example.com/bridge",
        "https://bridge",
        "http://localhost:8085",
        "http://LOCALHOST",
        "https://localhost:8443",
        "https://xn--mnchen-3ya.example",
    ],
)
def test_addresses_that_the_web_connector_takes(public_url):
    assert public_url.encode() in build(public_url=public_url, support_url=f"{public_url}/support")


@pytest.mark.parametrize(
    ("public_url", "problem", "remedy"),
    [
        ("http://sync.example.com", "plain http", "https address"),
        ("HTTP://sync.example.com", "plain http", "https address"),
        ("https://[fe80::1%25eth0]", "IP address", "host name"),
        ("http://localhost.example.com", "plain http", "https address"),
        ("https://10.0.0.7", "IP address", "host name"),
        ("https://127.0.0.1", "IP address", "localhost"),
        ("https://[::1]:8443", "IP address", "localhost"),
        ("https://[2001:db8::7]", "IP address", "host name"),
        ("https://2130706433", "IP address", "host name"),
        ("https://0x7f000001", "IP address", "host name"),
        ("https://192.168.7", "IP address", "host name"),
        ("ftp://sync.example.com", "does not begin with https://", "https://"),
        ("https://sync.example.com:70000", "port", "port"),
        ("https://sync.example.com:0", "port", "port"),
        ("https://sync.example.com/a b", "spaces", "remove or escape"),
        ("https://sync.example.com/\N{LATIN SMALL LETTER E WITH ACUTE}", "ASCII", "xn--"),
        ("https://sync.example.com/?next=", "? part", "without the ? part"),
        ("https://sync.example.com/#top", "# part", "remove the #"),
        ("https://-sync.example.com", "malformed", "letters"),
        ("https://sync..example.com", "malformed", "letters"),
        ("https://sync.example.com.", "malformed", "letters"),
        ("https:///bridge", "no host name", "host name"),
        ("https://[::1", "cannot be read", "brackets"),
    ],
)
def test_an_address_that_the_web_connector_refuses_is_refused_first(public_url, problem, remedy):
    found = [f for f in faults(public_url=public_url) if f.field == "AppURL"]
    assert [problem in f.problem for f in found] == [True], found
    assert "public_url" in found[0].remedy
    assert remedy in found[0].remedy
    assert found[0].value.startswith(public_url)


def test_a_password_in_an_address_is_refused_and_not_shown():
    found = faults(public_url="https://joe:hunter2@sync.example.com")
    assert any("user name or password" in fault.problem for fault in found)
    assert "hunter2" not in str(QwcRefused(found)) + repr(found)


def test_the_support_page_must_be_on_the_host_of_the_address():
    fault = only_fault(support_url="https://help.example.com/")
    assert fault.field == "AppSupport"
    assert "sync.example.com" in fault.problem
    assert "support_url" in fault.remedy


def test_hosts_are_compared_without_case_and_port():
    assert build(support_url="https://SYNC.example.com:444/support")


@pytest.mark.parametrize(
    ("support_url", "problem"),
    [
        ("", "empty"),
        ("http://sync.example.com/support", "plain http"),
        ("https://10.0.0.7/support", "IP address"),
        ("https://developer.intuit.com/support", "page of Intuit"),
    ],
)
def test_a_support_page_that_the_web_connector_refuses(support_url, problem):
    found = faults(support_url=support_url)
    assert any(f.field == "AppSupport" and problem in f.problem for f in found), found


@pytest.mark.parametrize(
    "value", ["", "  ", "Sync\n", "Synchronis\N{LATIN SMALL LETTER E WITH ACUTE}", " Sync"]
)
@pytest.mark.parametrize(
    ("attribute", "element"),
    [("app_name", "AppName"), ("username", "UserName"), ("app_unique_name", "AppUniqueName")],
)
def test_names_must_be_plain_text(attribute, element, value):
    assert only_fault(application(**{attribute: value})).field == element


@pytest.mark.parametrize(
    "guid",
    [
        "",
        OWNER_ID.strip("{}"),
        OWNER_ID[:-2] + "}",
        OWNER_ID.replace("-", ""),
        OWNER_ID.replace("0F", "0G"),
        "{00000000-0000-0000-0000-000000000000}",
        "{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}",
    ],
)
@pytest.mark.parametrize(("attribute", "element"), [("owner_id", "OwnerID"), ("file_id", "FileID")])
def test_identifiers_must_be_guids_of_our_own_in_braces(attribute, element, guid):
    fault = only_fault(application(**{attribute: guid}))
    assert fault.field == element
    assert "--renew-ids" in fault.remedy


def test_owner_and_file_have_different_identifiers():
    assert only_fault(application(file_id=OWNER_ID.lower())).problem == "it is the same as OwnerID"


@pytest.mark.parametrize("minutes", [-1, 10_081])
def test_an_interval_out_of_range_is_refused(minutes):
    assert only_fault(run_every_minutes=minutes).field == "RunEveryNMinutes"


def test_all_faults_are_told_at_once_each_with_field_value_and_remedy():
    found = faults(
        application(owner_id="7", username=""),
        public_url="http://10.0.0.7/?x#y",
        support_url="https://developer.intuit.com",
        run_every_minutes=-5,
    )
    assert {f.field for f in found} == {
        "AppURL",
        "AppSupport",
        "UserName",
        "OwnerID",
        "RunEveryNMinutes",
    }
    assert len([f for f in found if f.field == "AppURL"]) == 3
    assert all(f.problem and f.remedy for f in found)
    told = str(QwcRefused(found))
    assert told.count("\n") == len(found) - 1
    assert 'RunEveryNMinutes is "-5": it is out of range.' in told


def test_a_long_company_name_is_cut_to_80_characters():
    text = describe(ApplicationKind.INVOICE, "Larkspur " * 20)
    assert text == "Invoices and customers of Larkspur Larkspur Larkspur Larkspur Larkspur..."
    exact = describe(ApplicationKind.INVOICE, "x" * 51 + " " + "y" * 40)
    assert exact == f"Invoices and customers of {'x' * 51}..."
    assert len(exact) == 80
    assert describe(ApplicationKind.PAYMENT, "x" * 90) == f"Payments of {'x' * 65}..."


def test_a_name_that_just_fits_is_not_cut():
    name = "x" * (80 - len("Payments of "))
    assert describe(ApplicationKind.PAYMENT, name) == f"Payments of {name}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Café “Łódź” — Großmann’s", 'Cafe "Lodz" - Grossmann\'s'),
        ("Tab\tand\nline", "Tab and line"),
        ("株式会社", "this company"),
        ("Acme 株式", "Acme"),
    ],
)
def test_the_description_is_plain_ascii(name, shown):
    assert describe(ApplicationKind.PAYMENT, name) == f"Payments of {shown}"


def test_two_applications_share_nothing_that_each_needs_for_itself():
    first, second = application(), application(owner_id=OWNER_ID.lower())
    assert {f.field for f in shared_values([first, second])} == {
        "AppName",
        "AppUniqueName",
        "OwnerID",
        "FileID",
        "UserName",
    }
    other = application(
        app_name="Payment Sync",
        app_unique_name="Deskbridge Payment 1",
        owner_id=new_guid(),
        file_id=new_guid(),
        username="larkspur-payment",
    )
    assert shared_values([first, other]) == []


def test_fresh_identifiers_are_taken_and_never_the_same():
    assert new_guid() != new_guid()
    assert build(application(owner_id=new_guid(), file_id=new_guid()))
    name = new_unique_name(ApplicationKind.COMBINED)
    assert name.startswith("Deskbridge Combined ")
    assert name != new_unique_name(ApplicationKind.COMBINED)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("Söhne & Co", "Invoice Sync - Sohne & Co"),
        ("株式会社", "Invoice Sync"),
        ("x" * 60, "Invoice Sync - " + "x" * (MAX_APP_NAME - 15)),
    ],
)
def test_a_row_names_its_company_as_far_as_the_format_allows(name, row):
    assert app_name(ApplicationKind.INVOICE, name) == row
    assert len(app_name(ApplicationKind.INVOICE, name, 12)) <= MAX_APP_NAME
    assert app_name(ApplicationKind.INVOICE, name, 12).endswith(" 12")


def test_files_and_rows_have_the_names_that_the_guide_uses():
    assert [file_name(kind) for kind in ApplicationKind] == [
        "invoice.qwc",
        "payment.qwc",
        "invoiced.qwc",
    ]
    assert [app_name(kind, "Larkspur Tile") for kind in ApplicationKind] == [
        "Invoice Sync - Larkspur Tile",
        "Payment Sync - Larkspur Tile",
        "Invoiced - Larkspur Tile",
    ]
    assert FILE_ID != OWNER_ID

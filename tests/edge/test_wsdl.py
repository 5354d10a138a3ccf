"""The description of the service: complete, correct, and loadable."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from daemon.edge.operations import NAMESPACE, OPERATIONS
from daemon.edge.resource import Callbacks
from daemon.edge.wsdl import build_wsdl
from tests.edge.builders import Rig, head

URL = "https://books.example.com/qbwc/invoice"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"

# Written out by hand, apart from the table: (element, type, minOccurs) of each wrapper.
STRING, INT = ("s:string", "0"), ("s:int", "1")
SHAPES: dict[str, tuple[dict[str, tuple[str, str]], tuple[str, str]]] = {
    "serverVersion": ({}, STRING),
    "clientVersion": ({"strVersion": STRING}, STRING),
    "authenticate": (
        {"strUserName": STRING, "strPassword": STRING},
        ("tns:ArrayOfString", "0"),
    ),
    "sendRequestXML": (
        {
            "ticket": STRING,
            "strHCPResponse": STRING,
            "strCompanyFileName": STRING,
            "qbXMLCountry": STRING,
            "qbXMLMajorVers": INT,
            "qbXMLMinorVers": INT,
        },
        STRING,
    ),
    "receiveResponseXML": (
        {"ticket": STRING, "response": STRING, "hresult": STRING, "message": STRING},
        INT,
    ),
    "connectionError": ({"ticket": STRING, "hresult": STRING, "message": STRING}, STRING),
    "getLastError": ({"ticket": STRING}, STRING),
    "closeConnection": ({"ticket": STRING}, STRING),
    "getInteractiveURL": ({"wcTicket": STRING, "sessionID": STRING}, STRING),
    "interactiveRejected": ({"wcTicket": STRING, "reason": STRING}, STRING),
    "interactiveDone": ({"wcTicket": STRING}, STRING),
}


@pytest.fixture(scope="module")
def wsdl() -> Any:
    return etree.fromstring(build_wsdl(URL))


def members(wsdl: Any, element: str) -> dict[str, tuple[str, str]]:
    found = wsdl.find(f".//{XSD}element[@name='{element}']/{XSD}complexType/{XSD}sequence")
    return {child.get("name"): (child.get("type"), child.get("minOccurs")) for child in found}


def test_it_has_all_eleven_operations_in_every_section(wsdl: Any) -> None:
    assert len(SHAPES) == 11
    for section in ("portType", "binding"):
        names = [each.get("name") for each in wsdl.findall(f".//{WSDL}{section}/{WSDL}operation")]
        assert names == list(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_each_operation_has_its_types(wsdl: Any, name: str) -> None:
    parameters, result = SHAPES[name]
    assert members(wsdl, name) == parameters
    assert list(members(wsdl, name)) == list(parameters)
    assert members(wsdl, f"{name}Response") == {f"{name}Result": result}


def test_it_is_soap_1_1_document_literal_under_the_names_of_the_contract(wsdl: Any) -> None:
    assert wsdl.get("targetNamespace") == NAMESPACE == "http://developer.intuit.com/"
    assert wsdl.find(f".//{XSD}schema").get("elementFormDefault") == "qualified"
    assert wsdl.find(f".//{WSDL}service").get("name") == "QBWebConnectorSvc"
    for part in ("portType", "binding", "service/*"):
        assert wsdl.find(f".//{WSDL}{part}").get("name") == "QBWebConnectorSvcSoap"
    assert {each.get("style") for each in wsdl.findall(f".//{SOAP}operation")} == {"document"}
    assert {each.get("use") for each in wsdl.findall(f".//{SOAP}body")} == {"literal"}
    actions = [each.get("soapAction") for each in wsdl.findall(f".//{SOAP}operation")]
    assert actions == [f"http://developer.intuit.com/{name}" for name in SHAPES]


def test_a_list_of_strings_is_in_our_own_namespace(wsdl: Any) -> None:
    item = wsdl.find(f".//{XSD}complexType[@name='ArrayOfString']/{XSD}sequence/{XSD}element")
    assert dict(item.attrib) == {
        "minOccurs": "0",
        "maxOccurs": "unbounded",
        "name": "string",
        "nillable": "true",
        "type": "s:string",
    }


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "singleWsdl"])
@pytest.mark.parametrize("application", ["invoice", "payment", "combined"])
def test_it_is_served_with_the_public_address_of_the_application(
    application: str, query: str
) -> None:
    got = Rig().ask(head("GET", f"/qbwc/{application}?{query}"), "GET")
    assert (got.status, got.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    address = etree.fromstring(got.body).find(f".//{SOAP}address").get("location")
    assert address == f"https://books.example.com/qbwc/{application}"


def test_an_address_with_special_characters_is_escaped() -> None:
    wsdl = etree.fromstring(build_wsdl('https://x.example/?a="1"&b=<2>'))
    assert wsdl.find(f".//{SOAP}address").get("location") == 'https://x.example/?a="1"&b=<2>'


def test_zeep_loads_it_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "service.wsdl"
    path.write_bytes(build_wsdl(URL))
    client = zeep.Client(str(path))
    operations = client.service._binding._operations
    assert list(operations) == list(OPERATIONS)
    assert operations["authenticate"].output.signature() == (
        "authenticateResult: ns0:ArrayOfString"
    )


def test_the_callbacks_take_what_the_table_says() -> None:
    for name, operation in OPERATIONS.items():
        takes = len(inspect.signature(getattr(Callbacks, name)).parameters) - 1
        extra = 1 if name == "authenticate" else 0  # who calls
        assert takes == len(operation.parameters) + extra

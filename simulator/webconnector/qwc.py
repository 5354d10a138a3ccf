"""Reads a .qwc file as the Web Connector does when an application is added.

Every refusal carries the QBWC code that the real program shows.
Where no public text names a code for a broken rule, QBWC1039 is used: "could not be added".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from lxml import etree

from shared.structs import Value
from simulator.webconnector.errors import WebConnectorError

MAX_DESCRIPTION = 80
_BOM = b"\xef\xbb\xbf"
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}\Z")
_REQUIRED = (
    "AppName", "AppID", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID",
    "QBType",
)  # fmt: skip
_MAY_BE_EMPTY = frozenset({"AppID", "AppDescription"})
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "QBType": ("QBFS", "QBPOS"),
    "PersonalDataPref": ("", "pdpNotNeeded", "pdpOptional", "pdpRequired"),
    "UnattendedModePref": ("", "umpOptional", "umpRequired"),
    "Style": ("", "Document", "DocWrapped", "RPC"),
    "IsReadOnly": ("", "false", "true"),
    "Notify": ("", "false", "true"),
}


class QwcFile(Value):
    """One application as its .qwc file describes it; the password is never in the file.

    ``run_every_seconds`` is 0 without a schedule. ``auth_flags`` is a bit set of QuickBooks
    editions: 1 Simple Start, 2 Pro, 4 Premier, 8 Enterprise; 0 means all.
    """

    app_name: str
    app_url: str
    app_support: str
    username: str
    owner_id: str
    file_id: str
    app_unique_name: str = ""
    app_display_name: str = ""
    app_description: str = ""
    cert_url: str = ""
    run_every_seconds: int = 0
    auth_flags: int = 0
    is_read_only: bool = False
    notify: bool = False

    @property
    def label(self) -> str:
        """The name in the Web Connector's window."""
        return self.app_display_name or self.app_name

    @property
    def key(self) -> str:
        """What a later file is compared with, to replace this one."""
        return self.app_unique_name or self.app_name


def read_qwc(data: bytes) -> QwcFile:
    """Read and check one .qwc file.

    Raises WebConnectorError with the code the user would see, at the first broken rule.
    """
    elements = _elements(data)
    for name in _REQUIRED:
        if not elements.get(name) and not (name in elements and name in _MAY_BE_EMPTY):
            raise _refuse(f"{name} is missing from the .qwc file.")
    for name, choices in _CHOICES.items():
        if (value := elements.get(name, "")) not in choices:
            allowed = ", ".join(choice for choice in choices if choice)
            raise _refuse(f"{name} is {value!r}; it must be one of {allowed}.")
    _check_addresses(elements)
    _check_identity(elements)
    return QwcFile(
        app_name=elements["AppName"],
        app_url=elements["AppURL"],
        app_support=elements["AppSupport"],
        username=elements["UserName"],
        owner_id=elements["OwnerID"],
        file_id=elements["FileID"],
        app_unique_name=elements.get("AppUniqueName", ""),
        app_display_name=elements.get("AppDisplayName", ""),
        app_description=elements["AppDescription"],
        cert_url=elements.get("CertURL", ""),
        run_every_seconds=_run_every_seconds(elements),
        auth_flags=_auth_flags(elements),
        is_read_only=elements.get("IsReadOnly") == "true",
        notify=elements.get("Notify") == "true",
    )


def _refuse(text: str, code: str = "QBWC1039") -> WebConnectorError:
    return WebConnectorError(code, text)


def _elements(data: bytes) -> dict[str, str]:
    """The children of QBWCXML by name (the first of each), Scheduler's child among them."""
    if data.startswith(_BOM):
        raise _refuse("The .qwc file begins with a byte order mark; write it without one.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refuse(f"The .qwc file is not well-formed XML: {error}.") from error
    if root.tag != "QBWCXML":
        raise _refuse(f"The .qwc file's root is {root.tag}; it must be QBWCXML, in no namespace.")
    elements: dict[str, str] = {}
    for child in root:
        first = child[0] if child.tag == "Scheduler" and len(child) else child
        elements.setdefault(str(first.tag), (first.text or "").strip())
    return elements


def _check_addresses(elements: Mapping[str, str]) -> None:
    app_url = _address("AppURL", elements["AppURL"], ip_code="QBWC1001")
    support = _address("AppSupport", elements["AppSupport"], ip_code="QBWC1002")
    if app_url.scheme != "https" and app_url.hostname != "localhost":
        raise _refuse(
            f"AppURL {elements['AppURL']} is not https; only localhost may be plain http.",
            "QBWC1010",
        )
    if app_url.hostname != support.hostname:
        raise _refuse(
            f"AppSupport is on {support.hostname}, AppURL on {app_url.hostname}; "
            "both must be on one host.",
            "QBWC1000",
        )


def _address(name: str, value: str, *, ip_code: str) -> SplitResult:
    try:
        url = urlsplit(value)
        host = url.hostname
        url.port  # noqa: B018  (a port that is no number raises here)
    except ValueError as error:
        raise _refuse(f"{name} {value!r} is not an address: {error}.") from error
    if url.scheme not in ("http", "https") or not host:
        raise _refuse(f"{name} {value!r} is not an http or https address.")
    with suppress(ValueError):  # as it should be
        ipaddress.ip_address(host)
        raise _refuse(f"{name} names the IP address {host}; use a host name.", ip_code)
    return url


def _check_identity(elements: Mapping[str, str]) -> None:
    for name in ("OwnerID", "FileID"):
        if not _GUID.match(elements[name]):
            raise _refuse(f"{name} {elements[name]!r} is not a GUID in braces.")
    if len(elements["AppDescription"]) > MAX_DESCRIPTION:
        raise _refuse(f"AppDescription is longer than {MAX_DESCRIPTION} characters.")
    if elements["QBType"] == "QBPOS":
        raise _refuse("QBType is QBPOS (Point of Sale); this PC has QuickBooks Desktop: QBFS.")
    if elements.get("Style", "") not in ("", "Document"):
        raise _refuse(f"Style {elements['Style']} is not played here; use Document.")


def _run_every_seconds(elements: Mapping[str, str]) -> int:
    for name, unit in (("RunEveryNMinutes", 60), ("RunEveryNSeconds", 1)):
        if name in elements:
            every = _number(name, elements[name], int)
            if every < 1:
                raise _refuse(f"{name} is {every}; it must be 1 or more.")
            return every * unit
    return 0


def _auth_flags(elements: Mapping[str, str]) -> int:
    text = elements.get("AuthFlags") or "0"
    return _number("AuthFlags", text, lambda digits: int(digits, 0))


def _number(name: str, text: str, read: Callable[[str], int]) -> int:
    try:
        return read(text)
    except ValueError:
        raise _refuse(f"{name} {text!r} is not a number.") from None

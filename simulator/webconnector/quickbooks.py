"""What the Web Connector needs of QuickBooks on its PC.

``QuickBooks`` and ``OpenCompany`` are the seams; ``desktop.Desktop`` fills them with the
simulated company, tests with smaller fakes.
"""

from __future__ import annotations

from typing import Protocol

from lxml import etree

from simulator.webconnector.qwc import QwcFile

FILE_ID = "FileID"
APP_LOCK = "AppLock"


class QuickBooksFailure(Exception):
    """QuickBooks or its request processor refused; ``hresult`` is written 0x80040408."""

    def __init__(self, hresult: str, message: str) -> None:
        super().__init__(f"{hresult}: {message}")
        self.hresult = hresult
        self.message = message


class OpenCompany(Protocol):
    """A company file opened for one application: a connection and a session in one."""

    @property
    def company_file(self) -> str:
        """The Windows path of the open file."""

    def host_company_preferences(self) -> str:
        """The raw answer to the Web Connector's own host, company and preferences queries.

        Raises QuickBooksFailure.
        """

    def process(self, request: str) -> str:
        """QuickBooks' answer to one qbXML message set; raises QuickBooksFailure."""

    def data_ext(self, owner_id: str, name: str) -> str:
        """A data extension of the company record; empty when there is none."""

    def set_data_ext(self, owner_id: str, name: str, value: str) -> None:
        """Write a data extension; an empty value removes it. Raises QuickBooksFailure."""

    def close(self) -> None:
        """End the session and the connection; raises QuickBooksFailure."""


class QuickBooks(Protocol):
    """QuickBooks Desktop, running or not, on the Web Connector's PC."""

    def open(self, application: QwcFile, company_file: str) -> OpenCompany:
        """Open ``company_file``, or the file that is open already when it is empty.

        Raises QuickBooksFailure.
        """

    def stamped_file_id(self, owner_id: str) -> str:
        """The FileID that the company carries under ``owner_id``, without opening anything."""


def host_version(hcp: str) -> tuple[str, int, int]:
    """Country, and the highest qbXML version as major and minor, out of the host's answer.

    US, 0, 0 where the answer does not say. Prefixed versions (CA3.0) are not counted.
    """
    try:
        host = etree.fromstring(hcp.encode()).find(".//HostRet")
    except etree.XMLSyntaxError:
        host = None
    if host is None:
        return "US", 0, 0
    listed = (version.text or "" for version in host.iterfind("SupportedQBXMLVersion"))
    plain = [_version(text) for text in listed if text.replace(".", "").isdecimal()]
    return (host.findtext("Country") or "US", *max(plain, default=(0, 0)))


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)

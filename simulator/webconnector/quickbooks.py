"""What the Web Connector needs of QuickBooks on its PC.

``QuickBooks`` and ``OpenCompany`` are the seams; ``desktop.Desktop`` fills them with the
simulated company, tests with smaller fakes.
"""

from __future__ import annotations

from typing import Protocol

from lxml import etree

from simulator.company.product import number
from simulator.webconnector.qwc import QwcFile

FILE_ID = "FileID"
APP_LOCK = "AppLock"


class OpenCompany(Protocol):
    """A company file opened for one application: a connection and a session in one."""

    @property
    def company_file(self) -> str:
        """The Windows path of the open file."""

    def host_company_preferences(self) -> str:
        """The raw answer to the Web Connector's own host, company and preferences queries.

        Raises QuickBooksError.
        """

    def process(self, request: str) -> str:
        """QuickBooks' answer to one qbXML message set; raises QuickBooksError."""

    def data_ext(self, owner_id: str, name: str) -> str:
        """A data extension of the company record; empty when there is none."""

    def set_data_ext(self, owner_id: str, name: str, value: str) -> None:
        """Write a data extension; an empty value removes it. Raises QuickBooksError."""

    def close(self) -> None:
        """End the session and the connection; raises QuickBooksError."""


class QuickBooks(Protocol):
    """QuickBooks Desktop, running or not, on the Web Connector's PC."""

    def open(self, application: QwcFile, company_file: str) -> OpenCompany:
        """Open ``company_file``, or the file that is open already when it is empty.

        Raises QuickBooksError.
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
    plain = [number(text) for text in listed if text.replace(".", "").isdecimal()]
    return (host.findtext("Country") or "US", *max(plain, default=(0, 0)))

"""What happens when a .qwc file is added: checks, two probes, and the stamps in the company.

Order and codes: Intuit, QuickBooks Web Connector Programmer's Guide.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from simulator.company.errors import QuickBooksError
from simulator.webconnector.errors import WebConnectorError
from simulator.webconnector.quickbooks import APP_LOCK, FILE_ID, QuickBooks
from simulator.webconnector.qwc import QwcFile
from simulator.webconnector.registry import Registry, Row
from simulator.webconnector.service import describe
from simulator.webconnector.transport import Transport
from simulator.webconnector.update import PC

_NO_HEADERS: Mapping[str, str] = {}  # a plain GET of .NET sends none of its own
_SUPPORT_STATUSES = (200, 202)


def add_application(
    qwc: QwcFile, password: str, pc: PC, registry: Registry, transport: Transport
) -> Row:
    """Put the application on the list; one that is new to this PC is probed and stamped first.

    A company that carries the stamp already was used with this application from another PC,
    or before the list was lost. The real program refused that now and then (QBWC1039), so it
    is refused with ``refuse_stamped`` and taken without. Raises WebConnectorError.
    """
    known = registry.remembered(qwc.key)
    if known is None or (known.owner_id, known.file_id) != (qwc.owner_id, qwc.file_id):
        stamp = pc.quickbooks.stamped_file_id(qwc.owner_id)
        _check_stamp(qwc, registry, stamp, refuse_stamped=pc.behavior.refuse_stamped)
        if stamp != qwc.file_id:
            pc.log.say("add()", f"Adding {qwc.app_name} ({qwc.app_url}).")
            _probe(qwc, transport)
            _stamp(qwc, pc.quickbooks)
    row = Row(qwc, password)
    registry.put(row)
    return row


def _check_stamp(qwc: QwcFile, registry: Registry, stamp: str, *, refuse_stamped: bool) -> None:
    other = registry.owner_of_file_id(qwc.file_id)
    if other not in (None, qwc.key):
        raise WebConnectorError(
            "QBWC1026", f"The FileID of {qwc.app_name} is already used by {other}."
        )
    if qwc.is_read_only:
        raise WebConnectorError(
            "QBWC1039",
            "IsReadOnly is true, so the stamps cannot be written (SDK status 3263). "
            "Set IsReadOnly to false.",
        )
    if stamp and refuse_stamped:
        raise WebConnectorError(
            "QBWC1039",
            "The company file already carries a stamp of this OwnerID: a unique pair of OwnerID "
            "and FileID is required. Make a .qwc file with fresh IDs.",
        )


def _probe(qwc: QwcFile, transport: Transport) -> None:
    """GET AppURL (or CertURL) for its certificate, then AppSupport."""
    url = qwc.cert_url or qwc.app_url
    try:
        status, _, _ = transport(url, _NO_HEADERS, None)
    except socket.gaierror as error:
        code = "QBWC1035" if urlsplit(url).hostname == "localhost" else "QBWC1048"
        raise WebConnectorError(code, describe(error)) from error
    except OSError as error:
        raise WebConnectorError(
            "QBWC1048", f"The web server's certificate was not verified. {describe(error)}"
        ) from error
    if status != _SUPPORT_STATUSES[0]:
        raise WebConnectorError(
            "QBWC1048",
            f"The web server's certificate was not verified: GET {url} answered {status}.",
        )
    _probe_support(qwc.app_support, transport)


def _probe_support(url: str, transport: Transport) -> None:
    try:
        status, _, _ = transport(url, _NO_HEADERS, None)
    except OSError as error:
        raise WebConnectorError(
            "QBWC1004", f"The support page {url} cannot be reached. {describe(error)}"
        ) from error
    if status not in _SUPPORT_STATUSES:
        raise WebConnectorError("QBWC1003", f"The support page {url} answered {status}.")


def _stamp(qwc: QwcFile, quickbooks: QuickBooks) -> None:
    """Write FileID and an empty AppLock into the company file, as its administrator would."""
    try:
        company = quickbooks.open(qwc, "")
    except QuickBooksError as failure:
        raise WebConnectorError(
            "QBWC1022", f"No connection to QuickBooks to look for the FileID: {failure}"
        ) from failure
    try:
        company.set_data_ext(qwc.owner_id, FILE_ID, qwc.file_id)
        company.set_data_ext(qwc.owner_id, APP_LOCK, "")
        company.close()
    except QuickBooksError as failure:
        raise WebConnectorError(
            "QBWC1027", f"The FileID could not be registered in the company file: {failure}"
        ) from failure

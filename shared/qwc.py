"""The ``.qwc`` file that adds an application to the Web Connector: values in, bytes out.

Pure but for the random identifiers. Everything that the Web Connector would refuse, or would
take and then stumble over, is refused here first, all faults at once.
Source: QuickBooks Web Connector Programmer's Guide, chapter 4, and field reports.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from shared.application_names import as_ascii
from shared.errors import StoreError
from shared.rules.values import MAX_AUTO_RUN_MINUTES, Application, ApplicationKind
from shared.setting_values import mask_secrets
from shared.structs import Value, force_setattr
from shared.urls import address_complaints, host_of, is_numeric_host

MAX_DESCRIPTION = 80

_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
# The example GUIDs of Intuit's samples, which several products ship unchanged: two of them in
# one company file overwrite each other's marks.
_BORROWED_GUIDS = ("{57F3B9B1-", "{90A44FB5-", "{00000000-")
_NEW_IDS = "Make new identifiers: deskbridge qwc NAME --renew-ids"
_FILE_NAMES = {
    ApplicationKind.INVOICE: "invoice.qwc",
    ApplicationKind.PAYMENT: "payment.qwc",
    ApplicationKind.COMBINED: "invoiced.qwc",
}
_DESCRIPTIONS = {
    ApplicationKind.INVOICE: "Invoices and customers of ",
    ApplicationKind.PAYMENT: "Payments of ",
    ApplicationKind.COMBINED: "Invoices, customers and payments of ",
}


class QwcFault(Value):
    """One thing that the Web Connector would not take. ``field`` is the element's name.

    A password inside an address is masked in ``value``.
    """

    field: str
    value: str
    problem: str
    remedy: str

    def __post_init__(self) -> None:
        force_setattr(self, "value", mask_secrets(self.value))

    def __str__(self) -> str:
        return f'{self.field} is "{self.value}": {self.problem}. {self.remedy}.'


class QwcRefused(StoreError):
    """The file cannot be made; ``faults`` has every reason, not only the first."""

    code = "qwc-refused"

    def __init__(self, faults: Iterable[QwcFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def build_qwc(
    application: Application,
    *,
    connection_name: str,
    public_url: str,
    support_url: str,
    run_every_minutes: int = 0,
) -> bytes:
    """Return the ``.qwc`` file of one application as UTF-8 without a byte order mark.

    ``run_every_minutes`` proposes Auto-Run's interval; 0 leaves it to the bookkeeper. Raises
    QwcRefused with everything that is wrong.
    """
    one = application
    app_url = f"{public_url.rstrip('/')}/qbwc/{one.kind}"
    description = describe(one.kind, connection_name)
    faults = [
        *_text_faults("AppName", one.app_name),
        *address_faults(app_url, support_url),
        *_description_faults(description),
        *_text_faults("UserName", one.username),
        *_guid_faults("OwnerID", one.owner_id),
        *_guid_faults("FileID", one.file_id),
        *_same_guid(one),
        *_text_faults("AppUniqueName", one.app_unique_name),
        *_interval_faults(run_every_minutes),
    ]
    if faults:
        raise QwcRefused(faults)
    elements = {
        "AppName": one.app_name,
        "AppID": "",
        "AppURL": app_url,
        "AppDescription": description,
        "AppSupport": support_url,
        "UserName": one.username,
        "OwnerID": one.owner_id,
        "FileID": one.file_id,
        "QBType": "QBFS",
        "Style": "Document",
        "AuthFlags": "0xF",
        "PersonalDataPref": "pdpNotNeeded",
        "UnattendedModePref": "umpOptional",
        # The Web Connector writes marks of its own into the company file: never read-only.
        "IsReadOnly": "false",
        "AppUniqueName": one.app_unique_name,
    }
    return _rendered(elements, run_every_minutes)


def _rendered(elements: Mapping[str, str], run_every_minutes: int) -> bytes:
    lines = [f"  <{name}>{escape(value, quote=False)}</{name}>" for name, value in elements.items()]
    if run_every_minutes:
        interval = f"<RunEveryNMinutes>{run_every_minutes}</RunEveryNMinutes>"
        lines.append(f"  <Scheduler>{interval}</Scheduler>")
    document = ['<?xml version="1.0" encoding="utf-8"?>', "<QBWCXML>", *lines, "</QBWCXML>", ""]
    return "\n".join(document).encode("utf-8")


def address_faults(app_url: str, app_support: str) -> list[QwcFault]:
    """Return what keeps the two addresses from being taken (QBWC1000-1002, 1010, 1051)."""
    faults = [
        *_url_faults("AppURL", app_url, "public_url"),
        *_url_faults("AppSupport", app_support, "support_url"),
    ]
    if "?" in app_url:
        faults.append(
            QwcFault("AppURL", app_url, "it has a ? part", "Set public_url without the ? part")
        )
    host, app_host = host_of(app_support), host_of(app_url)
    if host == "intuit.com" or host.endswith(".intuit.com"):
        problem, remedy = "it is a page of Intuit", "Set support_url to a page of your own"
        faults.append(QwcFault("AppSupport", app_support, problem, remedy))
    elif host and app_host and host != app_host and not is_numeric_host(app_host):
        problem = f"its host is not that of AppURL, {app_host}"
        remedy = f"Set support_url to a page on {app_host}, or leave it out"
        faults.append(QwcFault("AppSupport", app_support, problem, remedy))
    return faults


def shared_values(applications: Sequence[Application]) -> list[QwcFault]:
    """Return what several applications of one PC share although each needs its own.

    The Web Connector replaces a row of the same AppUniqueName, QuickBooks grants access by
    AppName, marks in the company file hang on OwnerID and FileID, and a login carries
    nothing but UserName.
    """
    columns = {
        "AppName": [application.app_name for application in applications],
        "AppUniqueName": [application.app_unique_name for application in applications],
        "OwnerID": [application.owner_id.upper() for application in applications],
        "FileID": [application.file_id.upper() for application in applications],
        "UserName": [application.username for application in applications],
    }
    return [
        QwcFault(field, value, "two applications share it", _NEW_IDS)
        for field, values in columns.items()
        for value, count in Counter(values).items()
        if count > 1
    ]


def describe(kind: ApplicationKind, connection_name: str) -> str:
    """Return AppDescription: what the application moves, for whom, in 80 ASCII characters."""
    name = as_ascii(connection_name)
    description = _DESCRIPTIONS[kind] + (name or "this company")
    if len(description) <= MAX_DESCRIPTION:
        return description
    cut = description[: MAX_DESCRIPTION - 2].rpartition(" ")[0]
    if len(cut) <= len(_DESCRIPTIONS[kind]):  # one very long word
        cut = description[: MAX_DESCRIPTION - 3]
    return f"{cut}..."


def file_name(kind: ApplicationKind) -> str:
    """Return the name under which a file of this kind is handed out."""
    return _FILE_NAMES[kind]


def _url_faults(field: str, url: str, setting: str) -> list[QwcFault]:
    found = [
        QwcFault(field, url, complaint.problem, f"Set {setting} again: {complaint.remedy}")
        for complaint in address_complaints(url)
    ]
    host = host_of(url)
    if host and is_numeric_host(host):
        instead = "localhost" if host in ("127.0.0.1", "::1") else "the server's host name"
        found.append(
            QwcFault(field, url, "its host is an IP address", f"Set {setting} with {instead}")
        )
    elif url.lower().startswith("http:") and host != "localhost":
        problem = "plain http is accepted for localhost only"
        found.append(QwcFault(field, url, problem, f"Set {setting} to an https address"))
    return found


def _text_faults(field: str, value: str) -> list[QwcFault]:
    if not value.strip():
        return [QwcFault(field, value, "it is empty", "Give the connection a new one")]
    if not (value.isascii() and value.isprintable()):
        problem = "it has characters outside printable ASCII"
        return [QwcFault(field, value, problem, "Use plain letters, digits and symbols")]
    if value != value.strip():
        return [QwcFault(field, value, "it begins or ends with a space", "Remove the space")]
    return []


def _description_faults(value: str) -> list[QwcFault]:
    found = _text_faults("AppDescription", value)
    if len(value) > MAX_DESCRIPTION:
        problem = f"it has {len(value)} characters"
        remedy = f"Shorten it to {MAX_DESCRIPTION}"
        found.append(QwcFault("AppDescription", value, problem, remedy))
    return found


def _guid_faults(field: str, value: str) -> list[QwcFault]:
    if not _GUID.fullmatch(value):
        return [QwcFault(field, value, "it is not a GUID in braces", _NEW_IDS)]
    if value.upper().startswith(_BORROWED_GUIDS):
        return [QwcFault(field, value, "it is an example that other products use", _NEW_IDS)]
    return []


def _same_guid(one: Application) -> list[QwcFault]:
    if not one.owner_id or one.owner_id.upper() != one.file_id.upper():
        return []
    return [QwcFault("FileID", one.file_id, "it is the same as OwnerID", _NEW_IDS)]


def _interval_faults(minutes: int) -> list[QwcFault]:
    if 0 <= minutes <= MAX_AUTO_RUN_MINUTES:
        return []
    remedy = f"Write 0 (none) or a whole number of minutes up to {MAX_AUTO_RUN_MINUTES}, a week"
    return [QwcFault("RunEveryNMinutes", str(minutes), "it is out of range", remedy)]

"""How QuickBooks says no: HRESULTs for a whole call, statuses for one request."""

from __future__ import annotations

from shared.structs import Value


class QuickBooksError(Exception):
    """A call that QuickBooks refused as a whole, as the Web Connector sees it.

    ``hresult`` is text such as ``0x80040400`` and ``message`` QuickBooks' own. ``reason`` is
    for developers: QuickBooks itself never says it.
    """

    def __init__(self, hresult: str, message: str, reason: str = "") -> None:
        super().__init__(f"{hresult}: {message}")
        self.hresult = hresult
        self.message = message
        self.reason = reason

    @property
    def explained(self) -> str:
        """The refusal with its reason."""
        return f"{self} [{self.reason}]" if self.reason else str(self)


class Status(Value):
    """The status attributes of one answer."""

    code: int = 0
    message: str = "Status OK"

    @property
    def severity(self) -> str:
        """Info, Warn or Error, by the range of the code."""
        return "Info" if self.code < 500 else "Warn" if self.code < 1000 else "Error"

    @property
    def failed(self) -> bool:
        """Whether nothing was done."""
        return self.code >= 1000


class RequestFailed(Exception):
    """One request that QuickBooks answers with an error status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = Status(code, message)


OK = Status()
# Codes of a whole message set, with and without a stored answer behind them.
SET_OK, SET_UNKNOWN, SET_DIFFERS = "0", "600", "9001"
SET_NOT_STORED, SET_ID_TOO_LONG, SET_NOT_STORABLE = "9002", "9004", "9005"
SET_CODES = (SET_UNKNOWN, SET_DIFFERS, SET_NOT_STORED, SET_ID_TOO_LONG, SET_NOT_STORABLE)
NOTHING_FOUND = Status(1, "A query request did not find a matching object in QuickBooks")
NOT_PROCESSED = Status(
    3231, "The request has not been processed: an earlier request of this message set failed."
)

PARSE_ERROR = "0x80040400"
PARSE_MESSAGE = "QuickBooks found an error when parsing the provided XML text stream."
NO_SESSION = "0x8004040D"
ROLLBACK = "0x80040413"
BAD_VERSION = "0x80040423"

# What QuickBooks says when a session is opened, by the situation it is in.
SITUATIONS = {
    "closed": ("0x80040408", "Could not start QuickBooks."),
    "not-running": (
        "0x80040416",
        "QuickBooks is not running, and the call did not name a company file.",
    ),
    "no-company": ("0x80040417", "There is no company file open in QuickBooks."),
    "other-file": (
        "0x8004040A",
        "A company data file is already open, and it is not the one that was requested.",
    ),
    "modal-dialog": (
        "0x80040414",
        "A modal dialog box is showing in the QuickBooks user interface.",
    ),
    "not-authorized": (
        "0x80040418",
        "The QuickBooks administrator must allow this application the first time it is used.",
    ),
    "no-permission": (
        "0x8004041A",
        "This application does not have permission to use this QuickBooks company data file.",
    ),
    "locked": ("0x8004041B", "Unable to lock the necessary information to allow access."),
    "no-automatic-login": (
        "0x8004041D",
        "This application is not allowed to log into this company data file automatically.",
    ),
    "denied": ("0x80040420", "The QuickBooks user has denied access."),
    "single-user": (
        "0x80040422",
        "This application requires single-user access, and another application has the file open.",
    ),
    "starting": ("0x80040424", "QuickBooks has not finished its initialization."),
    "no-access": ("0x80040401", "Could not access QuickBooks."),
}
OPEN = "open"

# Messages of HRESULTs that can be rehearsed in the middle of a session.
HRESULTS = {
    PARSE_ERROR: PARSE_MESSAGE,
    "0x80040402": "An unexpected error occurred. See the qbsdklog.txt file.",
    NO_SESSION: "The ticket parameter is invalid.",
    "0x8004041C": "An internal QuickBooks error occurred while accessing the company data file.",
    "0x80010105": "The server threw an exception.",
    "0x800706BA": "The RPC server is unavailable.",
    **dict(SITUATIONS.values()),
}
# After these QuickBooks is gone: the session and its iterators with it.
CRASHES = frozenset({"0x80010105", "0x800706BA", NO_SESSION})

STATUS_MESSAGES = {
    1000: "There has been an internal error when processing the request.",
    3175: (
        "There was an error when accessing the object because it is already in use.  QuickBooks "
        "error message: The record could not be locked.  It is in use by another user."
    ),
    3176: (
        "There was an error because a related object is already in use.  QuickBooks error "
        "message: The transaction could not be locked.  It is in use by another user."
    ),
    3260: "Insufficient permission level to perform this action.",
    3261: "The application lacks the permission to access personal data.",
}

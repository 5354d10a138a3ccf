"""The qbXML status codes: one row each, in our words. ``statuses`` answers questions about it.

Rows follow Intuit's list of status codes for response messages (QuickBooks Desktop) and what
is known from the field. Where accounts of a code differ, the row takes the careful one and
``why`` names the other cause.
"""

from __future__ import annotations

from enum import StrEnum

from shared.structs import Value


class Severity(StrEnum):
    """How QuickBooks ranks a status; decide by code, since it is not consistent."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Effect(StrEnum):
    """What became of the request. UNKNOWN means: ask QuickBooks before sending a write again."""

    DONE = "done"
    NOT_DONE = "not-done"
    UNKNOWN = "unknown"


class Actor(StrEnum):
    """Who does what the remedy says."""

    NOBODY = "nobody"
    BOOKKEEPER = "bookkeeper"
    OPERATOR = "operator"
    DEVELOPER = "developer"


class StatusMeaning(Value):
    """What a status code means to us.

    ``meaning`` and ``remedy`` are sentences for a status line, together at most 175
    characters; ``why`` is background and may be empty. ``transient`` means that the same
    request may succeed in a moment without anybody's doing.
    """

    code: int
    title: str
    severity: Severity
    effect: Effect
    transient: bool
    meaning: str
    remedy: str
    actor: Actor
    why: str = ""


class StatusRange(Value):
    """What is known of a code up to ``last`` that has no row of its own, as of the first such."""

    last: int
    meaning: StatusMeaning

    @property
    def first(self) -> int:
        """The code from which on it holds."""
        return self.meaning.code


_REPORT = (
    "Nothing was changed in QuickBooks. The fault is Deskbridge's: "
    "report the sync's number to its maintainers."
)
_CLOSED_BOOKS = (
    "Decide with your accountant; then change the closing date in QuickBooks, or skip the record."
)
_PERSON = "Correct the record in QuickBooks, then retry it."


def _fine(
    code: int,
    title: str,
    meaning: str,
    remedy: str = "Nothing to do.",
    *,
    actor: Actor = Actor.NOBODY,
    why: str = "",
) -> StatusMeaning:
    """Return the row of a request that was carried out, perhaps with a warning."""
    severity = Severity.INFO if code < 500 else Severity.WARNING
    return StatusMeaning(code, title, severity, Effect.DONE, False, meaning, remedy, actor, why)


def _refused(
    code: int,
    title: str,
    meaning: str,
    remedy: str,
    actor: Actor = Actor.BOOKKEEPER,
    *,
    why: str = "",
    effect: Effect = Effect.NOT_DONE,
    transient: bool = False,
) -> StatusMeaning:
    """Return the row of a request that was not carried out."""
    return StatusMeaning(
        code, title, Severity.ERROR, effect, transient, meaning, remedy, actor, why
    )


def _fault(code: int, title: str, meaning: str, *, why: str = "") -> StatusMeaning:
    """Return the row of a request that we should not have sent as we did."""
    return _refused(code, title, meaning, _REPORT, Actor.DEVELOPER, why=why)


def _online(code: int, title: str, meaning: str) -> StatusMeaning:
    """Return the row of what only QuickBooks Online ever answered."""
    remedy = "Check that QuickBooks Desktop is what answers, then run the sync again."
    why = "Belongs to the old interface of QuickBooks Online."
    return _refused(code, title, meaning, remedy, Actor.OPERATOR, why=why)


_ROWS: tuple[StatusMeaning, ...] = (
    _fine(0, "Done", "QuickBooks did what it was asked."),
    _fine(
        1,
        "Nothing found",
        "QuickBooks has no record that fits the question.",
        why="An empty answer is a good answer: a new company has no open invoices.",
    ),
    _fine(
        500,
        "Some records not found",
        "QuickBooks no longer has some of the records it was asked for.",
        "Nothing to do: those that it has were read, the others count as gone.",
        why="Somebody deleted or merged them after Deskbridge had last read them.",
    ),
    _fine(
        501,
        "Record cannot be described",
        "QuickBooks could not describe a record to Deskbridge and left it out.",
        "Look at the record in QuickBooks; the other records were read.",
        actor=Actor.OPERATOR,
        why="It uses something newer than the qbXML version that the connection speaks.",
    ),
    _fine(
        510,
        "Record cannot be returned",
        "QuickBooks could not hand out a record and left it out.",
        "Open and save the record in QuickBooks; the other records were read.",
        actor=Actor.BOOKKEEPER,
    ),
    _fine(
        530,
        "Field not supported",
        "This edition of QuickBooks ignored a field; the rest was done.",
        why="The warning comes after the record was saved or read, not instead of it.",
    ),
    _fine(
        531,
        "Value not supported",
        "This edition of QuickBooks ignored one of the choices sent to it; the rest was done.",
    ),
    _fine(
        540,
        "Too many matches",
        "QuickBooks found more records than it hands out at once.",
        actor=Actor.NOBODY,
        why="Known from QuickBooks Online only; the desktop product sends pages instead.",
    ),
    _fine(
        550,
        "Saved without its notes",
        "QuickBooks saved the record but not its notes.",
        "Type the notes into the record in QuickBooks if they are needed.",
        actor=Actor.BOOKKEEPER,
    ),
    _fine(
        560,
        "Outdated field",
        "QuickBooks took an outdated field and did what it was asked.",
        actor=Actor.NOBODY,
        why="A later version of QuickBooks may refuse it; Deskbridge's maintainers want to know.",
    ),
    _fine(
        570,
        "Saved without its link",
        "QuickBooks saved the record but could not link it: the other document is already closed.",
        "Check in QuickBooks whether the two belong together and link them there.",
        actor=Actor.BOOKKEEPER,
        why="Often the invoice was paid in the meantime. Some descriptions of this code read as "
        "if nothing had been saved; Deskbridge reads the record again to see.",
    ),
    _refused(
        1000,
        "Internal error",
        "QuickBooks met an error inside itself and does not say what became of the request.",
        "Restart QuickBooks, then click Update Selected again.",
        effect=Effect.UNKNOWN,
        why="What was being written is looked up in QuickBooks before it is sent again.",
    ),
    _refused(
        1010,
        "QuickBooks is not available",
        "QuickBooks is not available at the moment.",
        "Nothing to do: the sync tries again shortly. If it stays so, restart QuickBooks.",
        Actor.NOBODY,
        transient=True,
    ),
    _refused(
        1030,
        "Request not supported",
        "This edition of QuickBooks does not know this kind of request.",
        "Use a supported edition: Pro, Premier or Enterprise, 2015 or later.",
        Actor.OPERATOR,
    ),
    _fault(
        1060,
        "Request number refused",
        "QuickBooks refused the number of a request.",
        why="A requestID may have up to 50 characters.",
    ),
    _online(2000, "Sign-on error", "QuickBooks reports a sign-on error of its online service."),
    _online(2010, "Sign-on refused", "QuickBooks refused a sign-on to its online service."),
    _online(2020, "Online session needed", "QuickBooks asks for a session of its online service."),
    _online(
        2030,
        "Not for the desktop",
        "QuickBooks says that the request belongs to its online service.",
    ),
    _online(
        2040,
        "Online service unavailable",
        "QuickBooks reports that its online service cannot be used.",
    ),
    _fault(
        3000,
        "Record number malformed",
        "QuickBooks does not recognize a record's internal number.",
        why="The number may come from another company file: check which one was open.",
    ),
    _fault(3010, "Yes or no malformed", "QuickBooks could not read a yes-or-no value."),
    _fault(3020, "Date malformed", "QuickBooks could not read a date."),
    _fault(
        3030, "Date range reversed", "QuickBooks was given a date range that ends before it starts."
    ),
    _fault(
        3031, "Name range reversed", "QuickBooks was given a range of names that it cannot use."
    ),
    _fault(3035, "Time span malformed", "QuickBooks could not read a span of time."),
    _fault(3040, "Amount malformed", "QuickBooks could not read an amount of money."),
    _fault(3045, "Price malformed", "QuickBooks could not read a price."),
    _fault(3050, "Percentage malformed", "QuickBooks could not read a percentage."),
    _fault(3060, "Quantity malformed", "QuickBooks could not read a quantity."),
    _fault(
        3065,
        "Identifier malformed",
        "QuickBooks did not take a record's outside identifier.",
        why="Its form is wrong (braces are part of it), or another record carries the same one.",
    ),
    _refused(
        3070,
        "Text too long",
        "A text is longer than its field in QuickBooks.",
        "Shorten the text at its source, then retry the record.",
        Actor.OPERATOR,
    ),
    _fault(3080, "Text refused", "QuickBooks could not use a text."),
    _fault(3085, "Number malformed", "QuickBooks could not read a number."),
    _refused(
        3090,
        "Name not allowed",
        "A name has a character that QuickBooks does not allow, such as a colon.",
        "Change the name at its source, then retry the record.",
        Actor.OPERATOR,
    ),
    _refused(
        3100,
        "Name already in use",
        "Another record in QuickBooks already has this name.",
        "Give one of the two another name, then retry the record.",
        why="Customers, vendors, employees and other names share one list of names.",
    ),
    _refused(
        3101,
        "Amount too large",
        "The resulting amount is too large for QuickBooks.",
        "Check the amounts of the document and correct them, then retry it.",
    ),
    _fault(
        3110,
        "Choice not allowed",
        "QuickBooks does not know one of the choices sent to it.",
        why="This version or edition of QuickBooks may lack it.",
    ),
    _refused(
        3120,
        "Record not found",
        "QuickBooks cannot find the record: it was deleted, or the invoice is already closed.",
        "The next sync reads it again. If this comes back, look the record up in QuickBooks.",
        why="A payment for an invoice that was closed in the meantime gets this answer too, and so "
        "does a record of another company file.",
    ),
    _refused(
        3121,
        "Owner not found",
        "QuickBooks does not know the owner of a custom field.",
        "Make new identifiers for the connection: deskbridge qwc NAME --renew-ids.",
        Actor.OPERATOR,
    ),
    _refused(
        3130,
        "Parent not found",
        "QuickBooks cannot find the customer above this job.",
        "Check the customer in QuickBooks, then retry the record.",
    ),
    _refused(
        3140,
        "Reference not found",
        "QuickBooks cannot find a customer, account, item or payment method that the record names.",
        "Add it in QuickBooks or correct the name, then retry.",
        why="QuickBooks' own words name the field and the value it looked for.",
    ),
    _fault(3150, "Field missing", "QuickBooks needs a field that was not sent."),
    _fault(3151, "Field not allowed", "QuickBooks does not allow one of the fields here."),
    _fault(
        3152,
        "Fields exclude each other",
        "QuickBooks was given two fields that exclude each other.",
    ),
    _fault(
        3153, "Only one field allowed", "QuickBooks was given several fields where it takes one."
    ),
    _refused(
        3160,
        "Cannot be deleted",
        "QuickBooks cannot delete the record because others use it.",
        "Remove what refers to it in QuickBooks, or skip this record.",
    ),
    _refused(
        3161,
        "Books are closed",
        "QuickBooks cannot delete the record: its date is in a closed period.",
        _CLOSED_BOOKS,
    ),
    _refused(
        3162,
        "Single-user mode needed",
        "QuickBooks can do this in single-user mode only.",
        "Switch to single-user mode (File menu) or wait until others have left; it tries again.",
        transient=True,
    ),
    _refused(
        3170,
        "Record could not be changed",
        "QuickBooks could not change the record.",
        _PERSON,
        why="Some descriptions name one cause only, a change by another user. QuickBooks' own "
        "words tell; when they speak of another user or a lock, Deskbridge tries again by itself.",
    ),
    _refused(
        3171,
        "Books are closed",
        "QuickBooks cannot change the record: its date is in a closed period.",
        _CLOSED_BOOKS,
        why="A closing date with a password is set in the company preferences.",
    ),
    _refused(
        3172,
        "Related record in the way",
        "QuickBooks could not change the record because of another one linked to it.",
        "Open the record in QuickBooks and check what it is linked to, then retry it.",
    ),
    _refused(
        3173,
        "Record was deleted",
        "QuickBooks could not change the record because it, or one linked to it, was deleted.",
        "Nothing to do: the next sync reads it again.",
        Actor.NOBODY,
    ),
    _refused(
        3175,
        "Record in use",
        "Somebody has the record open in QuickBooks.",
        "Save and close its window in QuickBooks; the sync tries again.",
        transient=True,
        why="QuickBooks locks a record while a person or another program works on it.",
    ),
    _refused(
        3176,
        "Related record in use",
        "Somebody has a related record open in QuickBooks, such as the customer or the invoice.",
        "Save and close open windows in QuickBooks; the sync tries again.",
        transient=True,
    ),
    _refused(
        3177,
        "Used by someone else",
        "Another program or user is working on the record in QuickBooks.",
        "Wait until they are done; the sync tries again.",
        transient=True,
    ),
    _refused(
        3180,
        "Record could not be saved",
        "QuickBooks could not save the record.",
        _PERSON,
        effect=Effect.UNKNOWN,
        why="QuickBooks' own words give the reason: a credit limit, a number already in use."
        " When they speak of another user or a lock, Deskbridge tries again by itself.",
    ),
    _refused(
        3185,
        "Document could not be voided",
        "QuickBooks could not void the document.",
        _PERSON,
        why="Either it is locked by somebody, which passes, or it is closed, which does not.",
    ),
    _fault(3190, "Field cannot be emptied", "QuickBooks does not let a field be emptied."),
    _refused(
        3200,
        "Changed in the meantime",
        "The record was changed in QuickBooks after Deskbridge had read it.",
        "Nothing to do: the next sync reads it again.",
        Actor.NOBODY,
        why="Each record carries an edit sequence; only the latest may be used to change it.",
    ),
    _refused(
        3205,
        "Address not valid",
        "QuickBooks did not take the lines of an address.",
        "Shorten the address to five lines at its source, then retry the record.",
        Actor.OPERATOR,
    ),
    _refused(
        3210,
        "Value refused",
        "QuickBooks refused a value of the record.",
        _PERSON,
        why="QuickBooks' own words name it: a payment above the amount due, say. When they speak "
        "of another user or a lock, Deskbridge tries again by itself.",
    ),
    _refused(
        3220,
        "Not possible for this record",
        "QuickBooks cannot do this with this kind of record.",
        "Skip the record, or do the work in QuickBooks yourself.",
    ),
    _refused(
        3230,
        "Undone",
        "QuickBooks undid the request because another one failed with it.",
        "Settle the failure that is listed beside it; then retry this one.",
        Actor.OPERATOR,
    ),
    _refused(
        3231,
        "Not reached",
        "QuickBooks did not get to this request because an earlier one failed.",
        "Nothing to do: it is sent again after the earlier one is settled.",
        Actor.NOBODY,
    ),
    _refused(
        3240,
        "Another record under this number",
        "QuickBooks has another record under this number; the file may be a restored copy.",
        "Tell your operator before running another sync.",
        Actor.OPERATOR,
        why="The time at which the record was made does not agree with what was read before.",
    ),
    _refused(
        3250,
        "Feature is off",
        "This feature is turned off in QuickBooks or not part of this edition.",
        "Turn it on under Edit > Preferences, if the edition has it, then retry.",
    ),
    _refused(
        3260,
        "QuickBooks user may not do this",
        "The QuickBooks user who is logged in may not do this.",
        "Let the QuickBooks Admin allow it under Company > Users, or log in as another user.",
    ),
    _refused(
        3261,
        "Application may not do this",
        "Deskbridge is not allowed to do this in QuickBooks.",
        "As Admin: Edit > Preferences > Integrated Applications > Company Preferences.",
    ),
    _refused(
        3262,
        "Not permitted",
        "QuickBooks does not permit this to the application or the user.",
        "As Admin, check Integrated Applications in the preferences and the rights of the user.",
    ),
    _refused(
        3263,
        "Registration not permitted",
        "QuickBooks does not let the application write what it needs.",
        "Add the .qwc file again as Admin in single-user mode and allow access.",
        why="Seen when a .qwc file asks for read-only access, or when a subscription has run out.",
    ),
    _refused(
        3270,
        "Posting account missing",
        "QuickBooks has no account to post this to.",
        "Give the item an account, or name the receivables account, in QuickBooks; then retry.",
    ),
    _refused(
        3280,
        "Item type does not fit",
        "The type of an item does not fit its use here.",
        "Choose another item in QuickBooks, then retry the record.",
    ),
    _fault(
        3290,
        "Lines out of order",
        "QuickBooks was given the lines of a document in the wrong order.",
    ),
    _refused(
        3301,
        "Relation not valid",
        "QuickBooks refused how records were related to each other.",
        _PERSON,
    ),
    _refused(
        3391,
        "Reading was interrupted",
        "QuickBooks lost its place in a long list.",
        "Nothing to do: the next sync reads the list again from where it was safe.",
        Actor.NOBODY,
        why="A place in a list lasts as long as one Web Connector session.",
    ),
)

_MESSAGE_SET_ROWS: tuple[StatusMeaning, ...] = (
    _refused(
        600,
        "Nothing remembered",
        "QuickBooks remembers no request under this number.",
        "Check that the right company file is open; Deskbridge looks for the record itself.",
        Actor.NOBODY,
        effect=Effect.UNKNOWN,
        why="The request never ran, or it ran in another company file, or a backup was restored "
        "since.",
    ),
    _refused(
        9001,
        "Number used for another request",
        "QuickBooks remembers a different request under this number and did not run the new one.",
        "Tell the maintainers of Deskbridge; nothing is sent again until it is settled.",
        Actor.DEVELOPER,
    ),
    _refused(
        9002,
        "Answer not remembered",
        "QuickBooks knows the request but did not keep its answer.",
        "Nothing to do: Deskbridge looks for the record before it continues.",
        Actor.NOBODY,
        effect=Effect.UNKNOWN,
    ),
    _refused(
        9003,
        "Not in use",
        "QuickBooks answered with a code that it is not known to use.",
        "Show this to your operator; Deskbridge looks for the record before it continues.",
        Actor.OPERATOR,
        effect=Effect.UNKNOWN,
    ),
    _fault(
        9004,
        "Request number too long",
        "QuickBooks refused a request's number as too long.",
        why="A message set ID may have up to 23 characters to be safe.",
    ),
    _refused(
        9005,
        "Answer could not be kept",
        "QuickBooks could not keep the answer to a request for later.",
        "Nothing to do: Deskbridge looks for the record before it continues.",
        Actor.NOBODY,
        effect=Effect.UNKNOWN,
    ),
)

_READ_IT = "Read what QuickBooks said; if it does not help, show it to your operator."

RANGES: tuple[StatusRange, ...] = (
    StatusRange(
        499, _fine(0, "Information", "QuickBooks did what it was asked and adds a remark.")
    ),
    StatusRange(
        999,
        _fine(
            500,
            "Warning",
            "QuickBooks did what it was asked, though not quite as expected.",
            "Look at the record in QuickBooks.",
            actor=Actor.BOOKKEEPER,
        ),
    ),
    StatusRange(
        1999,
        _refused(
            1000,
            "General error",
            "QuickBooks met an error and does not say what became of the request.",
            _READ_IT,
            Actor.OPERATOR,
            effect=Effect.UNKNOWN,
        ),
    ),
    StatusRange(
        2999,
        _refused(
            2000,
            "Not for the desktop",
            "QuickBooks Desktop does not do what was asked.",
            _READ_IT,
            Actor.OPERATOR,
        ),
    ),
    StatusRange(
        3099,
        _fault(3000, "Malformed value", "QuickBooks could not read a value that was sent to it."),
    ),
    StatusRange(
        3399,
        _refused(
            3300,
            "Report, link or price level",
            "QuickBooks refused a report, a link between documents or a price level.",
            _PERSON,
        ),
    ),
    StatusRange(
        9099,
        _refused(
            3100,
            "Other error",
            "QuickBooks refused the request.",
            _READ_IT,
            effect=Effect.UNKNOWN,
        ),
    ),
    StatusRange(
        9199,
        _fault(
            9100,
            "Macro error",
            "QuickBooks refused a placeholder that stands for a record not yet saved.",
        ),
    ),
)
UNDOCUMENTED = _refused(
    -1,
    "Unknown code",
    "QuickBooks answered with a code that is not documented.",
    _READ_IT,
    Actor.OPERATOR,
    effect=Effect.UNKNOWN,
)

STATUSES: dict[int, StatusMeaning] = {row.code: row for row in _ROWS}
MESSAGE_SET_STATUSES: dict[int, StatusMeaning] = {row.code: row for row in _MESSAGE_SET_ROWS}

"""QuickBooks' refusals of a write, in its own words: each answers the status of one request.

Codes and wording as far as they are known from captured answers; where only the code or only
the reason is known, the other follows the same pattern.
"""

from __future__ import annotations

from simulator.company.errors import RequestFailed

_NOT_IN_LIST = "Invalid argument.  The specified record does not exist in the list."
_LOCKED = "could not be locked.  It is in use by another user."
_CLOSED_PERIOD = (
    "An attempt was made to add a {kind} with a date that is on or before the closing date of "
    "the company. If you are sure you really want to do this, please ask a user with Admin "
    "privileges to remove the password for editing transactions on or before to closing date "
    "(this setting is in the Accounting Company Preferences), then try again."
)
OVERPAID = "You cannot pay more than the amount due."


def bad_id(given: str, field: str) -> RequestFailed:
    """An id that is none of QuickBooks'."""
    return RequestFailed(3000, f'The given object ID "{given}" in the field "{field}" is invalid.')


def bad_date(given: str) -> RequestFailed:
    """A date that is on no calendar."""
    return RequestFailed(3020, f'There was an error when converting the date value "{given}".')


def bad_guid(given: str, why: str) -> RequestFailed:
    """An ExternalGUID that cannot be taken."""
    return RequestFailed(
        3065,
        f'There was an error when converting the GUID value "{given}" in the field '
        f'"ExternalGUID".  QuickBooks error message: {why}',
    )


def missing(name: str) -> RequestFailed:
    """An element without which the request means nothing."""
    return RequestFailed(3150, f"There is a missing element: {name}")


def not_found(object_id: str) -> RequestFailed:
    """An object named by id that is not there, or not for this request to use."""
    return RequestFailed(
        3120,
        f'Object "{object_id}" specified in the request cannot be found.  QuickBooks error '
        f"message: {_NOT_IN_LIST}",
    )


def bad_reference(kind: str, given: str, where: str, why: str = _NOT_IN_LIST) -> RequestFailed:
    """A reference to a list entry that is not there, or does not fit."""
    return RequestFailed(
        3140,
        f'There is an invalid reference to QuickBooks {kind} "{given}" in the {where}.  '
        f"QuickBooks error message: {why}",
    )


def bad_value(field: str, given: str, why: str) -> RequestFailed:
    """A field whose value the books do not allow."""
    return RequestFailed(
        3210,
        f'The "{field}" field has an invalid value "{given}".  QuickBooks error message: {why}',
    )


def bad_range(low: str, high: str) -> RequestFailed:
    """A filter's range that is empty."""
    return RequestFailed(
        3030, f'The range from "{low}" to "{high}" is invalid: it ends before it begins.'
    )


def in_use(kind: str, related: str) -> RequestFailed:
    """Somebody has open what the object is ``related`` to: transaction or record."""
    return RequestFailed(
        3176,
        f'There was an error when adding, modifying, or deleting "{kind}" because its related '
        f"object is already in use.  QuickBooks error message: The {related} {_LOCKED}",
    )


def closed_period(kind: str) -> RequestFailed:
    """A new object with a date on or before the closing date, which a password guards."""
    return RequestFailed(
        3180,
        f"There was an error when saving a {kind}.  QuickBooks error message: "
        f"{_CLOSED_PERIOD.format(kind=kind)}",
    )


def no_account(what: str) -> RequestFailed:
    """A posting account that neither the request nor the preferences name."""
    return RequestFailed(3270, f"A posting account is missing: {what}")


def name_taken(name: str) -> RequestFailed:
    """A list entry whose name another one has."""
    return RequestFailed(3100, f'The name "{name}" of the list element is already in use.')


def bad_name(name: str) -> RequestFailed:
    """A name with a character that names must not have."""
    return RequestFailed(
        3090, f'There was an error when storing "{name}" in the "Name" field: it has a colon.'
    )


def not_enabled() -> RequestFailed:
    """A feature that this company does not use."""
    return RequestFailed(
        3250, "This feature is not enabled or not available in this version of QuickBooks."
    )

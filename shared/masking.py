"""What must not be on a screen or in a bundle: numbers and words worth stealing, and where people
live.
"""

from __future__ import annotations

import re

_SECRET = (
    *("CreditCardNumber", "CardSecurityCode", "BankNumber", "AccountNumber", "SSN"),
    *("TaxIdentNum", "TaxIdentifier", "VendorTaxIdent", "Password", "strPassword", "ticket"),
)
_CONTACT = (
    *("Addr1", "Addr2", "Addr3", "Addr4", "Addr5", "City", "PostalCode", "Phone", "AltPhone"),
    *("Mobile", "Pager", "Fax", "Email", "Cc", "Contact", "AltContact", "Salutation"),
    *("FirstName", "MiddleName", "LastName", "Note", "Notes"),
)
_WORDS = r"password|passwd|pwd|secret|token|ticket|api[_-]?key|access[_-]?key"
_PASSWORD = re.compile(
    rf"""(\b(?:\w+[_-])?(?:{_WORDS})["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s<&;,]+)""", re.I
)
_AUTHORIZATION = re.compile(r"""(\bauthorization["']?\s*[=:]\s*)[^\n<"',;]+""", re.I)
_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)", re.I)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")


def _elements(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(<({'|'.join(names)})(?: [^<>]*)?>)[^<]+(</\2>)", re.IGNORECASE)


_SECRET_ELEMENT = _elements(_SECRET)
_CONTACT_ELEMENT = _elements(_CONTACT)


def masked(text: str) -> str:
    """The text with secrets as dots.

    They are: elements that hold one, what follows ``password=`` and its like, the password of an
    address, and card numbers.
    """
    text = _SECRET_ELEMENT.sub(r"\1…\3", text)
    text = _AUTHORIZATION.sub(r"\1…", text)
    text = _PASSWORD.sub(r"\1…", text)
    text = _ADDRESS.sub(r"\1…\2", text)
    return _CARD.sub(lambda found: "…" if _is_card(found.group()) else found.group(), text)


def without_contacts(text: str) -> str:
    """The text with addresses, telephone numbers and names of contacts as dots, in elements."""
    return _CONTACT_ELEMENT.sub(r"\1…\3", text)


def _is_card(text: str) -> bool:
    """Whether the check digit is right, as it is by chance in one number of ten."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0

"""What must not be on a screen although QuickBooks sent it: numbers and words worth stealing."""

from __future__ import annotations

import re

_SECRET = (
    *("CreditCardNumber", "CardSecurityCode", "BankNumber", "AccountNumber", "SSN"),
    *("TaxIdentNum", "TaxIdentifier", "VendorTaxIdent", "Password", "strPassword", "ticket"),
)
_ELEMENT = re.compile(rf"(<({'|'.join(_SECRET)})(?: [^<>]*)?>)[^<]+(</\2>)", re.IGNORECASE)
_PASSWORD = re.compile(r"(\b(?:password|passwd|pwd|secret|api[_-]?key)\s*[=:]\s*)[^\s<&;,]+", re.I)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")


def masked(text: str) -> str:
    """The text with secrets as dots: in elements, after ``password=``, and card numbers."""
    text = _ELEMENT.sub(r"\1…\3", text)
    text = _PASSWORD.sub(r"\1…", text)
    return _CARD.sub(lambda found: "…" if _is_card(found.group()) else found.group(), text)


def _is_card(text: str) -> bool:
    """Whether the check digit is right, as it is by chance in one number of ten."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0

"""What the texts of our requests may be: the rule in words, and as patterns of XML Schema.

Narrower than Intuit's types where QuickBooks refuses what those admit: an empty ID, an offset
behind a time. Source: qbxmltypes130.xsd; the years and the control characters were tried.
"""

from __future__ import annotations

from shared.qbxml.text import LONGEST_NAME, LONGEST_NUMBER
from shared.structs import Value


class Format(Value):
    """A text that fits all ``patterns``; ``rule`` says so to a person.

    ``longest`` bounds what is too long for the count of a pattern.
    """

    rule: str
    patterns: tuple[str, ...]
    longest: int | None = None


def only(text: str) -> Format:
    """This text and no other."""
    return Format(text, (text,))


def one_of(*texts: str) -> Format:
    """One of these texts."""
    return Format(f"one of {', '.join(texts)}", ("|".join(texts),))


def _storable(longest: int) -> Format:
    return Format(f"1 to {longest} characters of Windows-1252", (f"[{_STORABLE}]{{1,{longest}}}",))


def _exact(longest: int) -> Format:
    """What we look for by its exact text must not be trimmed on the way: no blank at its ends."""
    plain = _storable(longest)
    return Format(
        f"{plain.rule} without blanks around them",
        (*plain.patterns, f"[^ {_HARD}](.*[^ {_HARD}])?"),
    )


# Windows-1252 without control characters, as members of a character class.
_STORABLE = " -~\xa0-ÿŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"
_HARD = "\xa0"  # the blank that breaks no line
_GUID = r"\{[0-9a-fA-F]{8}(\-[0-9a-fA-F]{4}){3}\-[0-9a-fA-F]{12}\}"
_YEAR = "(19[7-9][0-9]|20[0-2][0-9]|203[0-7])"

ID = Format("1 to 36 letters, digits and dashes", (r"[A-Za-z0-9\-]{1,36}",))
MESSAGE_SET_ID = Format("1 to 23 letters, digits and dashes", (r"[A-Za-z0-9\-]{1,23}",))
REQUEST_ID = Format("1 to 50 printable ASCII characters without spaces", ("[!-~]{1,50}",))
ITERATOR_ID = Format("the ID that the answer to Start brought", ("[!-~]{1,64}",))
OWNER_ID = Format("0, or a GUID in braces", (f"0|{_GUID}",))
EXTERNAL_GUID = Format("a GUID in braces", (_GUID,))
ELEMENT_NAME = Format(
    "the name of an element, at most 50 characters", ("[A-Za-z][A-Za-z0-9]{0,49}",)
)
COUNT = Format("a whole number from 1 to 99999", ("[1-9][0-9]{0,4}",))
AMOUNT = Format("an amount such as 1234.50", (r"[0-9]{1,13}\.[0-9]{2}",))
DATE = Format(
    "a date such as 2024-06-12, from 1970 to 2037", (rf"{_YEAR}\-[0-9]{{2}}\-[0-9]{{2}}",)
)
TIME = Format(
    "a time such as 2024-06-12T09:46:40, without offset, from 1970 to 2037",
    (rf"{_YEAR}\-[0-9]{{2}}\-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}",),
)
FULL_NAME = _storable(LONGEST_NAME)
INVOICE_NUMBER = _storable(LONGEST_NUMBER)
PAYMENT_NUMBER = _exact(20)
METHOD_NAME = _exact(31)
MEMO = Format(
    "1 to 4095 characters of Windows-1252 in lines ended by line feeds alone, not only blanks",
    (rf"[ \t\n{_HARD}]*[^ \t\n{_HARD}][{_STORABLE}\t\n]*", rf"[{_STORABLE}\t\n]*"),
    longest=4095,
)

"""When two invoice numbers are one, and when they are only close.

QuickBooks keeps numbers as somebody typed them, and a spreadsheet changes them on the way: ``511``
becomes ``511.0``, ``00511`` loses its zeros. Blanks and case never make another number
(``names.folded``). All else does: then the numbers are close, and a person says which is meant.
"""

from __future__ import annotations

import re

from shared.rules.payments.names import folded

_PLACES = re.compile(r"\.0+$")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_LAST_ZERO = re.compile(r"(?<!\d)0$")
_MARKS = re.compile(r"[\s#\-‐-―_]+")


def key(number: str) -> str:
    """What close numbers share; numbers that are the same share it, too.

    That is the number without case, ``#``, dashes, blanks, leading zeros and a last ``.0``; empty
    for an empty number alone.
    """
    if number.isascii() and number.isdecimal():
        return number.lstrip("0") or "0"
    text = folded(number)
    plain = _LEADING_ZEROS.sub("", _PLACES.sub("", text))
    return _LEADING_ZEROS.sub("", _MARKS.sub("", plain)) or text


def beginning(typed: str) -> str:
    """What the keys of all numbers begin with that begin with what was ``typed`` so far.

    A zero at its end may lead digits that follow, and no key has such a zero.
    """
    return _LAST_ZERO.sub("", key(typed))

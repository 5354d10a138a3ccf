"""XML as QuickBooks and the Web Connector write it, made into XML that a parser takes.

QuickBooks keeps whatever was pasted into a memo, and .NET writes it out: control characters, raw
or as references, halves of surrogate pairs, now and then a byte of Windows-1252 in a document
that says UTF-8. XML 1.0 has no place for any of these, and a parser that meets one gives the
whole answer up. So they are put right on the way, in the envelope as in the document inside it:

    byte that is no UTF-8        the character of Windows-1252
    C1 code, raw or reference    the character of Windows-1252 that QuickBooks means by it
    pair of surrogates           the character that the two make
    carriage return reference    nothing: white space, which XML would fold anyway
    any other forbidden one      ``MARK``, which the reader takes out again and tells

Work is linear in the input, and memory is one piece of it.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# U+0080 to U+009F: what QuickBooks means by them. The five codes that Windows-1252 leaves
# open would be terminal control codes, so they become U+FFFD.
C1 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
MARK = "\ufdd0"
"""Stands where a character was that no XML may hold. Unicode assigns it to nobody."""
MARK_BYTES = MARK.encode()
_MARK_BEGINS = MARK_BYTES[:1]

_CONTROLS = bytes({*range(0x20)} - set(b"\t\n\r"))
_MARKED = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_ODD = re.compile("[\x80-\x9f\ufffe\uffff]")
_CR_REFERENCES = (b"&#xD;", b"&#13;")
_HIGH = (
    rb"&#(x0{0,4}[dD][89abAB][0-9a-fA-F]{2}"
    rb"|0{0,4}55(?:29[6-9]|[3-9]\d\d)|0{0,4}56(?:[0-2]\d\d|3[01]\d));"
)
_LOW = rb"&#(x0{0,4}[dD][c-fC-F][0-9a-fA-F]{2}|0{0,4}5[67]\d{3});"
_PAIR = re.compile(_HIGH + _LOW)
_REFERENCE = re.compile(rb"&#([0-9]{1,9}|x[0-9a-fA-F]{1,8});")
_UNFINISHED = re.compile(rb"(?:" + _HIGH + rb")?(?:&#?\w{0,11})?\Z")
"""What the next piece may go on with: half a pair of references, or half a reference."""
_UNFINISHED_BYTES = re.compile(
    rb"\xed(?:[\xa0-\xbf]|[\xa0-\xaf][\x80-\xbf](?:\xed[\xb0-\xbf]?)?)?\Z"
)
_LONGEST = 32


def _from_windows(error: UnicodeError) -> tuple[str, int]:
    """A byte that is no UTF-8 means its character in Windows-1252; see the module."""
    assert isinstance(error, UnicodeDecodeError)
    data, start = error.object, error.start
    first = _surrogate(data, start)
    if first is None:
        return C1.get(data[start], chr(data[start])), start + 1
    second = _surrogate(data, start + 3)
    if first < 0xDC00 and second is not None and second >= 0xDC00:
        return _joined(first, second), start + 6
    return MARK, start + 3


codecs.register_error("windows-1252", _from_windows)


def _surrogate(data: bytes, at: int) -> int | None:
    """Half of a surrogate pair, as some programs write it in three bytes."""
    half = data[at : at + 3]
    if len(half) < 3 or half[0] != 0xED or not 0xA0 <= half[1] <= 0xBF or half[2] >> 6 != 2:
        return None
    return 0xD000 | (half[1] & 0x3F) << 6 | half[2] & 0x3F


def _joined(first: int, second: int) -> str:
    return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))


def is_marked(data: bytes) -> bool:
    """Whether a mark is in it; its first byte, found 50 times sooner, is rare in itself."""
    return _MARK_BEGINS in data and MARK_BYTES in data


class Repair:
    """Puts a document right while it arrives: ``feed`` it, then take the ``rest``.

    ``encoding`` is what the bytes are in; what comes out is UTF-8, whatever a declaration says.
    Raises LookupError for an encoding that is not known.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._is_utf8 = codecs.lookup(encoding).name == "utf-8"
        errors = "windows-1252" if self._is_utf8 else "replace"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._undecoded = b""
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What can be said of a piece; what may go on in the next one is held back."""
        whole = self._held + self._decoded(data)
        found = _UNFINISHED.search(whole, max(0, len(whole) - _LONGEST))
        cut = found.start() if found else len(whole)
        self._held = whole[cut:]
        return repair_references(whole[:cut])

    def rest(self) -> bytes:
        """What was held back, at the end of the document."""
        last, self._undecoded = self._undecoded, b""
        held, self._held = self._held + self._allowed(self._decoder.decode(last, True)), b""
        return repair_references(held)

    def _decoded(self, data: bytes) -> bytes:
        """The piece in UTF-8, without raw characters that XML forbids."""
        if self._is_utf8 and data.isascii() and not self._undecoded and not self._waits():
            return _without_controls(data)
        data = self._undecoded + data
        unfinished = _UNFINISHED_BYTES.search(data, max(0, len(data) - _LONGEST))
        cut = unfinished.start() if unfinished and self._is_utf8 else len(data)
        self._undecoded = data[cut:]
        return self._allowed(self._decoder.decode(data[:cut]))

    def _waits(self) -> bool:
        """Whether the decoder is in the middle of a character."""
        return bool(self._decoder.getstate()[0])

    def _allowed(self, text: str) -> bytes:
        text = _ODD.sub(lambda odd: C1.get(ord(odd[0]), MARK), text)
        return _without_controls(text.encode("utf-8", "replace"))


def _without_controls(data: bytes) -> bytes:
    if len(data.translate(None, _CONTROLS)) == len(data):
        return data
    return _MARKED.sub(MARK_BYTES, data)


def repair_references(xml: bytes) -> bytes:
    """Put the character references of some whole XML right; everything else stays."""
    if xml.rfind(b"&#") < 0:  # which is half of what looking from the begin takes
        return xml
    if xml.startswith(_CR_REFERENCES, xml.find(b"&#")):  # .NET writes one in each line, or nowhere
        for reference in _CR_REFERENCES:
            xml = xml.replace(reference, b"")
    return _REFERENCE.sub(lambda reference: _meant(reference[1]), _PAIR.sub(_pair, xml))


def _code(digits: bytes) -> int:
    return int(digits[1:], 16) if digits.startswith(b"x") else int(digits)


def _pair(found: re.Match[bytes]) -> bytes:
    first, second = _code(found[1]), _code(found[2])
    is_pair = 0xDC00 <= second < 0xE000
    return _joined(first, second).encode() if is_pair else found[0]


@lru_cache(4096)
def _meant(digits: bytes) -> bytes:
    """What stands in the place of the reference to a code."""
    code = _code(digits)
    if code in C1:
        return C1[code].encode()
    if code == 0xD:
        return b""
    is_allowed = code in (0x9, 0xA) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
    return b"&#%b;" % digits if is_allowed or 0x10000 <= code <= 0x10FFFF else MARK_BYTES

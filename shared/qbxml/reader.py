"""Reads an answer of QuickBooks while it arrives: lenient with records, strict with XML.

The pieces are fed to libxml2 in blocks. After each block the records that are complete
become values and leave the tree, known or not, so memory stays flat whatever the size of
the answer. Nothing that QuickBooks would not write is let in: no DOCTYPE and hence no
entity, no depth, width or size beyond ``Limits``. Characters that QuickBooks does write and XML
does not allow are put right on the way (``shared.qbxml.repair``).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain
from typing import TypeAlias

from lxml import etree

from shared.qbxml.records import read_record
from shared.qbxml.repair import MARK, Repair, is_marked
from shared.qbxml.responses import BadRecord, MessageSetHead, ResponseHead, Ret, Status
from shared.qbxml.shape import Element
from shared.qbxml.text import shown
from shared.structs import Value

_BLOCK_BYTES = 65536
_USUAL_DEPTH = 8

_TAG = re.compile(rb"<([^\s<>/!?][^<>]*)")
_BLANK = re.compile(rb"\s")
_ATTRIBUTE = re.compile(rb"\s([^\s<>=\"']+)=[\"']")
_names_met: set[bytes] = set()
_draw = random.random

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")


class Limits(Value):
    """How much of what an answer may hold before it is refused.

    Real answers are four to eight levels deep, have up to six attributes in a tag, some 17
    bytes to a tag (begin or end) and 30 tags to an invoice line. ``record_tags`` bounds what
    is in memory at once, ``run_bytes`` one tag, name or text without a ``>`` in it. ``names``
    bounds the names of elements and attributes that the process met in all answers, as far as
    they were looked for, in ``names_sampled`` of all blocks: libxml2 keeps each for good. All of
    qbXML has 3,000.
    """

    size_bytes: int = 33_554_432
    tags: int = 4_000_000
    record_tags: int = 400_000
    depth: int = 32
    attributes: int = 16
    run_bytes: int = 131_072
    names: int = 5_000
    names_sampled: float = 1 / 8


class Repaired(Value):
    """The record that follows held characters that no XML may hold; they were left out.

    ``kind`` is its element, ``object_id`` its TxnID or ListID.
    """

    kind: str
    object_id: str


Part: TypeAlias = MessageSetHead | ResponseHead | Ret | BadRecord | Repaired


class Unreadable(StrEnum):
    """Why an answer could not be read at all."""

    EMPTY = "empty"
    ENCODING = "encoding"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    DOCTYPE = "doctype"
    NOT_QBXML = "not-qbxml"
    NO_STATUS = "no-status"
    TOO_LARGE = "too-large"
    TOO_MANY_TAGS = "too-many-tags"
    TOO_DEEP = "too-deep"
    TOO_MANY_ATTRIBUTES = "too-many-attributes"
    TOO_MANY_NAMES = "too-many-names"


class UnreadableAnswer(Exception):
    """The answer is not qbXML that QuickBooks would write. What was read before still stands.

    ``detail`` is a clause for a person; it never holds text of the answer beyond names.
    """

    def __init__(self, reason: Unreadable, detail: str) -> None:
        super().__init__(f"QuickBooks' answer cannot be read: {detail}")
        self.reason = reason
        self.detail = detail


def read_message_set(pieces: Iterable[bytes | str], limits: Limits | None = None) -> Iterator[Part]:
    """Read an answer from its pieces, in the order of the document.

    First comes the MessageSetHead, then a ResponseHead for each ``*Rs`` followed by its records,
    each as soon as it is complete; a BadRecord stands in for a record with a malformed value.
    Bytes are UTF-8, whatever the declaration says, as the envelope around them was.
    Raises UnreadableAnswer, maybe after records were handed out: store them only together.
    """
    answer = _Answer(limits or Limits())
    for block in _blocks(pieces, answer.limits.size_bytes):
        yield from answer.feed(block)
    yield from answer.close()


def _blocks(pieces: Iterable[bytes | str], size_bytes: int) -> Iterator[bytes]:
    """The answer as UTF-8 in blocks that XML allows, without leading space and BOM.

    Raises UnreadableAnswer beyond ``size_bytes``, and for another encoding.
    """
    repair = Repair()
    held = b""
    size = 0
    begun = False
    for slice_ in chain.from_iterable(map(_slices, pieces)):
        size += len(slice_)
        if size > size_bytes:
            raise UnreadableAnswer(
                Unreadable.TOO_LARGE, f"it is larger than {size_bytes // 1024} KiB"
            )
        held += slice_
        if not begun:
            _check_encoding(held)
            held = held.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
            begun = len(held) > 3
        if len(held) >= _BLOCK_BYTES:
            yield repair.feed(held)
            held = b""
    if last := repair.feed(held) + repair.rest():
        yield last


def _slices(piece: bytes | str) -> Iterator[bytes]:
    for start in range(0, len(piece), _BLOCK_BYTES):
        part = piece[start : start + _BLOCK_BYTES]
        yield part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part


def _check_encoding(head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
        raise UnreadableAnswer(Unreadable.ENCODING, "it is not UTF-8")


class _Answer:
    """One answer on its way through libxml2; ``feed`` and ``close`` hand out its parts."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._parser = etree.XMLPullParser(
            ("start",),
            tag="QBXML",
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
            collect_ids=False,
        )
        self._root: Element | None = None
        self._response: Element | None = None  # the *Rs whose head was handed out last
        self._is_open = False
        self._tags = 0
        self._block_tags = 0
        self._held_tags = 0  # since an element was last released
        self._run_bytes = 0
        self._has_attributes = False  # maybe, in the tags of the block or one that goes on
        self._is_marked = False  # a character was left out somewhere above
        self._too_many_attributes = etree.XPath(
            f"count(/descendant::*/@*) > {limits.attributes}"  # the cheap half, mostly false
            f" and boolean(/descendant::*[@*[{limits.attributes + 1}]])"
        )
        usual = min(_USUAL_DEPTH, limits.depth)
        self._too_deep = etree.XPath(  # what is usual, is found so in a quarter of the time
            f"boolean({'/*' * (usual + 1)}) and boolean({'/*' * (limits.depth + 1)})"
        )

    def feed(self, block: bytes) -> Iterator[Part]:
        """Parse a block and hand out what it completed."""
        if self._root is None and b"<!DOCTYPE" in block:  # the root is within the first block
            told = "it has a DOCTYPE, which QuickBooks never sends"
            raise UnreadableAnswer(Unreadable.DOCTYPE, told)
        tags = self._weigh(block)
        self._sample_names(block)
        self._is_marked = self._is_marked or is_marked(block)
        self._parse(block)
        root = self._find_root(block)
        self._has_attributes = self._has_attributes or b"=" in block
        self._measure(root)
        self._has_attributes = self._goes_on_with_attributes(block)
        self._block_tags = tags
        self._held_tags += tags
        yield from self._harvest(root, is_complete=False)
        if self._held_tags > self.limits.record_tags:
            raise UnreadableAnswer(
                Unreadable.TOO_MANY_TAGS,
                f"one record has more than {self.limits.record_tags:,} tags",
            )

    def close(self) -> Iterator[Part]:
        """Hand out the rest. Raises UnreadableAnswer when the document is not at its end."""
        if self._root is None:
            raise UnreadableAnswer(Unreadable.EMPTY, "it is empty")
        try:
            self._parser.close()
        except etree.XMLSyntaxError as why:
            detail = f"it stops in the middle, at line {why.lineno}"
            raise UnreadableAnswer(Unreadable.TRUNCATED, detail) from None
        yield from self._harvest(self._root, is_complete=True)
        if not self._is_open:
            raise UnreadableAnswer(Unreadable.NOT_QBXML, "it contains no QBXMLMsgsRs")

    def _weigh(self, block: bytes) -> int:
        """Check the sizes that need no parsing; returns the number of tags."""
        tags = block.count(b"<")
        self._tags += tags
        if self._tags > self.limits.tags:
            raise UnreadableAnswer(
                Unreadable.TOO_MANY_TAGS, f"it has more than {self.limits.tags:,} tags"
            )
        first, last = block.find(b">"), block.rfind(b">")
        gone_on = self._run_bytes + (len(block) if first < 0 else first)
        self._run_bytes = gone_on if first < 0 else len(block) - last - 1
        if max(gone_on, self._run_bytes) > self.limits.run_bytes:
            raise UnreadableAnswer(
                Unreadable.TOO_LARGE,
                f"one tag or text is longer than {self.limits.run_bytes // 1024} KiB",
            )
        return tags

    def _goes_on_with_attributes(self, block: bytes) -> bool:
        """Whether a tag with attributes may be open at the end of a block: in none is a ``<``."""
        last = block.rfind(b"<")
        return self._has_attributes if last < 0 else b"=" in block[last:]

    def _sample_names(self, block: bytes) -> None:
        """Refuse a document of ever new names before libxml2 learns them, for good.

        Names that were met before do no harm, so what is refused here is no honest answer. Which
        blocks are looked at is drawn by chance, so that nobody can write around it.
        """
        if _draw() >= self.limits.names_sampled:
            return
        new = _names(block) - _names_met
        if new and len(_names_met) + len(new) > self.limits.names:
            raise UnreadableAnswer(
                Unreadable.TOO_MANY_NAMES, "its elements have names that QuickBooks does not know"
            )
        _names_met.update(new)

    def _parse(self, block: bytes) -> None:
        """Feed libxml2, and refuse what it would forgive until the end: an unknown entity."""
        try:
            self._parser.feed(block)
        except etree.XMLSyntaxError as why:
            raise _malformed(why.lineno) from None
        errors = self._parser.feed_error_log.filter_from_errors()
        if errors:
            raise _malformed(errors[0].line)

    def _find_root(self, block: bytes) -> Element:
        for _, begun in self._parser.read_events():
            if self._root is None and isinstance(begun, etree._Element):
                self._root = begun
        if self._root is None or self._root.getparent() is not None:
            raise UnreadableAnswer(Unreadable.NOT_QBXML, _what_it_is(block))
        return self._root

    def _measure(self, root: Element) -> None:
        if self._too_deep(root):
            raise UnreadableAnswer(
                Unreadable.TOO_DEEP, f"its elements are nested deeper than {self.limits.depth}"
            )
        if self._has_attributes and self._too_many_attributes(root):
            raise UnreadableAnswer(
                Unreadable.TOO_MANY_ATTRIBUTES,
                f"an element has more than {self.limits.attributes} attributes",
            )

    def _harvest(self, root: Element, *, is_complete: bool) -> Iterator[Part]:
        for child, child_is_complete in _children(root, is_complete):
            if child.tag == "QBXMLMsgsRs":
                yield from self._message_set(child, child_is_complete)
        self._release(root, is_complete)

    def _message_set(self, message_set: Element, is_complete: bool) -> Iterator[Part]:
        if not self._is_open:
            self._is_open = True
            yield MessageSetHead(_whole_number(message_set, "messageSetStatusCode"))
        for response, response_is_complete in _children(message_set, is_complete):
            if not response.tag.endswith("Rs"):
                continue
            if response is not self._response:
                self._response = response
                yield _response_head(response)
            yield from self._records(response, response_is_complete)
        self._release(message_set, is_complete)

    def _records(self, response: Element, is_complete: bool) -> Iterator[Part]:
        for record, record_is_complete in _children(response, is_complete):
            if record_is_complete:
                if self._is_marked and _take_marks_out(record):
                    identity = record.findtext("TxnID") or record.findtext("ListID") or ""
                    yield Repaired(record.tag, identity)
                value = read_record(record)
                if value is not None:
                    yield value
        self._release(response, is_complete)

    def _release(self, parent: Element, is_complete: bool) -> None:
        """Take complete children out of the tree; libxml2 still writes into an open one."""
        count = len(parent) if is_complete else len(parent) - 1
        if count > 0:
            del parent[:count]
            self._held_tags = self._block_tags


def _names(block: bytes) -> set[bytes]:
    """The names of elements and attributes in a block; few blocks have attributes."""
    tags = set(_TAG.findall(block))
    names = {_BLANK.split(tag, 1)[0].rstrip(b"/") for tag in tags}
    if any(map(_BLANK.search, tags)):
        names.update(b"@" + name for name in _ATTRIBUTE.findall(block))
    return names


def _children(parent: Element, is_complete: bool) -> Iterator[tuple[Element, bool]]:
    """Each child, and whether its end was parsed: of an open parent the last child is open."""
    last = len(parent) - 1
    for index, child in enumerate(parent):
        yield child, is_complete or index < last


def _what_it_is(head: bytes) -> str:
    root = re.search(rb"<([A-Za-z_][A-Za-z0-9_.:-]{0,40})", head)
    if root is None:
        return "it is not XML"
    return f"it is not a QBXML document but begins with {shown(root[1].decode('ascii'))}"


def _malformed(line: int | None) -> UnreadableAnswer:
    return UnreadableAnswer(Unreadable.MALFORMED, f"it is not well-formed XML at line {line}")


def _take_marks_out(record: Element) -> bool:
    """Take out what stands where characters were left out; says whether there were any.

    An ID that lost a character is another ID, or none: its mark stays, and it is not read.
    """
    found = False
    for element in record.iter():
        if element.text and MARK in element.text:
            found = True
            if element.tag not in _IDS:
                element.text = element.text.replace(MARK, "")
    return found


_IDS = frozenset({"TxnID", "ListID"})


def _response_head(response: Element) -> ResponseHead:
    code = _whole_number(response, "statusCode")
    if code is None:
        raise UnreadableAnswer(Unreadable.NO_STATUS, f"{response.tag} has no statusCode")
    return ResponseHead(
        name=response.tag,
        request_id=response.get("requestID"),
        status=Status(code, response.get("statusMessage", "").replace(MARK, "").strip()),
        ret_count=_whole_number(response, "retCount"),
        iterator_remaining=_whole_number(response, "iteratorRemainingCount"),
        iterator_id=response.get("iteratorID", ""),
    )


def _whole_number(element: Element, attribute: str) -> int | None:
    text = element.get(attribute, "").strip()
    if not text:
        return None
    if _WHOLE_NUMBER.fullmatch(text) is None:
        raise UnreadableAnswer(
            Unreadable.MALFORMED, f"{attribute} of {element.tag} is {shown(text)}, not a number"
        )
    return int(text)

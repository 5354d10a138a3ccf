"""The bytes of a file as text: which encoding, which lines, whatever program wrote them."""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO, cast

from shared.errors import StoreError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
"""What is read, and how people call it."""

_IN_MEMORY = 1 << 20
_CHUNK = 1 << 16
_SAMPLE = 4096


class UnreadableFile(StoreError):
    """The file as a whole cannot be read: its text, or its columns."""


Cells = tuple[int, list[str]]
"""A row with the line on which it begins."""


FORMS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl"}
"""What a file is by the end of its name."""


@contextmanager
def readable_twice(content: Iterable[bytes]) -> Iterator[BinaryIO]:
    """The content as ``seekable`` has it; what was kept of it goes in the end."""
    kept = seekable(content)
    try:
        yield kept
    finally:
        if kept is not content:
            kept.close()


def seekable(content: Iterable[bytes]) -> BinaryIO:
    """The content as a file that can be read twice: it is kept on disk where it is long."""
    if isinstance(content, io.IOBase) and content.seekable():
        return cast(BinaryIO, content)
    kept = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it goes with the rows
    kept.writelines(content)
    return cast(BinaryIO, kept)


def encoding_of(content: BinaryIO) -> str:
    """The encoding in which all of the file is text: by its mark, else UTF-8, else Windows-1252.

    Raises UnreadableFile where it is text in none of them.
    """
    content.seek(0)
    name = _marked(content.read(_SAMPLE))
    for encoding in (name,) if name else ("utf-8", "cp1252"):
        if _is_text(content, encoding):
            return encoding
    raise UnreadableFile(
        f"The file is not text in {ENCODINGS[name] if name else 'UTF-8 or Windows-1252'}.",
        'Save it as "CSV UTF-8" and run it again.',
    )


def _marked(start: bytes) -> str:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Text of the western world in UTF-16 has every other byte zero.
    if start.count(0) * 4 > len(start):
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    return ""


def _is_text(content: BinaryIO, encoding: str) -> bool:
    content.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := content.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def lines_of(content: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines, also those that end with a carriage return alone."""
    content.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    text = io.IncrementalNewlineDecoder(decoder, translate=True)
    rest = ""
    while chunk := content.read(_CHUNK):
        *lines, rest = (rest + text.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest := rest + text.decode(b"", final=True):
        yield rest


def rows_of(
    content: BinaryIO, encoding: str, delimiter: str
) -> Iterator[tuple[int, list[str] | str]]:
    """The rows that are not blank, each with its first line; an unreadable one is a sentence."""
    reader = csv.reader(lines_of(content, encoding), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows a quotation mark that is not closed cannot be told apart.
            yield line, f"it is not CSV: {error}"
            return
        if any(map(str.strip, cells)):
            yield line, cells


def first_rows(content: BinaryIO, encoding: str, delimiter: str, most: int) -> Sequence[Cells]:
    """The first rows that can be read."""
    found = islice(rows_of(content, encoding, delimiter), most)
    return [(line, cells) for line, cells in found if not isinstance(cells, str)]

"""The bytes of a file as text: which encoding, which lines, whatever program wrote them."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
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
_LONGEST_LINE = 1 << 20
_NO_TABLES = {
    codecs.BOM_UTF32_LE: "text in UTF-32",
    codecs.BOM_UTF32_BE: "text in UTF-32",
    b"PK\x03\x04": "a spreadsheet or a zip file",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"%PDF": "a PDF",
    b"<": "a web page",
    b"\0\0": "binary data",
}
"""What other files begin with, and what they are."""
_AS_CSV = 'Open it in the program that made it, save it as "CSV UTF-8", and import that file.'


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
    if isinstance(content, io.IOBase):
        shutil.copyfileobj(cast(BinaryIO, content), kept)  # by pieces, as a line may be endless
    else:
        kept.writelines(content)
    return cast(BinaryIO, kept)


def encoding_of(content: BinaryIO) -> str:
    """The encoding in which all of the file is text: by its mark, else UTF-8, else Windows-1252.

    Raises UnreadableFile where it is text in none of them.
    """
    content.seek(0)
    start = content.read(_SAMPLE)
    for mark, what in _NO_TABLES.items():
        if start.lstrip().startswith(mark):
            raise UnreadableFile(f"The file is {what}, not a table of text.", _AS_CSV)
    name = _marked(start)
    for encoding in (name,) if name else ("utf-8", "cp1252"):
        if _is_text(content, encoding):
            return encoding
    raise UnreadableFile(
        f"The file is not text in {ENCODINGS[name] if name else 'UTF-8 or Windows-1252'}.", _AS_CSV
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
    """The lines, also those that end with a carriage return alone. Raises UnreadableFile."""
    content.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    text = io.IncrementalNewlineDecoder(decoder, translate=True)
    rest, number = "", 1
    while chunk := content.read(_CHUNK):
        *lines, rest = (rest + text.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in lines)
        number += len(lines)
        if len(rest) > _LONGEST_LINE:
            raise _too_long(number)
    if rest := rest + text.decode(b"", final=True):
        yield rest


def json_lines_of(content: BinaryIO) -> Iterator[str]:
    """The lines of JSON, which is UTF-8. Raises UnreadableFile."""
    content.seek(0)
    number = 0
    while line := content.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise _too_long(number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"line {number}: the file is not UTF-8 text.", "Save it as UTF-8 and run it again"
            ) from error


def _too_long(line: int) -> UnreadableFile:
    return UnreadableFile(
        f"line {line}: it is longer than {_LONGEST_LINE:,} characters, so this is not a table of "
        "payments.",
        "Export the file again, with one payment in each line.",
    )


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
            said = str(error)
            yield line, next((ours for its, ours in _NO_CSV.items() if its in said), said)
            return
        if any(map(str.strip, cells)):
            yield line, cells


def first_rows(content: BinaryIO, encoding: str, delimiter: str, most: int) -> Sequence[Cells]:
    """The first rows that can be read."""
    found = islice(rows_of(content, encoding, delimiter), most)
    return [(line, cells) for line, cells in found if not isinstance(cells, str)]


_NO_CSV = {
    "unexpected end": "a quotation mark opens in this row and is never closed",
    "field limit": (
        f"a cell is longer than {csv.field_size_limit():,} characters: a quotation mark may open "
        "in this row that is never closed"
    ),
    "expected after": (
        "something follows the quotation mark that ends a cell; write quotation marks inside a "
        "cell twice"
    ),
}
"""What Python's reader says of a row, and how people are told."""

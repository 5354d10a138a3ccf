"""A support bundle: what helps to explain one sync, in one archive, with every secret masked.

Nothing is unmasked on request: what somebody may need in full is in the store itself.
"""

from __future__ import annotations

import errno
import io
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

from shared.files import write_private
from shared.structs import Value

MASKED = (
    "Masked: passwords, tickets, keys, the database's password, card, bank and tax numbers;"
    " addresses, telephone numbers, email addresses and contacts in QuickBooks' answers."
)
NOT_MASKED = (
    "Not masked: names of customers, numbers, dates and amounts of documents, memos, who decided"
    " what, and paths on this machine. Give it only to people who may see those."
)


class Part(Value):
    """One file of a bundle: its name, what it holds in words, its text."""

    name: Annotated[str, "name of the file in the archive"]
    holds: Annotated[str, "what it holds, in words"]
    text: str

    @property
    def size_bytes(self) -> Annotated[int, "its size before it is packed"]:
        """How large it is before it is packed."""
        return len(self.text.encode())


class Bundle(Value):
    """All files about one sync; the first says what is inside."""

    sync_id: Annotated[int, "number of the sync"]
    made_at: datetime
    parts: Annotated[tuple[Part, ...], "what is inside"]

    @property
    def file_name(self) -> str:
        """What it is called unless somebody says otherwise."""
        return f"deskbridge-sync-{self.sync_id}.zip"

    def archive(self) -> bytes:
        """The zip; the same bundle gives the same bytes."""
        import zipfile  # few commands need it

        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in self.parts:
                folder = self.file_name.removesuffix(".zip")
                entry = zipfile.ZipInfo(f"{folder}/{part.name}", self.made_at.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o600 << 16
                archive.writestr(entry, part.text)
        return packed.getvalue()

    def as_text(self, most_characters: int) -> str:
        """The files one after the other; those that do not fit are named at the end."""
        texts, left, room = [], [], most_characters
        for part in self.parts:
            text = f"==== {part.name} ====\n{part.text}\n"
            if len(text) <= room:
                texts.append(text)
                room -= len(text)
            else:
                left.append(part.name)
        return "".join(texts) + (f"Left out, too long: {', '.join(left)}\n" if left else "")


class Bundled(Value):
    """A support bundle, and where it was saved; None: it was only shown."""

    bundle: Bundle
    path: Annotated[Path | None, "absolute path of the archive; null: it was not saved"]


def save(bundle: Bundle, target: Path) -> Path:
    """Write the archive for its owner only; a folder gets it under its own name.

    Never overwrites. Raises OSError, which names the file.
    """
    path = target.expanduser().absolute()
    path = path / bundle.file_name if path.is_dir() else path
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    write_private(path, bundle.archive())
    return path

"""What tells one company file from another, as far as anything does."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from shared.structs import Value


class Neighbor(Value):
    """Another connection that may belong to the same company file.

    It is bound to a company of the same name; or it is not bound (``bound_at`` None), and a write
    of it may still arrive. ``stamps`` are OwnerID and FileID of its applications.
    """

    connection_id: int
    name: str
    company_key: str
    bound_at: datetime | None
    stamps: tuple[tuple[str, str], ...]


def plain(company_name: str) -> str:
    """A company's name as two are compared: case and width of blanks do not matter."""
    return unicodedata.normalize("NFKC", " ".join(company_name.split())).casefold()


def company_key(file_id: str, company_name: str) -> str:
    """What stands for a company file: the stamp by which a connection was bound, and its name."""
    return f"{file_id.upper()} {plain(company_name)}"

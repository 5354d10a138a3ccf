"""Passwords and ``.qwc`` files: made once, shown once.

Unlike other actions these open their transactions themselves, since files, store and audit trail
must change together or not at all; ``Backstage.write`` is the way in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from console.cli.errors import Refused, refusal_for
from console.tui.actions import Operator
from console.tui.actions.connections import NewConnection, add
from shared.errors import NotPossible, StoreError
from shared.models import connections, downloads
from shared.models.store import Store
from shared.operations.issuing import Issued, issue_files, rotate_password
from shared.qwc import build_qwc, file_name
from shared.rules.values import Connection
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Link:
    """An address that fetches a file once, until ``expires_at``; as secret as a password."""

    file_name: str
    address: str = field(repr=False)
    expires_at: datetime


def set_up(
    store: Store, *, who: str, settings: Settings, wanted: NewConnection, folder: Path
) -> Issued:
    """Make a connection with its rules, its files and its password, or nothing of it at all.

    Raises StoreError.
    """

    def made() -> Connection:
        return add(Operator(store, who, store.now()), wanted)

    with _in_words():
        return issue_files(store, settings, made, who, which="", folder=folder, renew_ids=False)


def generate(
    store: Store, *, who: str, settings: Settings, connection_id: int, folder: Path, renew_ids: bool
) -> Issued:
    """Write the files of a connection with one fresh password; raises StoreError."""
    chosen = partial(connections.by_id, connection_id)
    with _in_words():
        return issue_files(
            store, settings, chosen, who, which="", folder=folder, renew_ids=renew_ids
        )


def rotate(store: Store, *, who: str, connection_id: int) -> Issued:
    """Give a connection one fresh password; raises StoreError."""
    return rotate_password(store, partial(connections.by_id, connection_id), who, which="")


def offer_links(
    store: Store, *, who: str, settings: Settings, connection_id: int
) -> tuple[Link, ...]:
    """Have the daemon hand out each file of a connection once; raises StoreError.

    Refused like the files themselves where the address is neither https nor localhost.
    """
    with _in_words(), store.transaction():
        connection, now = connections.by_id(connection_id), store.now()
        links = []
        for application in connections.applications(connection_id):
            content = build_qwc(
                application,
                connection_name=connection.name,
                public_url=settings.public_url,
                support_url=settings.support_url,
                run_every_minutes=connection.run_every_minutes,
            )
            name = file_name(application.kind)
            token = downloads.offer(content, name, who, now)
            address = downloads.link(settings.public_url, token)
            links.append(Link(name, address, now + downloads.LIFETIME))
        names = ", ".join(link.file_name for link in links)
        Operator(store, who, now).note("qwc.link", connection.name, names)
    return tuple(links)


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn what the disk and the address refuse into the kind of error that screens show."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        refused = refusal_for(error)
        if not isinstance(refused, Refused):
            raise
        remedy = f"{refused.remedy}." if refused.remedy else ""
        raise NotPossible(refused.message, remedy) from None

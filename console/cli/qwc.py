"""``deskbridge qwc`` and ``deskbridge password``: files and passwords for the bookkeeper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.errors import Refused
from console.cli.json_option import json_option
from console.cli.params import chosen_connection, name_argument
from shared.operations.contracts.records import ISSUED_FILES, ISSUED_PASSWORD
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import plain
from shared.operations.issuing import Issued, issue_files, rotate_password

WHICH = click.Choice(["invoice", "payment", "combined", "both"])
ONCE = "It is shown this once and cannot be read again: write it down before you go on."


@click.command()
@name_argument
@click.option(
    "--app",
    "which",
    type=WHICH,
    help="Which applications; default: all of the connection. combined turns the two into "
    "one, the others turn one into two.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Folder for the files, made when missing; default: here.",
)
@click.option(
    "--renew-ids",
    is_flag=True,
    help="New OwnerID and FileID: the cure for QBWC1039 and QBWC1026.",
)
@json_option(ISSUED_FILES)
@pass_desk
def qwc(
    desk: Desk, name: str | None, which: str | None, folder: Path, renew_ids: bool, as_json: bool
) -> None:
    """Write the .qwc files of NAME and make ONE fresh password for them.

    The password is shown once; only its hash is kept. Every run replaces the password, also
    in a Web Connector that is running. A .qwc file of another connection is never
    overwritten. NAME may be left out where there is exactly one connection.
    """
    _refuse_unseen()
    issued = issue_files(
        desk.store,
        desk.settings,
        partial(chosen_connection, name),
        desk.who,
        which=which or "",
        folder=folder,
        renew_ids=renew_ids,
    )
    with _shown_or_told():
        _say_files(issued, renew_ids, as_json)


def _say_files(issued: Issued, renew_ids: bool, as_json: bool) -> None:
    if as_json:
        output.say_json(ISSUED_FILES.of(issued))
        return
    _say_password(issued)
    output.say_table(
        (Column("Application"), Column("File")),
        [Row((file.application.app_name, str(file.path))) for file in issued.files],
    )
    output.say()
    _say_steps(
        f"On the PC with QuickBooks ({issued.connection.name}):",
        file_steps(issued, renew_ids=renew_ids),
    )


@click.group()
def password() -> None:
    """Passwords of the Web Connector."""


@password.command()
@name_argument
@click.option("--app", "which", type=WHICH, help="Which applications; default: all.")
@json_option(ISSUED_PASSWORD)
@pass_desk
def rotate(desk: Desk, name: str | None, which: str | None, as_json: bool) -> None:
    """Replace the password of NAME by a fresh one, shown once; the .qwc files stay good.

    The old password stops working at once. NAME may be left out where there is exactly one
    connection.
    """
    _refuse_unseen()
    issued = rotate_password(
        desk.store, partial(chosen_connection, name), desk.who, which=which or ""
    )
    with _shown_or_told():
        if as_json:
            output.say_json(ISSUED_PASSWORD.of(issued))
            return
        _say_password(issued)
        _say_steps("In the Web Connector:", password_steps(issued))


def _refuse_unseen() -> None:
    if output.is_closed():
        raise Refused(
            "Standard output is closed, and the password is shown there once. Nothing was changed.",
            "Run it on a terminal, or send the output to a file that only you can read",
        )


@contextmanager
def _shown_or_told() -> Iterator[None]:
    """Show the fresh password; where that fails, say that it took effect all the same."""
    try:
        yield
        output.flush()
    except OSError as error:
        output.abandon()
        raise Refused(
            f"Standard output: {error.strerror}. The fresh password was made but nobody saw it, "
            "and the old password no longer works.",
            "Run the command again where its output can be written: it makes another password",
        ) from error


def _say_password(issued: Issued) -> None:
    output.say(f"Password for {plain(issued.connection.name)}:")
    output.say()
    output.say(f"    {output.strong(issued.password)}")
    output.say()
    output.say_wrapped(ONCE)
    if issued.replaced:
        output.say_wrapped("The password before it no longer works.")
    if issued.relaid:
        output.say_wrapped(
            "The layout changed: the applications that the connection had until now can no "
            "longer sign in. Remove them from the Web Connector."
        )
    output.say()


def _say_steps(title: str, steps: list[str]) -> None:
    output.say_wrapped(title)
    for number, step in enumerate(steps, 1):
        output.say_item(f"{number}. ", step)


def file_steps(issued: Issued, *, renew_ids: bool) -> list[str]:
    """What the bookkeeper does with new files, in order."""
    rows = " and ".join(application.app_name for application in issued.applications)
    files = " and ".join(file.path.name for file in issued.files)
    several = len(issued.files) > 1
    company = issued.connection.company_file or "the company file"
    old = (
        f"Open the Web Connector. If {rows} {'stand' if several else 'stands'} in its list "
        "already, the old row must go first: select it, choose Remove, confirm."
    )
    if renew_ids:
        old += " With new IDs this is needed: an old row keeps its stamp in the company file."
    steps = [
        f"Copy {files} to that PC. Start QuickBooks as Admin in single-user mode and open "
        f"{company}.",
        old,
        f"Open {files} with a double click{', one after the other,' if several else ''} and "
        'confirm with OK. When QuickBooks asks, choose "Yes, always; allow access even if '
        'QuickBooks is not running".',
        *password_steps(issued),
    ]
    minutes = issued.connection.run_every_minutes
    return [
        *steps,
        "To run by itself: tick Auto-Run and write the minutes into Every_Min"
        + (f" ({minutes})." if minutes else "."),
    ]


def password_steps(issued: Issued) -> list[str]:
    """What the bookkeeper does with a new password, in order."""
    rows = " and ".join(application.app_name for application in issued.applications)
    return [
        f"Type the password into the Password column of {rows}, press Enter and let it be saved.",
        f"Tick {rows} and click Update Selected.",
    ]

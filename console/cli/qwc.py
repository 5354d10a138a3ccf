"""``deskbridge qwc`` and ``deskbridge password``: files and passwords for the bookkeeper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides, yes_option
from console.cli.errors import Refused
from console.cli.json_option import json_option
from console.cli.params import flag, name_argument, option
from shared.operations import issuing, throttles
from shared.operations.contracts.issuing import ISSUED_FILES, ISSUED_PASSWORD
from shared.operations.describe.issuing import ONCE
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import plain
from shared.operations.issuing import Issued

WHICH = click.Choice(["invoice", "payment", "combined", "both"])


@click.command()
@name_argument
@click.option(
    "--app",
    type=WHICH,
    help=(
        "Applications; default: all of the connection. combined merges the two into one, "
        "the others split one into two."
    ),
)
@option(
    "--out",
    "DIR",
    "Folder for the files, created if missing; default: the current folder.",
    into="folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
)
@flag("--renew-ids", "New OwnerID and FileID, which solve QBWC1039 and QBWC1026.")
@flag("--keep-password", "Write the same files again, with the same IDs and password.")
@yes_option
@json_option(ISSUED_FILES)
@pass_command_context
def qwc(
    context: CommandContext,
    name: str | None,
    app: str | None,
    folder: Path,
    renew_ids: bool,
    keep_password: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Write the .qwc files of NAME and make ONE new password for them.

    The password is shown once; only its hash is kept. It replaces the previous one at once, so the
    command asks first if a Web Connector signs in with that one. A .qwc file of another connection
    is never overwritten. You can leave out NAME if there is only one connection.
    """
    _refuse_unseen()
    plan = partial(
        issuing.plan_files,
        settings=context.settings,
        which=name,
        app=app or "",
        folder=folder,
        renew_ids=renew_ids,
        keep_password=keep_password,
    )
    issued = decide(context, plan, yes=yes)
    with _shown_or_told():
        _say_files(issued, as_json)


def _say_files(issued: Issued, as_json: bool) -> None:
    if as_json:
        output.say_json(ISSUED_FILES.of(issued))
        return
    _say_password(issued)
    output.say_table(
        (Column("Application"), Column("File")),
        [Row((file.application.kind.label, str(file.path))) for file in issued.files],
    )
    output.say()
    _say_steps(f"On the PC with QuickBooks ({issued.connection.name}):", issued)


@click.group()
def password() -> None:
    """Passwords of the Web Connector."""


@password.command()
@name_argument
@click.option("--app", type=WHICH, help="Applications; default: all.")
@yes_option
@json_option(ISSUED_PASSWORD)
@pass_command_context
def rotate(
    context: CommandContext, name: str | None, app: str | None, yes: bool, as_json: bool
) -> None:
    """Replace the password of NAME with a new one, shown once; the .qwc files stay valid.

    The old password stops working at once, so the command asks first if a Web Connector signs in
    with it. You can leave out NAME if there is only one connection.
    """
    _refuse_unseen()
    issued = decide(context, partial(issuing.plan_rotation, which=name, app=app or ""), yes=yes)
    with _shown_or_told():
        if as_json:
            output.say_json(ISSUED_PASSWORD.of(issued))
            return
        _say_password(issued)
        _say_steps("In the Web Connector:", issued)


@password.command()
@name_argument
@click.option(
    "--address", help="An internet address to unlock instead, as deskbridge doctor shows it."
)
@decides()
@pass_command_context
def unlock(context: CommandContext, name: str | None, address: str | None) -> PlanOf:
    """Unlock sign-in for NAME after too many wrong passwords; the password stays.

    With --address, unlock an internet address, also after wrong API tokens. A lock ends by itself
    within 15 minutes. Exits with 3 if nothing is locked. You can leave out NAME if there is only
    one connection.
    """
    if address is None:
        return partial(issuing.plan_unlock, which=name)
    if name is not None:
        raise click.UsageError("Unlock either NAME or --address.")
    return partial(throttles.plan_unlock, address=address)


def _refuse_unseen() -> None:
    if output.is_closed():
        raise Refused(
            "Standard output is closed, but the password is shown there once. Nothing was changed.",
            "Run it in a terminal, or send the output to a file that only you can read",
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
            f"Standard output: {error.strerror}. The new password took effect but was not shown, "
            "and the old password no longer works.",
            "Run the command again where its output can be written: it makes a new password",
        ) from error


def _say_password(issued: Issued) -> None:
    if not issued.password:
        output.say_wrapped(f"The password of {issued.connection.name} was not changed.")
    else:
        output.say(f"Password for {plain(issued.connection.name)}:")
        output.say()
        output.say(f"    {output.strong(issued.password)}")
        output.say()
        output.say_wrapped(ONCE)
    if issued.replaced:
        output.say_wrapped("The old password no longer works.")
    if issued.relaid:
        output.say_wrapped(
            "The layout changed: the connection's previous applications can no longer sign "
            "in. Remove them from the Web Connector."
        )
    output.say()


def _say_steps(title: str, issued: Issued) -> None:
    output.say_wrapped(title)
    for number, step in enumerate(issued.steps, 1):
        output.say_item(f"{number}. ", step)

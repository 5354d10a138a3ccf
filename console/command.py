"""``deskbridge console``: the operator's home, over SSH or at the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from shared.models.store import Store


@click.command()
@click.option("--read-only", is_flag=True, help="View only: nothing can be changed.")
@pass_command_context
def console(context: CommandContext, read_only: bool) -> None:
    """Watch syncs, fix problems and set up companies in this terminal.

    Works over SSH, in any terminal of 80 by 24 or more, without a mouse, whether or not the daemon
    is running. ? lists the keys, q quits.
    """
    if not output.is_terminal():
        raise WrongUsage(
            "The console needs a terminal.", "Over SSH: ssh -t HOST deskbridge console"
        )
    # Imported now: no other command pays for the screens.
    from console.tui.app import WARM_UP_SECONDS, DeskbridgeApp
    from console.tui.preferences import of_this_user
    from console.tui.worker import StoreWorker

    settings = context.settings

    def opened(*, create: bool) -> Store:
        from shared.models.store import open_store

        return open_store(settings.database, create=create, person=context.person)

    worker = StoreWorker(
        opened, who=context.who, settings=settings, person=context.person, read_only=read_only
    )
    DeskbridgeApp(worker, preferences=of_this_user(), warm_up_seconds=WARM_UP_SECONDS).run()
    if worker.bugs:
        bug = worker.bugs[0]
        raise Refused(
            f"The console ran into an internal error: {type(bug).__name__}: {bug}.",
            "Please report it, with what you were doing",
        ) from bug

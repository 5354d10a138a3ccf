"""The command line: one group that every command joins.

Nothing heavy is imported here; commands import what they need when they run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from console.cli import output
from console.cli.context import CommandContext
from console.cli.errors import refusal_for
from console.cli.later import LaterGroup


class CommandLine(LaterGroup):
    """A group whose commands fail in sentences."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is expected to go wrong ends in a sentence and a code."""
        output.survive_any_encoding()
        try:
            outcome = super().invoke(ctx)
            output.flush()
        except Exception as error:
            refused = refusal_for(
                error, ctx.obj.listens if isinstance(ctx.obj, CommandContext) else ()
            )
            if refused is None:
                raise
            if isinstance(error, OSError) and error.filename is None:
                output.abandon()
            raise refused from error
        return outcome


@click.group(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing to do or not found.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file (TOML). Default: DESKBRIDGE_CONFIG, then the usual place.",
)
@click.version_option(package_name="deskbridge", prog_name="deskbridge")
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Keep QuickBooks Desktop and your invoicing in step.

    A first sync in three steps: connection add, qwc, then open the .qwc files in the
    QuickBooks Web Connector.
    """
    ctx.color = output.color_wanted(os.environ)
    context = CommandContext(config, os.environ)
    ctx.obj = context
    ctx.call_on_close(context.close)


COMMANDS = {
    "alerts": "Notify people when something goes wrong; test it.",
    "audit": "List who changed what, and when.",
    "connection": "Add, list, show, edit and remove connections.",
    "credits": "List the credit memos that customers can still use.",
    "customers": "List the customers that imported invoices are billed to.",
    "db": "Upgrade, back up, check, restore or move the store.",
    "doctor": "Check everything and show what to do.",
    "events": "List what happened, as programs and webhooks get it.",
    "find": "Find anything by its number, an ID or a name.",
    "hints": "Look up what a code or a message means and what to do.",
    "invoiced": "Connect an Invoiced account: send and receive records.",
    "invoices": "List, show or export the imported invoices.",
    "operator": "Set who may look, run or manage.",
    "password": "Replace a Web Connector password.",
    "payments": "Add, import, list and show payments; settle unknown outcomes.",
    "problems": "Problems that need attention: list, retry, skip.",
    "qwc": "Write .qwc files with a new password.",
    "reconcile": "Compare both sides, differences first.",
    "service": "Install, check or remove the daemon as a service.",
    "syncs": "List syncs and their results; stop a running sync.",
    "token": "Create, list and revoke API tokens for programs.",
    "trends": "Show syncs per day and money per week.",
    "webhook": "Send events to other programs.",
}
ELSEWHERE = {
    "credits": "credits:credit_memos",
    "db": "store:db",
    "operator": "operators:operator",
    "password": "qwc:password",
    "token": "tokens:token",
    "webhook": "webhooks:webhook",
}
"""The module and the name of a command, where they are not as the command is called."""

for name, told in COMMANDS.items():
    cli.add_later(name, f"console.cli.{ELSEWHERE.get(name, f'{name}:{name}')}", told)
told = "Watch syncs and fix problems in this terminal."
cli.add_later("console", "console.command:console", told)

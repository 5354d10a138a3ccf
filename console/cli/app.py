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


for name, place, told in (
    ("alerts", "alerts:alerts", "Notify people when something goes wrong; test it."),
    ("audit", "audit:audit", "List who changed what, and when."),
    ("connection", "connection:connection", "Add, list, show, edit and remove connections."),
    ("credits", "credits:credit_memos", "List the credit memos that customers can still use."),
    (
        "customers",
        "customers:customers",
        ("List the customers that imported invoices are billed to."),
    ),
    ("db", "store:db", "Upgrade, back up, check, restore or move the store."),
    ("doctor", "doctor:doctor", "Check everything and show what to do."),
    ("events", "events:events", "List what happened, as programs and webhooks get it."),
    ("find", "find:find", "Find anything by its number, an ID or a name."),
    ("hints", "hints:hints", "Look up what a code or a message means and what to do."),
    ("invoiced", "invoiced:invoiced", "Connect an Invoiced account: send and receive records."),
    ("invoices", "invoices:invoices", "List, show or export the imported invoices."),
    ("operator", "operators:operator", "Set who may look, run or manage."),
    ("password", "qwc:password", "Replace a Web Connector password."),
    (
        "payments",
        "payments:payments",
        ("Add, import, list and show payments; settle unknown outcomes."),
    ),
    ("problems", "problems:problems", "Problems that need attention: list, retry, skip."),
    ("qwc", "qwc:qwc", "Write .qwc files with a new password."),
    ("reconcile", "reconcile:reconcile", "Compare both sides, differences first."),
    ("service", "service:service", "Install, check or remove the daemon as a service."),
    ("syncs", "syncs:syncs", "List syncs and their results; stop a running sync."),
    ("token", "tokens:token", "Create, list and revoke API tokens for programs."),
    ("trends", "trends:trends", "Show syncs per day and money per week."),
    ("webhook", "webhooks:webhook", "Send events to other programs."),
):
    cli.add_later(name, f"console.cli.{place}", told)
cli.add_later(
    "console", "console.command:console", ("Watch syncs and fix problems in this terminal.")
)

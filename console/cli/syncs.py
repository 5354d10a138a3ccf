"""``deskbridge syncs``: what ran, what it touched, and stopping one that runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing, Table, limit_option, newest, states_option
from console.cli.params import flag, name_argument, numbers_given, option
from console.fields import field, number
from shared import bundles, dates
from shared.bundles import Bundled, Part
from shared.operations import syncs as operations
from shared.operations.contracts.syncs import BUNDLE, MESSAGE, SYNC, SYNC_DETAIL
from shared.operations.describe import syncs as describe
from shared.operations.describe.syncs import application
from shared.operations.describe.text import count, duration, plain
from shared.operations.syncs import Message, TouchedRecord
from shared.rules.values import Sync

RECENT = 20
STATES = ("pending", "started", "finished", "failed", "canceled")


@click.group()
def syncs() -> None:
    """Recent syncs: what ran, how it ended, what it touched."""


SYNCS = Listing[Sync](
    SYNC,
    field("ID", lambda sync: str(sync.id), right=True),
    field("Connection", lambda sync: sync.connection or "(unknown)", least=10),
    field("Application", lambda sync: application(sync.application), least=7),
    field("Started", lambda sync: dates.moment(sync.started_at), drop=2),
    field("State", describe.word, paint=output.state),
    field("Records", describe.position, right=True),
    number("Failed", lambda sync: sync.failed, drop=1),
    below=lambda sync: [sync.error or sync.message],
)


@syncs.command("list")
@name_argument
@limit_option(RECENT)
@states_option("--state", STATES)
@SYNCS.command
def list_syncs(
    context: CommandContext, name: str | None, limit: int | None, states: tuple[str, ...]
) -> Found[Sync]:
    """List the syncs of NAME, or of all connections, newest first."""
    view = partial(operations.view_newest, connection=name, states=states, limit=limit)
    found = context.read(view)
    return Found(found, _nothing(states), newest(found, limit, "sync"))


def _nothing(states: Sequence[str]) -> str:
    if states:
        return f"No sync that is {' or '.join(states)}. All: deskbridge syncs list"
    return (
        "No sync yet. Next: open the .qwc files in the Web Connector, enter the password, "
        "select the rows and click Update Selected."
    )


@syncs.command()
@click.argument("number", metavar="ID")
@flag("--failed-only", "Only the records that failed.")
@json_option(SYNC_DETAIL)
@pass_command_context
def show(context: CommandContext, number: str, failed_only: bool, as_json: bool) -> None:
    """Show the sync with the number ID and every record that it touched.

    Failed records come first; JSON keeps the order of the sync.
    """
    [sync_id] = numbers_given([number], "sync")
    if as_json:
        touched = partial(operations.view_records, sync_id=sync_id, failed_only=failed_only)
        output.say_json(SYNC_DETAIL.of(context.read(touched)))
        return
    every = operations.EVERYTHING
    others = 0 if failed_only else every
    shown = context.read(partial(operations.view, sync_id=sync_id, most=others, most_failed=every))
    output.say_sections(describe.sections(shown.sync, shown.problem, shown.counts))
    output.say()
    _say_records([*shown.failed, *shown.others], failed_only=failed_only)


def _say_records(records: Sequence[TouchedRecord], *, failed_only: bool) -> None:
    if not records:
        output.say_wrapped("No record failed." if failed_only else "It touched no records.")
        return
    RECORDS.show(records)
    output.say()
    output.say_wrapped(count(len(records), "record"))


RECORDS = Table[TouchedRecord](
    field("Outcome", lambda one: one.record.outcome, paint=output.state),
    field("Kind", lambda one: one.record.kind, drop=1),
    field("Document", lambda one: one.record.document or one.record.object_id, least=20),
    below=lambda one: (one.record.reason, one.record.remedy),
)


@syncs.command()
@click.argument("number", metavar="ID")
@json_option(MESSAGE, many=True)
@pass_command_context
def messages(context: CommandContext, number: str, as_json: bool) -> None:
    """Show what the sync with the number ID asked QuickBooks, and the answers.

    Answers are kept only while the connection has --debug on; they contain customers' data.
    """
    [sync_id] = numbers_given([number], "sync")
    found = context.read(partial(operations.view_messages, sync_id=sync_id))
    if as_json:
        output.say_json_lines(output.json_text(MESSAGE.of(one)) for one in found)
        return
    for one in found:
        _say_message(one)
    if not found:
        output.say_wrapped("It sent QuickBooks no requests.")
    elif all(one.text is None for one in found):
        output.say_wrapped(
            "Answers were not kept; requests are kept only for syncs that fail. To keep "
            "everything for the next syncs: deskbridge connection edit NAME --debug"
        )


def _say_message(message: Message) -> None:
    exchange = message.exchange
    took = "no answer"
    if exchange.answered_at:
        took = f"answered after {duration(exchange.sent_at, exchange.answered_at)}"
    status = exchange.hresult or (
        "" if exchange.status_code is None else f"status {exchange.status_code}"
    )
    sizes = f"{exchange.request_bytes:,} bytes out, {exchange.response_bytes:,} in"
    facts = [dates.moment(exchange.sent_at), took, status, sizes]
    output.say(output.strong(f"{exchange.sequence}. {exchange.step}"))
    output.say(f"   {', '.join(fact for fact in facts if fact)}")
    for text in (exchange.request.decode(), message.text):
        if text:
            output.say()
            output.say_lines(plain(line) for line in text.splitlines())
    output.say()


@syncs.command()
@click.argument("number", metavar="ID")
@option(
    "--out",
    "FILE",
    "File or folder to save to; an existing file is never overwritten.",
    type=click.Path(path_type=Path),
)
@json_option(BUNDLE)
@pass_command_context
def bundle(context: CommandContext, number: str, out: Path | None, as_json: bool) -> None:
    """Make a support bundle of the sync with the number ID: a zip file to send to support.

    It holds the sync, its records and problems, its calls (their text only where debug kept the
    answers), versions, and what doctor finds. Secrets are masked. Without --out, it only shows what
    the file would contain.
    """
    # Only a bundle waits for all that it holds.
    from shared.health.machine import ThisMachine
    from shared.operations import bundle as operation

    [sync_id] = numbers_given([number], "sync")
    what = partial(
        operation.view, sync_id=sync_id, settings=context.settings, machine=ThisMachine()
    )
    with output.waiting("Reading"):
        made = context.read(what)
    path = None if out is None else bundles.save(made, out)
    if as_json:
        output.say_json(BUNDLE.of(Bundled(made, path)))
        return
    PARTS.show(made.parts)
    output.say()
    output.say_wrapped(bundles.MASKED)
    output.say_wrapped(bundles.NOT_MASKED)
    output.say()
    if path is None:
        output.say_wrapped(
            f"Nothing was saved. To save it: deskbridge syncs bundle {sync_id} --out FILE"
        )
    else:
        output.say_wrapped(f"Saved to {path} ({path.stat().st_size:,} bytes).")


PARTS = Table[Part](
    field("File", lambda one: one.name, least=16),
    field("Holds", lambda one: one.holds, least=20),
    number("Bytes", lambda one: one.size_bytes),
)


@syncs.command()
@click.argument("numbers", metavar="ID...", nargs=-1, required=True)
@decides()
def stop(numbers: tuple[str, ...]) -> PlanOf:
    """Stop running syncs; they end with the next call of the Web Connector.

    What was synced stays. ID may be - to read the numbers from standard input. Either all are
    stopped or none is.
    """
    sync_ids = numbers_given(numbers, "sync")
    return partial(operations.plan_stop, sync_ids=sync_ids)

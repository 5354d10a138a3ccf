"""``deskbridge syncs``: what ran, what it touched, and stopping one that runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.doctor_contract import BUNDLE, Bundled
from console.cli.errors import NotThere
from console.cli.json_option import json_option
from console.cli.params import numbers_given
from shared.operations.contracts.records import MESSAGE, SYNC, SYNC_DETAIL, Message, SyncDetail
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import application, count, duration, local_time, plain

if TYPE_CHECKING:
    from shared.rules.values import Record, Sync

RECENT = 20
BLOCK = 500
STATES = ("pending", "started", "finished", "failed", "canceled")


@click.group()
def syncs() -> None:
    """Recent syncs: what ran, how it ended, what it touched."""


@syncs.command("list")
@click.argument("name", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help=f"At most N, newest first; default: {RECENT}, all with --json.",
)
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Only these; may be repeated. Default: all.",
)
@json_option(SYNC, many=True)
@pass_desk
def list_syncs(
    desk: Desk, name: str | None, limit: int | None, states: tuple[str, ...], as_json: bool
) -> None:
    """List the syncs of NAME, or of all connections, newest first."""
    from shared.models import connections

    most = limit or (None if as_json else RECENT)
    with desk.store.reading():
        connection_id = connections.get(name).id if name is not None else None
        found = list(islice(_newest(connection_id, states, most), most))
    if as_json:
        output.say_json_lines(output.json_text(SYNC.of(sync)) for sync in found)
    elif found:
        output.say_table(COLUMNS, [_row(sync) for sync in found])
        if len(found) == (limit or RECENT):
            output.say_wrapped(f"The newest {count(len(found), 'sync')}. More: --limit N")
    elif states:
        output.say_wrapped(f"No sync that is {' or '.join(states)}. All: deskbridge syncs list")
    else:
        output.say_wrapped(
            "No sync yet. Next: open the .qwc files in the Web Connector, type the password, "
            "tick the rows and click Update Selected."
        )


def _newest(connection_id: int | None, states: Sequence[str], most: int | None) -> Iterator[Sync]:
    """The syncs in those states (all: none named), newest first, read in blocks."""
    from shared.models import syncs as store

    size = BLOCK if states else most
    before: int | None = None
    while block := store.list_syncs(connection_id, limit=size, before_id=before):
        yield from (sync for sync in block if not states or sync.state in states)
        before = block[-1].id


COLUMNS = (
    Column("ID", right=True),
    Column("Connection", least=10),
    Column("Application", least=7),
    Column("Started", drop=2),
    Column("State", paint=output.state),
    Column("Records", right=True),
    Column("Failed", right=True, drop=1),
)


def _row(sync: Sync) -> Row:
    said = sync.error or sync.message
    return Row(
        (
            str(sync.id),
            sync.connection or "(unknown)",
            application(sync.application),
            local_time(sync.started_at),
            _state(sync),
            _progress(sync),
            f"{sync.failed:,}",
        ),
        below=[said] if said else [],
    )


def _state(sync: Sync) -> str:
    return "stopping" if sync.stop_requested_by and sync.ended_at is None else sync.state


def _progress(sync: Sync) -> str:
    return f"{sync.position:,} / {sync.total:,}" if sync.total else f"{sync.position:,}"


@syncs.command()
@click.argument("number", metavar="ID")
@click.option("--failed-only", is_flag=True, help="Only the records that failed.")
@json_option(SYNC_DETAIL)
@pass_desk
def show(desk: Desk, number: str, failed_only: bool, as_json: bool) -> None:
    """Show the sync with the number ID and every record that it touched.

    For people what failed comes first; JSON keeps the order in which the sync met them.
    """
    from shared.models import syncs as store

    [sync_id] = numbers_given([number], "sync")
    with desk.store.reading():
        sync = store.get(sync_id)
        records = store.records(sync_id, failed_only=failed_only)
    if as_json:
        output.say_json(SYNC_DETAIL.of(SyncDetail(sync, records)))
        return
    output.say_pairs(_lines(sync))
    output.say()
    _say_records(records, failed_only=failed_only)


def _lines(sync: Sync) -> list[tuple[str, str]]:
    ended = local_time(sync.ended_at, "it is running")
    if sync.ended_at:
        ended += f" (ran for {duration(sync.started_at, sync.ended_at)})"
    lines = [
        ("Sync", str(sync.id)),
        ("Connection", sync.connection or "none: unknown user name"),
        ("Application", application(sync.application)),
        ("State", _state(sync)),
        ("Started", local_time(sync.started_at)),
        ("Ended", ended),
        ("Records", f"{_progress(sync)}, {sync.failed:,} failed"),
        ("Message", sync.message),
        ("Error", sync.error),
        ("More on it", f"deskbridge hints {sync.error_code}" if sync.error_code else ""),
        ("Stopped by", sync.stop_requested_by),
    ]
    return [(title, value) for title, value in lines if value]


def _say_records(records: Sequence[Record], *, failed_only: bool) -> None:
    if not records:
        output.say_wrapped("No record failed." if failed_only else "It touched no record.")
        return
    output.say_table(
        RECORD_COLUMNS,
        [
            Row(
                (record.outcome, record.kind, record.document or record.object_id),
                below=[text for text in (record.reason, record.remedy) if text],
            )
            for record in sorted(records, key=lambda record: record.outcome != "failed")
        ],
    )
    output.say()
    output.say_wrapped(count(len(records), "record"))


RECORD_COLUMNS = (
    Column("Outcome", paint=output.state),
    Column("Kind", drop=1),
    Column("Document", least=20),
)


@syncs.command()
@click.argument("number", metavar="ID")
@json_option(MESSAGE, many=True)
@pass_desk
def messages(desk: Desk, number: str, as_json: bool) -> None:
    """Show what the sync with the number ID asked QuickBooks, and what it answered.

    Answers are kept only while the connection has --debug on; they hold customers' data.
    """
    from shared.models import sessions
    from shared.models import syncs as store

    [sync_id] = numbers_given([number], "sync")
    with desk.store.reading():
        store.get(sync_id)
        found = [
            Message(one, sessions.exchange_text(one.id)) for one in sessions.exchanges(sync_id)
        ]
    if as_json:
        output.say_json_lines(output.json_text(MESSAGE.of(one)) for one in found)
        return
    for one in found:
        _say_message(one)
    if not found:
        output.say_wrapped("It asked QuickBooks nothing.")
    elif all(one.text is None for one in found):
        output.say_wrapped(
            "Answers were not kept. To keep those of the next syncs: "
            "deskbridge connection edit NAME --debug"
        )


def _say_message(message: Message) -> None:
    exchange = message.exchange
    took = "no answer"
    if exchange.answered_at:
        took = f"answered after {duration(exchange.sent_at, exchange.answered_at)}"
    status = exchange.hresult or (
        "" if exchange.status_code is None else f"status {exchange.status_code}"
    )
    facts = [local_time(exchange.sent_at), took, status, f"{exchange.response_bytes:,} bytes"]
    output.say(output.strong(f"{exchange.sequence}. {exchange.step}"))
    output.say(f"   {', '.join(fact for fact in facts if fact)}")
    for text in (exchange.request.decode(), message.text):
        if text:
            output.say()
            output.say_lines(plain(line) for line in text.splitlines())
    output.say()


@syncs.command()
@click.argument("number", metavar="ID")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save it there, or into that folder; FILE is never overwritten.",
)
@json_option(BUNDLE)
@pass_desk
def bundle(desk: Desk, number: str, out: Path | None, as_json: bool) -> None:
    """Make a support bundle of the sync with the number ID: a zip for those who shall help.

    It holds the sync, its records and problems, its calls (their text only where debug kept
    the answers), versions, and what doctor finds. Secrets are masked. Without --out it only says
    what would be inside.
    """
    from console.tui import bundle as bundles
    from console.tui.snapshots import bundle as snapshots
    from shared.health import ThisMachine

    [sync_id] = numbers_given([number], "sync")
    with output.waiting("Reading"), desk.store.reading():
        made = snapshots.read(desk.store, sync_id, desk.settings, ThisMachine())
    path = None if out is None else bundles.save(made, out)
    if as_json:
        output.say_json(BUNDLE.of(Bundled(made, path)))
        return
    rows = [Row((part.name, part.holds, f"{part.size_bytes:,}")) for part in made.parts]
    output.say_table(PART_COLUMNS, rows)
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


PART_COLUMNS = (Column("File", least=16), Column("Holds", least=20), Column("Bytes", right=True))


@syncs.command()
@click.argument("numbers", metavar="ID...", nargs=-1, required=True)
@pass_desk
def stop(desk: Desk, numbers: tuple[str, ...]) -> None:
    """Ask running syncs to stop; they end with the next call of the Web Connector.

    What was imported stays. ID may be - to read the numbers from standard input. Either all
    are asked to stop or none is.
    """
    from shared.errors import NotPossible
    from shared.models import audit
    from shared.models import syncs as store

    sync_ids = numbers_given(numbers, "sync")
    with desk.store.transaction():
        now = desk.store.now()
        for sync_id in sync_ids:
            try:
                sync = store.request_stop(sync_id, desk.who, now)
            except NotPossible as refused:
                raise NotThere(
                    f"{refused.sentence} Nothing was stopped.",
                    f"deskbridge syncs show {sync_id}",
                ) from refused
            audit.add(desk.who, "sync.stop", sync.connection, f"sync {sync_id}", now)
    output.say_wrapped(
        f"Asked {count(len(sync_ids), 'sync')} to stop: it happens when the Web Connector calls "
        "next."
    )

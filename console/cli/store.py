"""``deskbridge db``: upgrade, back up, check, restore and copy the store."""

from __future__ import annotations

from pathlib import Path

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import ask_person, yes_option
from console.cli.errors import Refused
from console.cli.json_option import json_option
from shared.operations import stores
from shared.operations.contracts.doctor import BACKUP, CHECKED, COMPACTED, COPIED, RESTORED, UPGRADE
from shared.operations.deciding import Operator
from shared.operations.describe.text import count


@click.group()
def db() -> None:
    """The store: upgrade it after an update, back it up, check it, restore it, move it."""


@db.command()
@json_option(UPGRADE)
@pass_command_context
def upgrade(context: CommandContext, as_json: bool) -> None:
    """Upgrade the store to what this version needs.

    A SQLite store is backed up beside itself first. A store that is up to date is not changed.
    """
    with output.waiting("Upgrading the store"):
        upgraded = stores.upgrade(context.store_to_upgrade)
    if as_json:
        output.say_json(UPGRADE.of(upgraded))
        return
    if not upgraded.applied:
        output.say_wrapped("The store is up to date.")
        return
    output.say_wrapped(
        f"Applied {count(len(upgraded.applied), 'step')}: {', '.join(upgraded.applied)}"
    )
    if upgraded.backup:
        output.say_wrapped(f"Copy of the store before the upgrade: {upgraded.backup}")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option(BACKUP)
@pass_command_context
def backup(context: CommandContext, file: Path, as_json: bool) -> None:
    """Copy the store to FILE, even while it is in use; FILE is never overwritten.

    For SQLite only: use pg_dump for a PostgreSQL store.
    """
    with output.waiting("Backing up the store"):
        made = stores.back_up(Operator(context.store, context.who), file.absolute())
    if as_json:
        output.say_json(BACKUP.of(made))
    else:
        output.say_wrapped(f"Backed up to {made.path} ({made.size_bytes:,} bytes).")


@db.command()
@json_option(CHECKED)
@pass_command_context
def check(context: CommandContext, as_json: bool) -> None:
    """Read the whole store and report damage; exits with 1 if there is any.

    The store may be in use. For SQLite only.
    """
    with output.waiting("Checking the store"):
        found = stores.check(context.store)
    if as_json:
        output.say_json(CHECKED.of(found))
    elif not found.damage:
        output.say_wrapped("The store is sound.")
    for one in () if as_json else found.damage:
        output.say_wrapped(f"Damaged: {one}")
    if found.damage:
        raise Refused("The store is damaged.", "Stop the daemon, then: deskbridge db restore FILE")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@yes_option
@json_option(RESTORED)
@pass_command_context
def restore(context: CommandContext, file: Path, yes: bool, as_json: bool) -> None:
    """Replace the store with the backup FILE, which is checked first; the old store is kept.

    First stop the daemon and close every console. No payment is posted twice: each payment that the
    backup does not show as posted is looked up in QuickBooks first. For SQLite only.
    """
    url, backup = context.settings.database, file.absolute()
    with output.waiting("Checking the backup"):
        path = stores.check_restore(url, backup, context.person)
    if not yes:
        why = f"This would replace the store {path}."
        ask_person(f"Replace {path} with {backup}?", stores.RESTORE_TELLS, why)
    with output.waiting("Restoring"):
        restored = stores.restore(url, backup, context.who, context.person)
    if as_json:
        output.say_json(RESTORED.of(restored))
        return
    output.say_wrapped(f"Restored {restored.path} from {backup}.")
    if restored.kept:
        output.say_wrapped(f"The old store: {restored.kept}")
    told = stores.follows(restored)
    for sentence in told if yes else told[: -len(stores.RESTORE_TELLS)]:
        output.say_wrapped(sentence)
    output.say_wrapped("Start the daemon again.")


@db.command()
@click.argument("target_url")
@json_option(COPIED)
@pass_command_context
def copy(context: CommandContext, target_url: str, as_json: bool) -> None:
    """Copy the whole store to TARGET_URL, an empty database: sqlite:///… or postgresql://…

    First stop the daemon and close every console. Each row is compared after the copy. If the copy
    is interrupted, run the command again to continue; until it is finished, the target cannot be
    used. The store itself stays as it is.
    """
    with output.progress("Copying rows") as tell:
        copied = stores.copy_to(
            Operator(context.store, context.who), target_url, lambda _table, done: tell(done)
        )
    if as_json:
        output.say_json(COPIED.of(copied))
        return
    rows = sum(one.rows for one in copied.tables)
    output.say_wrapped(
        f"Copied {count(rows, 'row')} of {count(len(copied.tables), 'table')} to"
        f" {copied.target}, and compared every row."
    )
    place = context.settings.config_path or "the settings"
    output.say_wrapped(f"Set database to that address in {place}, then start the daemon.")
    if copied.seals_keys:
        output.say_wrapped(stores.KEYS_TELL)
    output.say_wrapped(stores.COPY_TELLS)


@db.command()
@json_option(COMPACTED)
@pass_command_context
def vacuum(context: CommandContext, as_json: bool) -> None:
    """Compact the store: give unused space back to the disk.

    Useful only after much was deleted, such as a connection; otherwise free space is reused. First
    stop the daemon and close every console. Needs as much free disk space as the store takes. For
    SQLite only.
    """
    with output.waiting("Compacting the store"):
        done = stores.compact(Operator(context.store, context.who))
    if as_json:
        output.say_json(COMPACTED.of(done))
    else:
        output.say_wrapped(
            f"The store takes {done.after_bytes:,} bytes now, {done.before_bytes:,} before."
        )

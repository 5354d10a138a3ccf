"""``deskbridge connection``: add, list, show, edit and remove connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from console.cli import output
from console.cli.connection_fields import chosen, fields, in_words
from console.cli.desk import Desk, pass_desk
from console.cli.errors import Refused, WrongUsage
from console.cli.json_option import json_option
from console.cli.params import chosen_connection, name_argument, refuse_as_option
from shared.operations.contracts.records import CONNECTION, CONNECTION_DETAIL, Overview
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import application as application_name
from shared.operations.describe.text import count, grouped, iso_day, local_time

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from shared.rules.values import Application, CompanyBinding, Connection, Sync

OPEN_FILE = "the file that is open in QuickBooks"


@click.group()
def connection() -> None:
    """Connections: one QuickBooks company file joined to one ledger."""


@connection.command("add")
@click.argument("name")
@fields
@json_option(CONNECTION_DETAIL)
@pass_desk
def add(desk: Desk, /, name: str, as_json: bool, **given: Any) -> None:
    """Add a connection called NAME; the name alone is enough."""
    from shared.models import audit, connections

    refuse_as_option(name)
    with desk.store.transaction():
        now = desk.store.now()
        made = connections.add(name, **chosen(given), now=now)
        audit.add(desk.who, "connection.add", made.name, in_words(given), now)
        overview = _overview(made)
    if as_json:
        output.say_json(CONNECTION_DETAIL.of(overview))
        return
    output.say_wrapped(f"Added {made.name}.")
    output.say_wrapped(f"Next: {_command('qwc', made.name)} --out FOLDER")


@connection.command("list")
@json_option(CONNECTION, many=True)
@pass_desk
def list_connections(desk: Desk, as_json: bool) -> None:
    """List the connections."""
    from shared.models import connections

    with desk.store.reading():
        overviews = [_overview(held) for held in connections.all()]
    if as_json:
        output.say_json([CONNECTION.of(overview) for overview in overviews])
    elif overviews:
        output.say_table(COLUMNS, [_row(overview) for overview in overviews])
    else:
        output.say_wrapped("No connection yet. Next: deskbridge connection add NAME")


COLUMNS = (
    Column("Name", least=12),
    Column("Layout", drop=1),
    Column("Company", least=12),
    Column("Last heard from", drop=2),
    Column("Last sync", paint=output.state),
    Column("Problems", right=True),
)


def _row(overview: Overview) -> Row:
    return Row(
        (
            overview.connection.name,
            overview.connection.layout,
            overview.company or "not read yet",
            local_time(overview.last_seen_at, "never"),
            overview.last_sync.state if overview.last_sync else "none yet",
            str(overview.open_problems),
        )
    )


@connection.command("show")
@name_argument
@json_option(CONNECTION_DETAIL)
@pass_desk
def show(desk: Desk, name: str | None, as_json: bool) -> None:
    """Show one connection: its fields, applications and company file.

    NAME may be left out where there is exactly one connection.
    """
    with desk.store.reading():
        overview, now = _overview(chosen_connection(name), full=True), desk.store.now()
    if as_json:
        output.say_json(CONNECTION_DETAIL.of(overview))
        return
    output.say(output.strong(overview.connection.name))
    output.say_pairs(_lines(overview))
    output.say()
    output.say_table(
        APPLICATION_COLUMNS,
        [
            _application_row(application, overview.paused_until.get(application.id), now)
            for application in overview.applications
        ],
    )


APPLICATION_COLUMNS = (
    Column("Application"),
    Column("User name", least=20),
    Column("Password", drop=1),
    Column("Last heard from"),
)


def _application_row(application: Application, paused: datetime | None, now: datetime) -> Row:
    made = application.password_generation
    told = f"After too many wrong passwords it may not log in until {local_time(paused)}."
    return Row(
        (
            application.app_name,
            application.username,
            f"generation {made}" if made else "none yet",
            local_time(application.last_seen_at, "never"),
        ),
        below=[told] if paused and now < paused else [],
    )


def _lines(overview: Overview) -> list[tuple[str, str]]:
    held = overview.connection
    return [
        ("Layout", {"two": "two applications", "combined": "one application"}[held.layout]),
        ("Company file", held.company_file or OPEN_FILE),
        ("Company", _company_line(held.binding)),
        ("Jobs", held.jobs),
        ("Start date", iso_day(held.start_date) or "none: all open invoices are taken"),
        ("Auto-Run proposal", _unless_none("every {} min", held.run_every_minutes)),
        ("Minimum interval", _unless_none("{} s", held.minimum_interval_seconds)),
        ("Payments out", "posted to QuickBooks" if held.payments_out else "off: none is posted"),
        ("Payments in", "imported" if held.payments_in else "off: none is imported"),
        ("Missing method", METHODS[held.missing_method]),
        ("Overpayments", OVERPAYMENTS[held.overpayment]),
        ("Payments without an invoice", ON_ACCOUNT[held.on_account]),
        ("Payments in a closed period", CLOSED_PERIOD[held.closed_period]),
        ("QuickBooks sample company", SAMPLE_COMPANY[held.sample_company]),
        ("Debug", "on: answers of QuickBooks are kept" if held.debug else "off"),
        ("Open invoices", _totals_line(overview.totals)),
        ("Open problems", str(overview.open_problems)),
        ("Last sync", _sync_line(overview.last_sync)),
    ]


METHODS = {
    "create": "a payment method that QuickBooks does not list is added there",
    "other": "a payment method that QuickBooks does not list becomes Other",
}

OVERPAYMENTS = {"refuse": "refused", "credit": "the rest is kept as customer credit"}
ON_ACCOUNT = {"refuse": "refused", "post": "posted on account"}
CLOSED_PERIOD = {
    "hold": "held",
    "next-open-day": "posted on the first open day, with the original date in the memo",
}
SAMPLE_COMPANY = {"refuse": "refused", "allow": "allowed"}


def _unless_none(told: str, number: int) -> str:
    return told.format(number) if number else "none"


def _company_line(binding: CompanyBinding | None) -> str:
    if binding is None:
        return "not read yet: the first sync binds it"
    return f"{binding.company_name} ({binding.product_name}, {binding.country})"


def _totals_line(totals: Sequence[tuple[str, int, Decimal]]) -> str:
    parts = [
        f"{number:,} with {grouped(balance)} {currency}" for currency, number, balance in totals
    ]
    return "; ".join(parts).strip() or "none"


def _sync_line(sync: Sync | None) -> str:
    if sync is None:
        return "none yet"
    ran = f"{local_time(sync.started_at)} {application_name(sync.application)}, {sync.state}"
    return f"{ran}. {sync.error or sync.message}"


@connection.command("edit")
@name_argument
@click.option("--rename", metavar="NAME", help="Give the connection another name.")
@fields
@click.option(
    "--rebind",
    is_flag=True,
    help="Forget the bound company file; the next sync binds the one it meets.",
)
@json_option(CONNECTION_DETAIL)
@pass_desk
def edit(
    desk: Desk, /, name: str | None, rename: str | None, rebind: bool, as_json: bool, **given: Any
) -> None:
    """Change what the options name; everything else stays.

    NAME may be left out where there is exactly one connection.
    """
    from shared.models import audit, connections

    refuse_as_option(rename or "")
    changes = chosen({"name": rename, **given})
    if not changes and not rebind:
        raise WrongUsage("Nothing to change was given.", "deskbridge connection edit --help")
    with desk.store.transaction():
        before = chosen_connection(name)
        after = connections.edit(before.id, **changes) if changes else before
        if rebind:
            connections.unbind(before.id)
            after = connections.by_id(before.id)
        told = in_words(given | {"rename": rename, "rebind": rebind or None})
        audit.add(desk.who, "connection.edit", before.name, told, desk.store.now())
        overview = _overview(after)
    if as_json:
        output.say_json(CONNECTION_DETAIL.of(overview))
        return
    output.say_wrapped(f"Changed {after.name}.")
    for consequence in _consequences(before, after, rebind=rebind):
        output.say_wrapped(consequence)


def _consequences(before: Connection, after: Connection, *, rebind: bool) -> list[str]:
    """What the operator has to do so that the change takes effect."""
    told = []
    if before.layout != after.layout:
        told.append(
            "The applications changed: remove the old ones from the Web Connector, then "
            f"generate new files: {_command('qwc', after.name)} --out FOLDER"
        )
    elif before.run_every_minutes != after.run_every_minutes:
        told.append(
            "The Auto-Run proposal stands in the .qwc file: generate it again, or set "
            "Every_Min in the Web Connector."
        )
    if (before.jobs, before.start_date) != (after.jobs, after.start_date):
        told.append("The ledger follows with the next Invoice Sync.")
    if rebind:
        told.append(
            "The company file was forgotten: the next sync binds the one that is open then. "
            "See that it is the right one."
        )
    return [*told, *_consequences_for_payments(before, after)]


def _consequences_for_payments(before: Connection, after: Connection) -> list[str]:
    told = []
    if before.payments_out and not after.payments_out:
        told.append(
            "No payment is posted from now on; a request that is out or in doubt is still settled."
        )
    if before.payments_in != after.payments_in or before.payments_out < after.payments_out:
        told.append("Payments follow with the next Payment Sync.")
    return told


@connection.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_desk
def remove(desk: Desk, name: str, yes: bool) -> None:
    """Remove NAME with its invoices, customers, syncs and problems.

    Nothing changes in QuickBooks. Asks first; without a terminal it needs --yes.
    """
    from shared.models import audit, connections

    with desk.store.reading():
        overview = _overview(connections.get(name), full=True)
    if not yes:
        _ask_to_remove(overview)
    with desk.store.transaction():
        now = desk.store.now()
        connections.remove(overview.connection.id)
        audit.add(desk.who, "connection.remove", overview.connection.name, "", now)
    output.say_wrapped(
        f"Removed {overview.connection.name}. Its applications can no longer sign in: remove "
        "them from the Web Connector too."
    )


def _ask_to_remove(overview: Overview) -> None:
    name = overview.connection.name
    if not output.is_terminal():
        raise WrongUsage(f"Removing {name} cannot be undone.", "Say that you mean it with --yes")
    invoices = sum(number for _currency, number, _balance in overview.totals)
    output.say_wrapped(
        f"{name} goes with {count(invoices, 'open invoice')}, its customers, its syncs, "
        f"{count(overview.open_problems, 'open problem')} and its passwords. "
        "This cannot be undone; QuickBooks is not touched."
    )
    if not click.confirm(f"Remove {name}?", default=False):
        raise Refused("Nothing was removed.")


def _overview(held: Connection, *, full: bool = False) -> Overview:
    from shared.models import connections, ledger, problems, syncs

    applications = connections.applications(held.id)
    return Overview(
        connection=held,
        applications=applications,
        open_problems=len(problems.list_problems(held.id)),
        totals=ledger.totals(held.id) if full else (),
        last_sync=next(iter(syncs.list_syncs(held.id, limit=1)), None),
        paused_until=_paused_until(applications) if full else {},
    )


def _paused_until(applications: Sequence[Application]) -> dict[int, datetime]:
    """Until when the applications may not log in, after too many wrong passwords."""
    from shared.models import connections

    held = (connections.application_by_username(one.username) for one in applications)
    return {one.application.id: one.locked_until for one in held if one and one.locked_until}


def _command(verb: str, name: str) -> str:
    """A command line that can be copied into a shell."""
    import shlex

    return f"deskbridge {verb} {shlex.quote(name)}"

"""``deskbridge doctor``: is all well, and where does each setting come from?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.doctor_contract import DIAGNOSIS, Diagnosis, SettingRow
from console.cli.errors import Exit
from console.cli.json_option import json_option
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count

if TYPE_CHECKING:
    from shared.errors import StoreError
    from shared.health import Check, Network
    from shared.models.store import Store
    from shared.settings import Settings

WORST_LAST = ("ok", "warn", "fail")
MARK = "{:<6}"


@click.command()
@click.option("--no-network", is_flag=True, help="Leave out what needs the network.")
@json_option(DIAGNOSIS)
@pass_desk
def doctor(desk: Desk, no_network: bool, as_json: bool) -> None:
    """Check settings, store, daemon, public address and queues; say what to do.

    Shows each setting with its source, then the checks, the worst last. Exit code 1 when one
    failed, else 0: a warning does not count. In JSON the checks stand in the order in which they
    were made. Nothing is changed, nor is a missing store made.
    """
    with output.waiting("Checking"):
        found = diagnose(desk, with_network=not no_network)
    if as_json:
        output.say_json(DIAGNOSIS.of(found))
    else:
        _say(found)
    if not found.is_well:
        output.flush()
        raise click.exceptions.Exit(int(Exit.FAILED))


def diagnose(desk: Desk, *, with_network: bool) -> Diagnosis:
    """Make all checks that can be made."""
    from shared import health
    from shared.settings import SettingsRefused

    try:
        settings = desk.settings
    except SettingsRefused as refused:
        return Diagnosis(health.of_refused_settings(refused), ())
    checks = _examined(settings, health.Internet() if with_network else None)
    return Diagnosis(checks, settings.shown())


def _examined(settings: Settings, network: Network | None) -> list[Check]:
    from shared import health
    from shared.errors import StoreError

    store = _opened(settings)
    machine = health.ThisMachine()
    if isinstance(store, StoreError):
        return list(health.examine(settings, store, machine, network))
    with store:
        return list(health.examine(settings, store, machine, network))


def _opened(settings: Settings) -> Store | StoreError:
    """The store, or why it cannot be opened; a missing one is not made."""
    from shared.errors import StoreError
    from shared.models.store import open_store

    try:
        return open_store(settings.database, create=False)
    except StoreError as error:
        return error
    except OSError as error:
        remedy = "Run as the service's user: sudo -u deskbridge deskbridge doctor"
        return StoreError(f"The store {error.filename}: {error.strerror}.", remedy)


SETTING_COLUMNS = (Column("Setting"), Column("Value", least=20), Column("From", least=12))


def _say(found: Diagnosis) -> None:
    if found.settings:
        output.say_table(SETTING_COLUMNS, [Row(row) for row in _own_first(found.settings)])
        output.say()
    for check in sorted(found.checks, key=lambda check: WORST_LAST.index(check.state)):
        output.say_item(MARK.format(check.state), f"{check.name}: {check.told}", output.state)
        if check.remedy:
            output.say_item(MARK.format(""), f"What to do: {check.remedy}")
    output.say()
    output.say_wrapped(_verdict(found.checks))


def _own_first(settings: Sequence[SettingRow]) -> list[SettingRow]:
    """What somebody set comes before the defaults."""
    return sorted(settings, key=lambda row: row[2] == "default")


def _verdict(checks: Sequence[Check]) -> str:
    states = [str(check.state) for check in checks]
    failed, warned = states.count("fail"), states.count("warn")
    if not failed and not warned:
        return f"All is well: {count(len(checks), 'check')}."
    told = [f"{count(failed, 'check')} failed"] * bool(failed)
    told += [count(warned, "warning")] * bool(warned)
    return f"{', '.join(told)}, {states.count('ok')} ok."

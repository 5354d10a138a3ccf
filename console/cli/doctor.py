"""``deskbridge doctor``: is all well, and where does each setting come from?"""

from __future__ import annotations

from collections.abc import Sequence

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.errors import Exit
from console.cli.json_option import json_option
from console.cli.params import flag
from shared.health import internet
from shared.health.checks import Check
from shared.health.machine import ThisMachine
from shared.operations.contracts.doctor import DIAGNOSIS
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count
from shared.operations.health import Diagnosis, diagnose

WORST_LAST = ("ok", "warn", "fail")
MARK = "{:<6}"


@click.command()
@flag("--no-network", "Leave out checks that need the network.")
@flag("--settings", "Also show each setting and its source.", into="with_settings")
@flag("--strict", "Exit with 1 for a warning, too.")
@json_option(DIAGNOSIS)
@pass_command_context
def doctor(
    context: CommandContext, no_network: bool, with_settings: bool, strict: bool, as_json: bool
) -> None:
    """Check settings, store, daemon, public address and queues, and show what to do.

    The worst finding comes last. Exits with 1 if a check failed, with --strict also for a warning,
    else with 0. JSON has the checks in the order in which they were made, and always the settings.
    Nothing is changed, and a missing store is not created.
    """
    network = None if no_network else internet.Internet()
    with output.waiting("Checking"):
        found = diagnose(lambda: context.settings, ThisMachine(), network, context.person)
    if as_json:
        output.say_json(DIAGNOSIS.of(found))
    else:
        _say(found, with_settings=with_settings)
    if not (found.is_spotless if strict else found.is_well):
        output.flush()
        raise click.exceptions.Exit(int(Exit.FAILED))


SETTING_COLUMNS = (Column("Setting"), Column("Value", least=20), Column("From", least=12))


def _say(found: Diagnosis, *, with_settings: bool) -> None:
    if with_settings and found.settings:
        own_first = sorted(found.settings, key=lambda row: row.source == "default")
        output.say_table(SETTING_COLUMNS, [Row(row) for row in own_first])
        output.say()
    for check in sorted(found.checks, key=lambda check: WORST_LAST.index(check.state)):
        output.say_item(MARK.format(check.state), f"{check.name}: {check.told}", output.state)
        if check.remedy:
            output.say_item(MARK.format(""), f"What to do: {check.remedy}")
    output.say()
    output.say_wrapped(_verdict(found.checks))


def _verdict(checks: Sequence[Check]) -> str:
    states = [str(check.state) for check in checks]
    failed, warned = states.count("fail"), states.count("warn")
    if not failed and not warned:
        return f"Everything is OK: {count(len(checks), 'check')}."
    told = [f"{count(failed, 'check')} failed"] * bool(failed)
    told += [count(warned, "warning")] * bool(warned)
    return f"{', '.join(told)}, {states.count('ok')} ok."

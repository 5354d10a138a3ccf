"""``deskbridge service``: put the daemon in its place as a service, look at it, remove it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import click

from console.cli import output
from console.cli.deciding import ask_person, yes_option
from console.cli.errors import Exit, NotThere, Refused
from console.cli.json_option import json_option
from console.cli.params import flag
from console.service import machine as machines
from console.service import steps
from console.service.machine import Machine
from console.service.standing import Standing, State, look
from console.service.steps import CONFIG, STATE, Step
from shared.operations.contracts.shapes import Shape
from shared.operations.describe.text import plain
from shared.structs import Value


class Carried(Value):
    """What was done, or would be."""

    changed: Annotated[bool, "whether the steps were carried out; false after `--dry-run`"]
    steps: Annotated[Sequence[Step], "the steps, in order"]


STEPS = Shape(Carried, steps=Shape(Step, "told command done"))
STANDING = Shape(Standing)
machine_used: Machine = machines.ThisMachine()

dry_run_option = flag("--dry-run", "Change nothing; print every command and file.")


@click.group()
def service() -> None:
    """Run the daemon as a systemd service: install, check or remove it."""


@service.command()
@flag(
    "--socket",
    "Have systemd open the socket: callers wait while the daemon restarts, and a port below "
    "1024 can be used.",
)
@dry_run_option
@json_option(STEPS)
def install(socket: bool, dry_run: bool, as_json: bool) -> None:
    """Create the unit, user, folders and settings of the service; needs root.

    Each step is printed. Existing files stay, above all the settings; after an upgrade the unit is
    written again if it differs. Nothing is started.
    """
    command = machines.own_command()
    wanted = steps.install(machine_used, command, machines.own_places(), socket=socket)
    _carry_out(wanted, "install", dry_run=dry_run, as_json=as_json)
    if not dry_run and not as_json:
        output.say_wrapped(f"Next: set public_url in {CONFIG}, then start the service:")
        output.say("    sudo systemctl restart deskbridge")


@service.command()
@json_option(STANDING)
def status(as_json: bool) -> None:
    """Show whether the service is running, since when, and from which unit.

    Exits with 0 if it is running, with 3 if it is not installed, else with 1.
    """
    command = machines.own_command()
    found = look(machine_used, command)
    if as_json:
        output.say_json(STANDING.of(found))
        raise click.exceptions.Exit(int(_ENDS.get(found.state, Exit.FAILED)))
    output.say_pairs(_lines(found))
    if found.state is State.NOT_INSTALLED:
        raise NotThere("The service is not installed.", f"Run: sudo {command} service install")
    if not found.unit_is_current:
        output.say_beside(
            f"The unit differs from the one of this version: sudo {command} service install"
        )
    if found.state is not State.RUNNING:
        raise Refused(
            f"The service is {found.state}.",
            "Run: sudo systemctl start deskbridge; journalctl -u deskbridge says why it ended",
        )


_ENDS = {State.RUNNING: Exit.DONE, State.NOT_INSTALLED: Exit.NOTHING}


def _lines(found: Standing) -> list[tuple[str, str]]:
    lines = [("Service", str(found.state))]
    if found.unit:
        lines += [
            ("Since", found.since or "-"),
            ("Process", str(found.process or "-")),
            ("Restarts", str(found.restarts)),
            ("Last end", found.result or "-"),
            ("Starts with the machine", "yes" if found.enabled else "no"),
            ("Socket of systemd", "yes" if found.socket else "no"),
            ("Unit", found.unit),
        ]
    return lines


@service.command()
@flag("--delete-store", "Also delete the store, the settings and the user.")
@yes_option
@dry_run_option
@json_option(STEPS)
def uninstall(delete_store: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Stop the service and remove its unit; needs root.

    The store, the settings and the user stay, so that `deskbridge service install` brings
    everything back. With --delete-store they are deleted, too; a PostgreSQL database stays.
    """
    wanted = steps.uninstall(machine_used, machines.own_command(), delete_store=delete_store)
    if not wanted:
        raise NotThere("The service is not installed: there is nothing to do.")
    if delete_store and not (yes or dry_run):
        loss = (
            f"The store in {STATE} would be deleted: Deskbridge then no longer knows which"
            " payments were posted."
        )
        ask_person(f"Delete {STATE}?", [loss], loss)
    _carry_out(wanted, "uninstall", dry_run=dry_run, as_json=as_json)
    if not delete_store and not as_json:
        stays = "would stay" if dry_run else "stay"
        output.say_wrapped(f"The store in {STATE} and the settings {CONFIG} {stays}.")


def _carry_out(wanted: Sequence[Step], verb: str, *, dry_run: bool, as_json: bool) -> None:
    if not (dry_run or machine_used.is_root()):
        command = f"{machines.own_command()} service {verb}"
        raise Refused(f"deskbridge service {verb} changes the system.", f"Run: sudo {command}")
    for step in wanted:
        if not as_json:
            _say(step, with_text=dry_run)
        if not (dry_run or step.done):
            machine_used.run(step.words, step.text)
    if as_json:
        output.say_json(STEPS.of(Carried(not dry_run, wanted)))
    elif dry_run:
        output.say("Nothing was changed.")


def _say(step: Step, *, with_text: bool) -> None:
    output.say_wrapped(f"{step.told}: done already" if step.done else step.told)
    if step.done:
        return
    output.say(plain(f"    {step.command}"))
    for line in step.text.splitlines() if with_text else ():
        output.say(f"        {line}".rstrip())

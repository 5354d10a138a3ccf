"""``deskbridge problems``: what needs a person, and what that person decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.errors import WrongUsage
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing, states_option
from console.cli.params import connection_option, flag, name_argument, numbers_given, option
from console.fields import field
from shared.operations import problems as operations
from shared.operations.contracts.records import PROBLEM
from shared.operations.describe.problems import sections
from shared.operations.describe.text import count
from shared.rules.values import WAITING, Problem, ProblemState

Command = TypeVar("Command", bound=Callable[..., Any])
STATES = ("open", "retry", "acknowledged", "skipped", "resolved")


@click.group()
def problems() -> None:
    """Problems: records that need attention, with the reason and the remedy."""


PROBLEMS = Listing[Problem](
    PROBLEM,
    field("ID", lambda one: str(one.id), right=True),
    field("State", lambda one: one.state, paint=output.state),
    field("Connection", lambda one: one.connection, least=10, drop=1),
    field("Document", lambda one: one.document or one.object_id, least=20),
    below=lambda one: (one.message, one.remedy),
)


@problems.command("list")
@name_argument
@states_option("--state", [*STATES, "any"], "open and retry")
@PROBLEMS.command
def list_problems(
    context: CommandContext, name: str | None, states: tuple[str, ...]
) -> Found[Problem]:
    """List the problems of NAME, or of all connections."""
    words = STATES if "any" in states else states
    wanted = [ProblemState(word) for word in words] or WAITING
    found = context.read(partial(operations.view_all, connection=name, states_wanted=wanted))
    which = f"problem that is {' or '.join(states)}" if states else "open problem"
    how = (
        f"{count(len(found), 'problem')}. Next: deskbridge problems show ID, fix the cause, then "
        "deskbridge problems retry ID"
    )
    return Found(found, f"No {which}. The last syncs: deskbridge syncs list", [how])


@problems.command()
@click.argument("number", metavar="ID")
@json_option(PROBLEM)
@pass_command_context
def show(context: CommandContext, number: str, as_json: bool) -> None:
    """Show everything known about the problem with the number ID."""
    [problem_id] = numbers_given([number], "problem")
    problem = context.read(partial(operations.view, problem_id=problem_id))
    if as_json:
        output.say_json(PROBLEM.of(problem))
        return
    output.say_sections(sections(problem))
    output.say()
    output.say_wrapped(f"More about this: deskbridge hints {problem.code}")


def numbers_argument(command: Command) -> Command:
    """The numbers of the problems; ``-`` reads them from standard input."""
    return click.argument("numbers", metavar="ID...", nargs=-1)(command)


def because_option(command: Command) -> Command:
    """The reason of a decision."""
    return option("--because", "TEXT", "The reason, for the record.", required=True)(command)


@problems.command()
@numbers_argument
@flag("--all", "All open problems instead of single IDs.", into="everything")
@connection_option("With --all: only problems of NAME.")
@decides(asks=True)
def retry(numbers: tuple[str, ...], everything: bool, name: str | None) -> PlanOf:
    """Retry: the next sync checks the records again.

    ID may be - to read the numbers from standard input. Either all are retried or none is. A
    payment that QuickBooks may have already is retried by its own ID only, and asks first; without
    a terminal it needs --yes. --all leaves out such payments and says so.
    """
    if everything == bool(numbers):
        raise WrongUsage("Give the numbers of problems, or --all.", "deskbridge problems list")
    if name is not None and not everything:
        raise WrongUsage("--connection works only with --all.", "Leave it out: an ID is enough")
    if everything:
        plan_of = partial(operations.plan_retry_all, connection=name)
    else:
        plan_of = partial(operations.plan_retry, problem_ids=_given(numbers))
    return plan_of


@problems.command()
@numbers_argument
@because_option
@decides(asks=True)
def acknowledge(numbers: tuple[str, ...], because: str) -> PlanOf:
    """Confirm that it is intended: the problem closes, and the record stays as it is.

    It opens again if something changes, such as a third invoice with the same number; retry undoes
    the acknowledgment. ID may be - to read the numbers from standard input. Either all are
    acknowledged or none is.
    """
    return partial(operations.plan_acknowledge, problem_ids=_given(numbers), because=because)


@problems.command()
@numbers_argument
@because_option
@decides(asks=True)
def skip(numbers: tuple[str, ...], because: str) -> PlanOf:
    """Leave the records out of future syncs; unskip undoes that.

    If an open invoice would leave the ledger with its balance, it asks first; without a terminal it
    needs --yes. ID may be - to read the numbers from standard input. Either all are skipped or none
    is.
    """
    return partial(operations.plan_skip, problem_ids=_given(numbers), because=because)


@problems.command()
@numbers_argument
@decides(asks=True)
def unskip(numbers: tuple[str, ...]) -> PlanOf:
    """Unskip records; the next sync reads them again.

    ID may be - to read the numbers from standard input. Either all are unskipped or none is.
    """
    return partial(operations.plan_unskip, problem_ids=_given(numbers))


@problems.command()
@numbers_argument
@decides(asks=True)
def resolve(numbers: tuple[str, ...]) -> PlanOf:
    """Close problems that you settled yourself; the next sync reopens any that are still there.

    ID may be - to read the numbers from standard input. Either all are closed or none is.
    """
    return partial(operations.plan_resolve, problem_ids=_given(numbers))


def _given(words: Sequence[str]) -> list[int]:
    if not words:
        raise WrongUsage("No number of a problem was given.", "deskbridge problems list")
    return numbers_given(words, "problem")

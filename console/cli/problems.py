"""``deskbridge problems``: what needs a person, and what that person decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.errors import NotThere, WrongUsage
from console.cli.json_option import json_option
from console.cli.params import numbers_given
from shared.operations.contracts.records import PROBLEM
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, local_time

if TYPE_CHECKING:
    from shared.rules.values import Problem

STATES = ("open", "retry", "skipped", "resolved")
WAITING = ("open", "retry")


@click.group()
def problems() -> None:
    """Problems: records that need a person, with the reason and the remedy."""


@problems.command("list")
@click.argument("name", required=False)
@click.option(
    "--state",
    "states",
    type=click.Choice([*STATES, "any"]),
    multiple=True,
    help="Only these; may be repeated. Default: open and retry.",
)
@json_option(PROBLEM, many=True)
@pass_desk
def list_problems(desk: Desk, name: str | None, states: tuple[str, ...], as_json: bool) -> None:
    """List the problems of NAME, or of all connections."""
    from shared.models import connections
    from shared.models import problems as store
    from shared.rules.values import ProblemState

    wanted = STATES if "any" in states else states or WAITING
    with desk.store.reading():
        connection_id = connections.get(name).id if name is not None else None
        found = store.list_problems(connection_id, states=[ProblemState(word) for word in wanted])
    if as_json:
        output.say_json_lines(output.json_text(PROBLEM.of(problem)) for problem in found)
    elif found:
        output.say_table(COLUMNS, [_row(problem) for problem in found])
        output.say()
        output.say_wrapped(
            f"{count(len(found), 'problem')}. Next: deskbridge problems show ID, then put it "
            "right in QuickBooks and: deskbridge problems retry ID"
        )
    else:
        which = f"problem that is {' or '.join(states)}" if states else "open problem"
        output.say_wrapped(f"No {which}. How the last syncs went: deskbridge syncs list")


COLUMNS = (
    Column("ID", right=True),
    Column("State", paint=output.state),
    Column("Connection", least=10, drop=1),
    Column("Document", least=20),
)


def _row(problem: Problem) -> Row:
    return Row(
        (
            str(problem.id),
            problem.state,
            problem.connection,
            problem.document or problem.object_id,
        ),
        below=[text for text in (problem.message, problem.remedy) if text],
    )


@problems.command()
@click.argument("number", metavar="ID")
@json_option(PROBLEM)
@pass_desk
def show(desk: Desk, number: str, as_json: bool) -> None:
    """Show all that is known of the problem with the number ID."""
    from shared.models import problems as store

    [problem_id] = numbers_given([number], "problem")
    with desk.store.reading():
        problem = store.get(problem_id)
    if as_json:
        output.say_json(PROBLEM.of(problem))
    else:
        output.say_pairs(_lines(problem))


def _lines(problem: Problem) -> list[tuple[str, str]]:
    changed = f"{problem.changed_by}, {local_time(problem.changed_at)}" * bool(problem.changed_by)
    lines = [
        ("Problem", str(problem.id)),
        ("State", problem.state),
        ("Connection", problem.connection),
        ("Document", problem.document),
        ("QuickBooks ID", problem.object_id),
        ("What happened", problem.message),
        ("QuickBooks said", problem.said),
        ("What to do", problem.remedy),
        ("Why skipped", problem.note),
        ("Changed by", changed),
        ("First met", local_time(problem.first_seen_at)),
        ("Last met", local_time(problem.last_seen_at)),
        ("In sync", str(problem.sync_id or "")),
        ("More on it", f"deskbridge hints {problem.code}"),
    ]
    return [(title, value) for title, value in lines if value]


def numbers_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The numbers of the problems; ``-`` reads them from standard input."""
    return click.argument("numbers", metavar="ID...", nargs=-1)(command)


@problems.command()
@numbers_argument
@click.option("--all", "everything", is_flag=True, help="All open ones instead of single IDs.")
@click.option("--connection", "name", metavar="NAME", help="With --all: only those of NAME.")
@pass_desk
def retry(desk: Desk, numbers: tuple[str, ...], everything: bool, name: str | None) -> None:
    """Read the records again in the next sync.

    ID may be - to read the numbers from standard input. Either all are queued or none is.
    """
    from shared.models import problems as store

    def decide(problem: Problem) -> object:
        return store.retry(problem.id, desk.who, desk.store.now())

    def choose() -> list[Problem]:
        return _all_open(name) if everything else _numbered(numbers)

    if everything == bool(numbers):
        raise WrongUsage("Give the numbers of problems, or --all.", "deskbridge problems list")
    if name is not None and not everything:
        raise WrongUsage("--connection goes with --all.", "Leave it out: an ID is enough")
    done = _decide(desk, choose, "problem.retry", decide)
    output.say_wrapped(f"{count(done, 'record')} will be read again in the next sync.")


@problems.command()
@numbers_argument
@click.option("--because", metavar="TEXT", required=True, help="The reason, for those who ask.")
@pass_desk
def skip(desk: Desk, numbers: tuple[str, ...], because: str) -> None:
    """Leave the records out of future syncs; unskip takes it back.

    ID may be - to read the numbers from standard input. Either all are skipped or none is.
    """
    from shared.models import problems as store

    if not because.strip():
        raise WrongUsage("The reason is empty.", "--because 'reconciled by hand in May'")

    def decide(problem: Problem) -> object:
        return store.skip(problem.id, because.strip(), desk.who, desk.store.now())

    done = _decide(desk, lambda: _numbered(numbers), "problem.skip", decide, because)
    output.say_wrapped(
        f"{count(done, 'record')} will be left out of future syncs. Taken back by: "
        "deskbridge problems unskip ID"
    )


@problems.command()
@numbers_argument
@pass_desk
def unskip(desk: Desk, numbers: tuple[str, ...]) -> None:
    """Take skipped records in again; the next sync reads them.

    ID may be - to read the numbers from standard input. Either all are taken in or none is.
    """
    from shared.models import problems as store

    def decide(problem: Problem) -> object:
        return store.unskip(problem.id, desk.who, desk.store.now())

    done = _decide(desk, lambda: _numbered(numbers), "problem.unskip", decide, states=("skipped",))
    output.say_wrapped(f"{count(done, 'record')} will be taken in again by the next sync.")


def _numbered(words: Sequence[str]) -> list[Problem]:
    from shared.models import problems as store

    if not words:
        raise WrongUsage("No number of a problem was given.", "deskbridge problems list")
    return [store.get(number) for number in numbers_given(words, "problem")]


def _all_open(name: str | None) -> list[Problem]:
    from shared.models import connections
    from shared.models import problems as store
    from shared.rules.values import ProblemState

    connection_id = connections.get(name).id if name is not None else None
    found = store.list_problems(connection_id, states=[ProblemState.OPEN])
    if not found:
        raise NotThere(
            "There is no open problem.", "How the last syncs went: deskbridge syncs list"
        )
    return found


_STANDS = {
    "open": "is open",
    "retry": "waits to be read again by the next sync",
    "skipped": "is skipped",
    "resolved": "is resolved",
}


def _refuse_in_other_state(problem: Problem, states: Sequence[str]) -> None:
    if problem.state not in states:
        raise NotThere(
            f"Problem {problem.id} {_STANDS[problem.state]}. Nothing was changed.",
            f"deskbridge problems show {problem.id}",
        )


def _decide(
    desk: Desk,
    choose: Callable[[], list[Problem]],
    action: str,
    decide: Callable[[Problem], object],
    because: str = "",
    *,
    states: Sequence[str] = WAITING,
) -> int:
    """Carry one decision out for all chosen problems, or for none; returns how many.

    Raises NotThere where a problem is in none of the ``states`` in which it means something.
    """
    from shared.errors import NotPossible
    from shared.models import audit

    with desk.store.transaction():
        chosen = choose()
        for problem in chosen:
            _refuse_in_other_state(problem, states)
            try:
                decide(problem)
            except NotPossible as refused:
                raise NotThere(
                    f"{refused.sentence} Nothing was changed.",
                    refused.remedy or f"deskbridge problems show {problem.id}",
                ) from refused
            told = f"problem {problem.id}, {problem.document}" + (f": {because}" if because else "")
            audit.add(desk.who, action, problem.connection, told, desk.store.now())
    return len(chosen)

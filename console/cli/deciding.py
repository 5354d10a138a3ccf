"""How every command decides: plan, ask where the plan needs a person's word, carry out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.errors import Refused, WrongUsage
from console.cli.json_option import json_option
from shared.operations.contracts.records import OUTCOME
from shared.operations.deciding import Operator, Outcome, Plan, PlanIsStale, allowed, carry_out

if TYPE_CHECKING:
    from shared.models.store import Store

PlanOf: TypeAlias = "Callable[[Store], Plan[Outcome]]"
Became = TypeVar("Became", bound=Outcome)
Command = TypeVar("Command", bound=Callable[..., Any])


def yes_option(command: Command) -> Command:
    """``--yes``: what the plan needs is confirmed, nothing is asked."""
    return click.option("--yes", is_flag=True, help="Confirm without asking.")(command)


def decide(
    context: CommandContext, plan_of: Callable[[Store], Plan[Became]], *, yes: bool = False
) -> Became:
    """Plan a decision, have it confirmed where it must be, and carry it out.

    Raises WrongUsage where it needs a confirmation and there is neither a terminal nor ``yes``,
    Refused where a person said no, NotAllowed before anything is asked, StoreError as planning and
    acting do.
    """
    plan = allowed(context.store, context.read(plan_of))
    by = Operator(context.store, context.who)
    while True:
        confirmed = confirm(plan, yes=yes)
        try:
            return carry_out(by, plan, confirmed)
        except PlanIsStale as stale:
            if yes or not output.is_terminal():
                raise
            output.say_wrapped(stale.sentence)
            plan = cast(Plan[Became], stale.fresh)


def confirm(plan: Plan[Outcome], *, yes: bool) -> Collection[str]:
    """The codes of what is confirmed: nothing where nothing must be."""
    codes = frozenset(need.code for need in plan.needs)
    if yes or not codes:
        return codes
    reasons = [need.sentence for need in plan.needs]
    ask_person(plan.title, (*plan.told, *reasons), " ".join(reasons))
    return codes


def ask_person(question: str, told: Iterable[str], why: str) -> None:
    """Ask a person, who is ``told`` what follows; raises Refused for no.

    Raises WrongUsage, which says ``why`` it is asked, where there is no terminal.
    """
    if not output.is_terminal():
        raise WrongUsage(why, "Confirm it with --yes")
    for sentence in told:
        output.say_wrapped(sentence)
    if not click.confirm(question, default=False):
        raise Refused("Nothing was changed.")


def decides(
    *, asks: bool = False, then: str = ""
) -> Callable[[Callable[..., PlanOf]], Callable[..., None]]:
    """A command that carries out what its function plans, and tells what became of it.

    ``asks``: it takes ``--yes``, since the plan may need a person's word. ``then`` says what may be
    done next.
    """

    def command(planned: Callable[..., PlanOf]) -> Callable[..., None]:
        @wraps(planned)
        @pass_command_context
        def run(
            context: CommandContext, /, *, as_json: bool, yes: bool = False, **given: Any
        ) -> None:
            outcome = decide(context, planned(**given), yes=yes)
            if as_json:
                output.say_json(OUTCOME.of(outcome))
            else:
                output.say_wrapped(f"{outcome.sentence} {then}".rstrip())

        told: Callable[..., None] = json_option(OUTCOME)(run)
        return yes_option(told) if asks else told

    return command

"""``deskbridge operator``: who may look, run or manage."""

from __future__ import annotations

from functools import partial

import click

from console.cli.context import CommandContext
from console.cli.deciding import PlanOf, decides
from console.cli.listing import Found, Listing
from console.cli.params import option
from console.fields import field
from shared import dates
from shared.operations import operators as operations
from shared.operations.contracts.records import OPERATOR
from shared.rules.operators import OperatorEntry, Role


@click.group()
def operator() -> None:
    """Operators: who may look, run or manage, by operating-system user or group.

    Without operators, anyone who can open the store may do everything. Root and the owner of the
    store's file always may.
    """


@operator.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="look: see; run: decide about syncs, problems and payments; manage: everything.",
)
@option(
    "--connection",
    "NAME",
    "Only this connection; may be repeated. Default: all.",
    into="names",
    multiple=True,
)
@option("--user", "USER", "The operating-system user. Default: NAME.")
@option("--group", "GROUP", "An operating-system group instead.")
@decides()
def add(
    name: str, role: str, names: tuple[str, ...], user: str | None, group: str | None
) -> PlanOf:
    """Make NAME an operator.

    Someone who matches several operators may do what any of them may. Once there is an operator,
    only operators, root and the store's owner may use this store.
    """
    return partial(
        operations.plan_add,
        name=name,
        role=Role(role),
        names=names,
        user=user or "",
        group=group or "",
    )


def _where(one: OperatorEntry) -> str:
    return "all" if one.every_connection else ", ".join(one.connections) or "none anymore"


OPERATORS = Listing[OperatorEntry](
    OPERATOR,
    field("Operator", lambda one: one.name, least=10),
    field("May", lambda one: one.role.value),
    field("Who", lambda one: f"user {one.user}" if one.user else f"group {one.group}", least=10),
    field("Connections", _where, least=12),
    field("Added", lambda one: dates.moment(one.added_at)),
    field("By", lambda one: one.added_by, least=8),
)


@operator.command("list")
@OPERATORS.command
def list_operators(context: CommandContext) -> Found[OperatorEntry]:
    """List the operators, by name."""
    nothing = (
        "No operators: anyone who can open the store may do everything. Add one: deskbridge"
        " operator add NAME --role ROLE"
    )
    return Found(context.read(operations.view_all), nothing)


@operator.command()
@click.argument("name")
@decides()
def remove(name: str) -> PlanOf:
    """Remove the operator NAME: the rights end at once, even in an open console."""
    return partial(operations.plan_remove, name=name)

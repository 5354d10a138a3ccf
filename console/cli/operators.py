"""``deskbridge operator``: who may look, run or manage."""

from __future__ import annotations

from functools import partial

import click

from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.json_option import json_option
from console.cli.listing import Listing
from shared import dates
from shared.operations import operators as operations
from shared.operations.contracts.records import OPERATOR
from shared.operations.describe.tables import Column, Row
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
@click.option(
    "--connection",
    "names",
    metavar="NAME",
    multiple=True,
    help="Only this connection; may be repeated. Default: all.",
)
@click.option("--user", metavar="USER", help="The operating-system user. Default: NAME.")
@click.option("--group", metavar="GROUP", help="An operating-system group instead.")
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


@operator.command("list")
@json_option(OPERATOR, many=True)
@pass_command_context
def list_operators(context: CommandContext, as_json: bool) -> None:
    """List the operators, by name."""
    OPERATORS.say(
        context.read(operations.view_all),
        "No operators: anyone who can open the store may do everything. Add one: deskbridge"
        " operator add NAME --role ROLE",
        as_json=as_json,
    )


@operator.command()
@click.argument("name")
@decides()
def remove(name: str) -> PlanOf:
    """Remove the operator NAME: the rights end at once, even in an open console."""
    return partial(operations.plan_remove, name=name)


def _row(one: OperatorEntry) -> Row:
    where = "all" if one.every_connection else ", ".join(one.connections) or "none anymore"
    whose = f"user {one.user}" if one.user else f"group {one.group}"
    return Row((one.name, one.role.value, whose, where, dates.moment(one.added_at), one.added_by))


OPERATORS = Listing(
    OPERATOR,
    (
        *(Column("Operator", least=10), Column("May"), Column("Who", least=10)),
        *(Column("Connections", least=12), Column("Added"), Column("By", least=8)),
    ),
    _row,
)

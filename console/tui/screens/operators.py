"""Operators: who may look, run or manage, and in which companies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.text import Text

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import ChoiceField, Field, TextField, Wrong
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.records import Records
from shared import dates
from shared.models.store import Store
from shared.operations import connections
from shared.operations import operators as operations
from shared.rules.operators import OperatorEntry, Role


def _who(one: OperatorEntry) -> str:
    return f"user {one.user}" if one.user else f"group {one.group}"


def _where(one: OperatorEntry) -> str:
    return "all" if one.every_connection else ", ".join(one.connections) or "none anymore"


OPERATORS = Records[OperatorEntry](
    lambda one: one.name,
    field("Operator", lambda one: one.name, least=12),
    field("Role", lambda one: one.role.value),
    field("Who", _who, least=12),
    field("Companies", _where, least=16, drop=1),
)
ROLES = (
    (Role.LOOK, "look: see everything, change nothing"),
    (Role.RUN, "run: also decide about syncs, problems and payments"),
    (Role.MANAGE, "manage: everything"),
)


class OperatorsScreen(
    PagedScreen[Sequence[OperatorEntry], OperatorEntry, int], ReadsDetail[Sequence[OperatorEntry]]
):
    """Each operator with the role; they are of all companies, whichever is in focus."""

    PLACE = "Operators"
    TABLE = OPERATORS.columns
    NOTHING = (
        "No operators: anyone who can open the store may do everything.\n\n"
        "+ adds one. From then on, only operators, root and the store's owner may use it."
    )
    COPIED = "the operator"
    BINDINGS = bindings(
        bind("plus", "add", "Add", "Give a person or group a role.", key_display="+"),
        bind("x", "remove", "Remove", "End these rights at once. Asks first."),
        bind("C", "copy", "Copy", "Copy these details to your clipboard."),
    )

    def question(self) -> Callable[[Store], Sequence[OperatorEntry]]:
        return operations.view_all

    def listed(self, snapshot: Sequence[OperatorEntry]) -> Iterator[Listed[OperatorEntry]]:
        return self.rows(OPERATORS, snapshot)

    def told(self, one: OperatorEntry) -> Iterator[Text]:
        yield render.titled(one.name, _who(one))
        yield render.titled("Role", dict(ROLES)[one.role])
        yield render.titled("Companies", _where(one))
        yield render.titled("Added", f"{dates.moment(one.added_at)} by {one.added_by}")

    def place(self, snapshot: Sequence[OperatorEntry]) -> str:
        return f"Operators ({len(snapshot)})"

    def able(self) -> dict[str, bool]:
        may, chosen = self.worker.includes(Role.MANAGE), self.chosen()
        return super().able() | {"add": may, "remove": may and chosen is not None}

    def action_add(self) -> None:
        """Ask who it is and what the role is, then add."""
        self.look(connections.view_names, self._ask)

    def _ask(self, names: Sequence[str]) -> None:
        fields: list[Field] = [
            TextField("name", "Name", "The user name on this machine, such as ada.", _name),
            TextField("group", "Group", "For a group of users instead; leave empty for one user."),
            ChoiceField("role", "Role", "Each one includes those before it.", ROLES, Role.LOOK),
            TextField(
                *("names", "Companies", 'Separated by ";"; leave empty for all, later ones too.'),
                partial(_companies, tuple(names)),
                "",
                tuple(names),
            ),
        ]
        told = [self.NOTHING.rpartition("+ adds one. ")[2]]
        ask_with(self, FormDialog("Add an operator", told, fields, "Add"), self._add)

    def _add(self, values: dict[str, Any]) -> None:
        self.decide(
            partial(
                operations.plan_add,
                name=values["name"],
                role=values["role"],
                names=values["names"],
                user="",
                group=values["group"],
            ),
            asks=True,
        )

    def action_remove(self) -> None:
        """Ask, then end the rights."""
        if (chosen := self.chosen()) is not None:
            self.decide(partial(operations.plan_remove, name=chosen.name), asks=True)


def _name(typed: str) -> str:
    if not typed.strip():
        raise Wrong("Type the name of the operator.")
    return typed.strip()


def _companies(names: Sequence[str], typed: str) -> tuple[str, ...]:
    by_name = {one.casefold(): one for one in names}
    wanted = [one.strip() for one in typed.split(";") if one.strip()]
    unknown = [one for one in wanted if one.casefold() not in by_name]
    if unknown:
        raise Wrong(f"There is no company {unknown[0]}.")
    return tuple(by_name[one.casefold()] for one in wanted)

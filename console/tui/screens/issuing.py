"""Files and passwords of a connection: the same keys wherever one is under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType

from console.tui.backstage import Trouble, only_looks
from console.tui.screens.base import StoreScreen
from console.tui.widgets.dialogs import Confirm

if TYPE_CHECKING:
    from console.tui.screens.qwc import Outcome
    from shared.rules.values import Application, Connection

Snapshot = TypeVar("Snapshot")


class IssuesPasswords(StoreScreen[Snapshot]):
    """A screen on which a connection is under the cursor: ``issuing_for`` says which."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "g",
            "generate",
            "Generate .qwc",
            tooltip="Write the .qwc files with one fresh password, which is shown once.",
        ),
        Binding(
            "w",
            "rotate",
            "New password",
            show=False,
            tooltip="Replace the password; the .qwc files stay good. It asks.",
        ),
        Binding(
            "I",
            "renew_ids",
            "Renew IDs",
            show=False,
            tooltip="Files with a new OwnerID and FileID: the cure for QBWC1039.",
        ),
    ]

    def issuing_for(self) -> tuple[Connection, Sequence[Application]] | None:
        """The connection under the cursor with its applications."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what needs a connection, or a password that can be replaced."""
        if action not in ("generate", "rotate", "renew_ids"):
            return super().check_action(action, parameters)
        chosen = self.issuing_for()
        if chosen is None:
            return None
        return True if action != "rotate" or _has_password(chosen[1]) else None

    def may_change(self) -> bool:
        """Whether anything can be changed here; if not, that is said."""
        if self.backstage.read_only:
            self.say(str(only_looks()))
        return not self.backstage.read_only

    def action_generate(self) -> None:
        """Ask where to, then write the files."""
        self._generate(renewed=False)

    def action_renew_ids(self) -> None:
        """Explain, ask where to, then write the files with new IDs."""
        self._generate(renewed=True)

    def _generate(self, *, renewed: bool) -> None:
        from console.tui.screens.generate import GenerateScreen

        chosen = self.issuing_for()
        if chosen is not None and self.may_change():
            connection, applications = chosen
            dialog = GenerateScreen(connection, applications, renewed=renewed)
            self.app.push_screen(dialog, lambda sentence: self.say(sentence) if sentence else None)

    def action_rotate(self) -> None:
        """Ask, then replace the password."""
        chosen = self.issuing_for()
        if chosen is None or not self.may_change():
            return
        connection, applications = chosen
        names = " and ".join(one.app_name for one in applications)
        self.app.push_screen(
            Confirm(
                f"Replace the password of {connection.name}?",
                [
                    f"The old one stops working at once: {names} cannot sign in until the"
                    " bookkeeper has typed the new one into the Web Connector. The .qwc files stay"
                    " good."
                ],
                "Replace it",
            ),
            lambda agreed: self._rotate(connection) if agreed else None,
        )

    def _rotate(self, connection: Connection) -> None:
        from console.tui.actions import qwc as actions
        from console.tui.screens.qwc import PasswordScreen

        work = partial(actions.rotate, who=self.backstage.who, connection_id=connection.id)
        self.app.push_screen(PasswordScreen(work), self._rotated)

    def _rotated(self, outcome: Outcome | None) -> None:
        if isinstance(outcome, Trouble):
            self.say(str(outcome))
        elif outcome is not None:
            self.say(f"{outcome.name} has a new password; the one before no longer works.")


def _has_password(applications: Sequence[Application]) -> bool:
    return any(one.password_generation for one in applications)

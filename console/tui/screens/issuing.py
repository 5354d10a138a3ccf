"""Files, passwords and sign-in of a connection: the same keys wherever one is under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from console.tui.bindings import bind, bindings, hide
from console.tui.screens.base import StoreScreen
from console.tui.widgets.dialogs import Confirm, ask_with
from console.tui.worker import Trouble
from shared.rules.operators import Role

if TYPE_CHECKING:
    from console.tui.screens.qwc import Ended
    from shared.operations.issuing import IssuePlan
    from shared.rules.values import Application, Connection

Snapshot = TypeVar("Snapshot")


class IssuesPasswords(StoreScreen[Snapshot]):
    """A screen on which a connection is under the cursor: ``issuing_for`` says which."""

    BINDINGS = bindings(
        bind(
            "g",
            "generate",
            "Generate .qwc",
            "Write the .qwc files with one new password, which is shown once.",
        ),
        hide(
            "G",
            "rotate",
            "New password",
            "Replace the password; the .qwc files stay valid. Asks first.",
        ),
        bind(
            "u",
            "unlock",
            "Unlock sign-in",
            "End the lock after too many wrong passwords. The password stays the same.",
        ),
    )

    def issuing_for(self) -> tuple[Connection, Sequence[Application]] | None:
        """The connection under the cursor with its applications."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what needs a connection or a password; hide what needs a lock."""
        if action not in ("generate", "rotate", "renew_ids", "unlock"):
            return super().check_action(action, parameters)
        chosen = self.issuing_for()
        if action == "unlock":
            now = self.worker.clock()
            return chosen is not None and any(one.locked(now) for one in chosen[1])
        if chosen is None:
            return None
        has_password = any(one.password_generation for one in chosen[1])
        return True if action != "rotate" or has_password else None

    def may_change(self, role: Role = Role.MANAGE) -> bool:
        """Whether what takes this role can be changed here; if not, that is said."""
        if told := self.worker.why_not(role):
            self.say(told)
        return not told

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
            ask_with(self, GenerateScreen(connection, applications, renewed=renewed), self.say)

    def action_rotate(self) -> None:
        """Ask, then replace the password."""
        from shared.operations import issuing

        chosen = self.issuing_for()
        if chosen is not None and self.may_change():
            self.look(
                partial(issuing.plan_rotation, which=chosen[0].id),
                lambda plan: ask_with(self, Confirm.of(plan), lambda _agreed: self._rotate(plan)),
            )

    def _rotate(self, plan: IssuePlan) -> None:
        from console.tui.screens.qwc import PasswordScreen

        self.app.push_screen(PasswordScreen(plan), self._rotated)

    def _rotated(self, ended: Ended | None) -> None:
        if ended is not None:
            self.say(str(ended) if isinstance(ended, Trouble) else ended.sentence)

    def action_unlock(self) -> None:
        """End a lock."""
        from shared.operations import issuing

        chosen = self.issuing_for()
        if chosen is not None and self.may_change(Role.RUN):
            self.decide(partial(issuing.plan_unlock, which=chosen[0].id))

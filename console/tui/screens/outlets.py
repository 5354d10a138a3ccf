"""What the screens of webhooks and alerts share: adding, a test and how it went, a secret shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from console.tui.screens.paging import PagedScreen
from console.tui.screens.reading import ReadsDetail
from console.tui.screens.secret_once import SecretScreen
from shared.operations import connections
from shared.operations.deciding import Outcome


class HasTest(Protocol):
    """What is shown of them."""

    @property
    def tested(self) -> Any:
        """What became of the test that was asked for; None: nothing yet."""


Snapshot = TypeVar("Snapshot", bound=HasTest)
Record = TypeVar("Record")
Asked = TypeVar("Asked", bound=Outcome)


class OutletsScreen(
    PagedScreen[Snapshot, Record, int], ReadsDetail[Snapshot], Generic[Snapshot, Record, Asked]
):
    """All of them on one page.

    Subclasses also give ASKED (what becomes of asking for a test), MADE (what becomes of adding
    one, with its secret), ``ask_what`` and ``results``.
    """

    ASKED: ClassVar[type[Outcome]]
    MADE: ClassVar[type[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.test: Asked | None = None

    def ask_what(self, names: Sequence[str]) -> None:
        """Ask for what is to be added; ``names`` are those of all connections."""
        raise NotImplementedError

    def results(self, tested: Any) -> str:
        """How the test went, as a sentence."""
        raise NotImplementedError

    def show(self, snapshot: Snapshot) -> None:
        super().show(snapshot)
        if snapshot.tested is not None and self.test is not None:
            self.say(self.results(snapshot.tested))
            self.test = None

    def action_add(self) -> None:
        """Ask for the address, then add it."""
        self.look(connections.view_names, self.ask_what)

    def carried_out(self, done: Outcome) -> None:
        if isinstance(done, self.ASKED):
            self.test = cast(Asked, done)
        elif isinstance(done, self.MADE) and done.secret:
            self.app.push_screen(SecretScreen(done.sentence, done.secret))

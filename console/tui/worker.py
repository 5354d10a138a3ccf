"""What every screen needs behind the scenes: the store's two threads, who sits here, the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from console.tui.store_thread import OpensStore, StoreThread
from shared.clock import utc_now
from shared.errors import NotPossible, StoreError
from shared.files import remedy_for
from shared.operations.deciding import Operator, Outcome, Plan, allowed, carry_out, lacking
from shared.rules.operators import Role, everything
from shared.structs import Value

if TYPE_CHECKING:  # the first screen is painted before the store's library is there
    from shared.health.internet import Network
    from shared.health.machine import Machine
    from shared.models.store import Store
    from shared.people import Person
    from shared.settings import Settings

_READ_ONLY = NotPossible(
    "Nothing was changed: this console is read-only.",
    "To change things, start it without --read-only.",
)
T = TypeVar("T")
Became = TypeVar("Became", bound=Outcome)
POLL_SECONDS = 1.0
_STILL_TRUE = timedelta(seconds=5)
"""So long what was read counts as true where nothing was committed: then a sync may be late."""


class Trouble(Value):
    """Why something did not work: what happened and what to do about it."""

    sentence: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


def _internet() -> Network:
    from shared.health.internet import Internet

    return Internet()


def _this_machine() -> Machine:
    from shared.health.machine import ThisMachine

    return ThisMachine()


class Reading(Value, Generic[T]):
    """What was read when, and how the store stood: ``changes`` is its number before."""

    answer: T
    store: Store
    changes: int | None
    at: datetime


class Company(Value):
    """A company in focus: the number and the name of its connection."""

    id: int
    name: str


class Console(Protocol):
    """What a screen asks of the console that shows it."""

    worker: StoreWorker
    company: Company | None
    """The company in focus, which every list is about; None: all of them."""

    def focus_on(self, company: Company | None) -> None:
        """Have every list be about this company, or about all."""

    def open_main(self, name: str) -> None:
        """Open a main screen, fresh."""

    @property
    def is_first(self) -> bool:
        """Whether there is nowhere to go back to."""

    def go_back(self) -> None:
        """Go to the main screen before."""

    def ask_pulse(self) -> None:
        """Have the numbers of the header read anew: something was changed."""

    def show_standing(self) -> None:
        """Have the header show what is known, and the time."""

    def copy_secret(self, text: str) -> None:
        """Put a password on the clipboard of the operator's terminal, and on no other of ours."""


def _refused() -> Future[Any]:
    refused: Future[Any] = Future()
    refused.set_exception(_READ_ONLY)
    return refused


class StoreWorker:
    """The way from a screen to the store and back; nothing here waits or touches a widget.

    ``person`` is who sits here, to the operating system; None has every right.
    ``network`` makes what the public address is checked over, ``machine`` what disk and files are
    looked at on. ``poll_seconds`` is how often the screen on top asks for news; None leaves that to
    the caller. ``bugs`` are errors that nobody expected; the command tells of them at the end.
    """

    def __init__(
        self,
        open_store: OpensStore,
        *,
        who: str,
        settings: Settings,
        person: Person | None = None,
        read_only: bool = False,
        network: Callable[[], Network] = _internet,
        machine: Callable[[], Machine] = _this_machine,
        clock: Callable[[], datetime] = utc_now,
        poll_seconds: float | None = POLL_SECONDS,
    ) -> None:
        self.who = who
        self.settings = settings
        self.person = person
        self._read_only = read_only
        self.grants = everything(who)  # as the store said last
        self.network = network
        self.machine = machine
        self.clock = clock
        self.poll_seconds = poll_seconds
        self.bugs: list[BaseException] = []
        self._reader = StoreThread("console reader", open_store)
        self._writer = StoreThread("console writer", open_store, create=True)

    @property
    def standing(self) -> str:
        """What is less than everything that may be done here, for the title; else empty."""
        if self._read_only:
            return "read-only"
        highest = self.grants.highest
        return "" if highest in (None, Role.MANAGE) else f"may {highest}"

    @property
    def read_only(self) -> bool:
        """Whether nothing at all can be decided here."""
        return not self.includes(Role.RUN)

    def includes(self, role: Role) -> bool:
        """Whether whoever sits here may do what takes this role, in one connection at least."""
        return not self._read_only and self.grants.allows(role)

    def why_not(self, role: Role) -> str:
        """Why nothing that takes this role can be done here; empty where it can."""
        if self._read_only:
            return str(_READ_ONLY)
        return "" if self.includes(role) else str(lacking(self.grants, role))

    def read(self, question: Callable[[Store], T]) -> Future[T]:
        """Have ``question`` answered from one consistent view of the store.

        Where the answer is a plan, the future holds NotAllowed unless it may be carried out.
        """

        return self._reader.run(partial(self._answer, question))

    def follow(
        self, question: Callable[[Store], T], before: Reading[T] | None
    ) -> Future[Reading[T]]:
        """As ``read``; the future holds ``before`` itself while it is the same as it would be.

        Nothing was committed since then, and it is not old: some answers change with the time.
        """

        def answer(store: Store) -> Reading[T]:
            changes, now = store.changes(), self.clock()
            if before is not None and changes is not None:
                is_same = (before.store, before.changes) == (store, changes)
                if is_same and now - before.at < _STILL_TRUE:
                    return before
            return Reading(self._answer(question, store), store, changes, now)

        return self._reader.run(answer)

    def _answer(self, question: Callable[[Store], T], store: Store) -> T:
        with store.reading():
            found = question(store)
        self.grants = store.grants()
        return allowed(store, found) if isinstance(found, Plan) else found

    def begin(self) -> Future[None]:
        """Make the store where there never was one: a company is about to be set up."""
        return self.write(lambda _store: None)

    def decide(self, plan: Plan[Became], confirmed: Collection[str]) -> Future[Became]:
        """Have a plan carried out; the future holds what became of it.

        With ``read_only`` it holds NotPossible at once.
        """
        return self.write(lambda store: carry_out(Operator(store, self.who), plan, confirmed))

    def write(self, work: Callable[[Store], T]) -> Future[T]:
        """Have ``work`` done that opens its transactions itself, such as one that writes files.

        With ``read_only`` the future holds NotPossible at once.
        """
        return _refused() if self._read_only else self._writer.run(work)

    def with_store_closed(self, work: Callable[[], T]) -> Future[T]:
        """Have ``work`` done while nobody here has the store open; it is opened anew afterward.

        With ``read_only`` the future holds NotPossible at once.
        """
        if self._read_only:
            return _refused()
        return self._reader.run_closed(lambda: self._writer.run_closed(work).result())

    def beside(self, work: Callable[[], T]) -> Future[T]:
        """Have ``work`` done that needs no store and may take long, such as asking the network.

        Each has a thread of its own, which ends with the console.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=run, name="console beside", daemon=True).start()
        return future

    def explain(self, error: BaseException) -> Trouble:
        """Put an error into words; one that nobody expected is kept as a bug."""
        if isinstance(error, StoreError):
            return Trouble(error.sentence, error.remedy)
        if isinstance(error, OSError):
            sentence = f"{error.filename or 'The store'}: {error.strerror or error}."
            return Trouble(sentence, f"{remedy}." if (remedy := remedy_for(error)) else "")
        self.bugs.append(error)
        return Trouble(
            f"The console ran into an internal error ({type(error).__name__}: {error}).",
            "Please report it. The other screens still work.",
        )

    def close(self) -> None:
        """End both threads; work that hangs is left behind."""
        self._reader.stop()
        self._writer.stop()

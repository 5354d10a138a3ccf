"""What every stage of a sync can do, with its plan decoded for one transaction.

A stage is made of the session of a call, moves its ``plan`` on, and is gone with the call: the
sequence keeps the plan in the session row. Store-thread code, inside a transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from daemon.stages import paging
from daemon.stages.moves import Ask, AskWrite, GiveUpOn, Gone, Move, NotTakenIn, Progress
from daemon.stages.paging import Paged
from daemon.stages.reading import Reading, Tally
from daemon.stages.watermarks import next_watermark
from shared.models.ledger import rereads
from shared.qbxml.responses import BadRecord, Ret
from shared.rules.values import Session
from shared.settings import Settings
from shared.structs import Raw, decode

P = TypeVar("P", bound=Paged)


class Stage(ABC, Generic[P]):
    """One stage of a session's sync; ``plan`` is where it stands, ``now`` the time of the call.

    Without ``kept``, what the store kept of its plan, the stage begins.
    """

    plan_type: ClassVar[type[Paged]]
    plan: P

    def __init__(
        self,
        session: Session,
        settings: Settings,
        now: datetime,
        kept: Raw | None = None,
    ) -> None:
        self.session = session
        self.settings = settings
        self.now = now
        plan_type: type[Any] = self.plan_type
        self.plan = self.begin() if kept is None else decode(kept, type=plan_type)

    @property
    def home_currency(self) -> str:
        """The currency of the books; empty while nobody knows it."""
        binding = self.session.connection.binding
        return binding.home_currency if binding else ""

    @property
    def overlap(self) -> timedelta:
        """How much of what was read is read again, since QuickBooks' clock may be off."""
        return timedelta(minutes=self.settings.overlap_minutes)

    def move_watermark(self, name: str) -> None:
        """Remember under ``name`` up to when everything was read."""
        connection_id, took = self.session.connection.id, self.now - self.session.opened_at
        mark = next_watermark(
            rereads.watermark(connection_id, name),
            self.plan.newest,
            now=self.now,
            took=took,
            overlap=self.overlap,
        )
        rereads.set_watermark(connection_id, name, mark)

    @abstractmethod
    def begin(self) -> P:
        """The plan at its start."""

    @abstractmethod
    def has_more(self) -> bool:
        """Whether anything is left to ask; nothing is asked or written by this."""

    @abstractmethod
    def next_ask(self, request_id: str) -> Ask | AskWrite | None:
        """What to ask next; None when the stage is over."""

    @abstractmethod
    def record_reader(self) -> Callable[[Ret | BadRecord], Iterable[object]]:
        """How records of the current step are read; what it returns needs no store."""

    def in_batches(self) -> bool:
        """Whether rows may be stored before the whole answer was read."""
        return False

    def store_rows(self, rows: Sequence[object]) -> Tally:
        """Store rows of the current step ahead of the end of their answer."""
        return Tally()

    @abstractmethod
    def take_answer(self, reading: Reading) -> Move:
        """Store an answer's last rows and decide what it means."""

    def refused(self, code: str, said: str, *, passing: bool) -> Move:
        """QuickBooks did not take the message set; ``passing`` when it may take it in a while."""
        self.plan, move = paging.refused(self.plan, code, said, passing=passing)
        return move

    def asked_again(self) -> bool:
        """Whether a request that the Web Connector asks for twice is planned anew.

        A query may simply be handed out once more.
        """
        return False

    def give_up_on(self, move: GiveUpOn | NotTakenIn | Gone) -> None:
        """Never ask for a record again in this sync; only who asks by ID has to."""

    def writes(self) -> bool:
        """Whether something that this session wrote is still to be settled by it."""
        return False

    def may_end_early(self) -> bool:
        """Whether the sync may end now, with what was done kept: the next one goes on there.

        Not where a list would have to be read from its start again.
        """
        return False

    def settle(self) -> bool:
        """The stage is over: settle a slice of what it brought; whether nothing of it is left."""
        return True

    def conclude(self) -> None:
        """What the stage brought is settled."""

    @abstractmethod
    def progress(self) -> Progress:
        """How far the stage is."""

"""The first stage of Invoice Sync: is this the copy of the company file that we know?

An older copy shows invoices as open that our payments have paid. So nothing is read from it before
a person has said that it is the one to go on with. Payment Sync asks the same by itself
(``daemon.stages.payments.restored``), and decides about each payment that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from daemon.stages.base import Stage
from daemon.stages.moves import Ask, AskWrite, Fail, GoOn, Move, Progress
from daemon.stages.payments import intake, plan, restored
from daemon.stages.payments.plan import Step, WhichCopy
from daemon.stages.payments.restored import Compared, NotTold
from daemon.stages.reading import Reading
from shared.qbxml.responses import BadRecord, ResponseHead, Ret
from shared.structs import replace


class KnownCopy(WhichCopy, kw_only=True):
    """How it is asked, and whether the question is ``over``."""

    over: bool = False

    @property
    def iterates(self) -> bool:
        """One question, one answer."""
        return False


class KnownCopyStage(Stage[KnownCopy]):
    """Ask for the latest payments that a copy from before would lack."""

    plan_type = KnownCopy

    def begin(self) -> KnownCopy:
        tries = self.settings.transient_retries
        return KnownCopy(page_size=1, largest_page=1, most_tries=tries)

    def has_more(self) -> bool:
        return bool(self._ids())

    def _ids(self) -> tuple[str, ...]:
        return () if self.plan.over else tuple(restored.ids_to_ask(self.session, self.plan))

    def next_ask(self, request_id: str) -> Ask | AskWrite | None:
        ids = self._ids()
        if not ids:
            return None
        self.plan = replace(self.plan, asked=ids)
        return Ask(Step.KNOWN.value, request_id, plan.known_requests(self.plan, request_id))

    def record_reader(self) -> Callable[[Ret | BadRecord], Iterable[object]]:
        return lambda ret: intake.take(ret, step=Step.KNOWN, home_currency="")

    def take_answer(self, reading: Reading) -> Move:
        """Go on with the copy that we know, or with one that a person has said to go on with."""
        self.plan, found = restored.judge(self.session, self.plan, reading, self.now)
        match found:
            case Compared(is_older_copy=False):
                restored.close_copy_question(self.session, self.now)
            case Compared() | NotTold() if not restored.is_to_go_on(self.session):
                code = restored.ask_which_copy(self.session, found, self.now)
                return Fail(code, "", on_file=True)
            case Compared() | NotTold():
                pass  # Payment Sync decides about each payment that is gone, and closes the problem
            case ResponseHead():
                return Fail(str(found.status.code), found.status.message)
            case _:
                return found
        self.plan = replace(self.plan, over=True)
        return GoOn()

    def progress(self) -> Progress:
        """One question: none of it is done before it is answered."""
        return Progress(Step.KNOWN.value, plan.SHOWN[Step.KNOWN].doing, 0, 0, 0, 0)

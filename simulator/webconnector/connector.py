"""The Web Connector's window: add applications, Update Selected, Auto-Run.

Updates run one after the other, each complete in itself; one that fails does not stop the
next, and QBWC1017 sums up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.structs import Value
from simulator.webconnector.adding import add_application
from simulator.webconnector.errors import WebConnectorError
from simulator.webconnector.faults import Boundary, Fault
from simulator.webconnector.qwc import QwcFile, read_qwc
from simulator.webconnector.registry import Registry, Row
from simulator.webconnector.service import WebService
from simulator.webconnector.transport import HttpTransport, Transport
from simulator.webconnector.update import PC, Outcome, Result, UpdateRun

_MINUTE = 60


class Summary(Value):
    """What one Update Selected came to. ``code`` is QBWC1017 when one of several failed."""

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the applications that failed."""
        return tuple(outcome.application for outcome in self.outcomes if not outcome.is_fine)

    @property
    def code(self) -> str:
        """QBWC1017 when several were ticked and some failed, else the code of the only one."""
        if len(self.outcomes) > 1 and self.failed:
            return "QBWC1017"
        return self.outcomes[0].code if self.outcomes else "QBWC1016"

    @property
    def text(self) -> str:
        """The sentence of the closing dialog; empty when nothing failed."""
        if not self.outcomes:
            return "QBWC1016: no application is selected."
        if not self.failed or len(self.outcomes) == 1:
            return ""
        return f"QBWC1017: these applications failed: {', '.join(self.failed)}."


@dataclass
class WebConnector(PC):
    """A Web Connector on one PC.

    ``on_boundary`` is told before and after each call (``str(boundary)`` is for instance
    ``after sendRequestXML 2``) and may raise WebConnectorDied to cut the power there.
    """

    transport: Transport = field(default_factory=HttpTransport)
    registry: Registry = field(default_factory=Registry)
    faults: Sequence[Fault] = ()
    on_boundary: Callable[[Boundary], object] | None = None
    second_connector: Callable[[QwcFile], object] | None = None

    def add(self, qwc: bytes, password: str) -> Row:
        """Add the application of a .qwc file; raises WebConnectorError with its QBWC code."""
        return add_application(read_qwc(qwc), password, self, self.registry, self.transport)

    def update_selected(self, rows: Sequence[Row] | None = None) -> Summary:
        """Run an update of each row (all by default), in the order of the list."""
        chosen = self.registry.rows if rows is None else rows
        return Summary(tuple(self.update(row) for row in chosen))

    def update(self, row: Row, *, scheduled: bool = False) -> Outcome:
        """Run one update and keep its end in the row's status column."""
        if not row.password:
            outcome = Outcome(
                row.qwc.label, Result.FAILED, "QBWC1030: The password is not set.", "QBWC1030"
            )
        else:
            outcome = self._locked_run(row, scheduled=scheduled)
        row.status, row.percent = outcome.status, outcome.percent
        row.runs += 1
        return outcome

    def auto_run(self, every_minutes: int, runs: int | None = None) -> Iterator[Outcome]:
        """Update each row when it is due, for ever or ``runs`` times each, and yield the ends.

        A row's interval is ``every_minutes``, or longer where the service sets a minimum. The
        first update is due at once.
        """
        rows = list(self.registry.rows)
        for row in rows:
            self._schedule(row, every_minutes * _MINUTE)
        while due := [row for row in rows if runs is None or row.runs < runs]:
            row = min(due, key=_due_at)
            if (seconds := (_due_at(row) - self.clock()).total_seconds()) > 0:
                self.sleep(seconds)
            started = self.clock()
            outcome = self.update(row, scheduled=True)
            self._reschedule(row, outcome, started)
            yield outcome

    def _locked_run(self, row: Row, *, scheduled: bool) -> Outcome:
        try:
            self.registry.lock()
        except WebConnectorError as error:
            return Outcome(row.qwc.label, Result.FAILED, error.text)
        self.log.say("update()", f"Update session locked for {row.qwc.app_name}.")
        try:
            return self._run(row, scheduled=scheduled).run()
        finally:
            self.registry.unlock()
            self.log.say("update()", "Update session unlocked.")

    def _run(self, row: Row, *, scheduled: bool) -> UpdateRun:
        second = self.second_connector
        service = WebService(
            row.qwc.app_url,
            self.transport,
            log=self.log,
            sleep=self.sleep,
            faults=self.faults,
            on_boundary=self.on_boundary,
            second_connector=None if second is None else lambda: second(row.qwc),
        )
        return UpdateRun(row.qwc, row.password, service, self, scheduled=scheduled)

    def _schedule(self, row: Row, every_seconds: int) -> None:
        known = self.registry.remembered(row.qwc.key)
        minimum = known.minimum_seconds if known else 0
        row.every_seconds = max(every_seconds, _whole_minutes(minimum))
        row.runs, row.due_at = 0, self.clock()

    def _reschedule(self, row: Row, outcome: Outcome, started: datetime) -> None:
        minimum = _whole_minutes(outcome.minimum_seconds)
        if minimum > row.every_seconds:
            self.log.say(
                "schedule()",
                f"{row.qwc.app_name} may run every {minimum // _MINUTE} minutes at the most "
                f"(it was every {row.every_seconds // _MINUTE}).",
            )
            row.every_seconds = minimum
            self.registry.remember(row.qwc, outcome.minimum_seconds)
        row.due_at = started + timedelta(seconds=row.every_seconds)
        if outcome.postpone_seconds > 0:
            row.due_at = self.clock() + timedelta(seconds=outcome.postpone_seconds)


def _due_at(row: Row) -> datetime:
    assert row.due_at is not None, "a scheduled row has a due time"
    return row.due_at


def _whole_minutes(seconds: int) -> int:
    """Rounded up, as the window only knows whole minutes."""
    return -(-seconds // _MINUTE) * _MINUTE if seconds > 0 else 0

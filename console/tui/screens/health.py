"""Health: is all well, what is not, and what to do about it; as ``deskbridge doctor``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial

from rich.text import Text
from textual.app import ComposeResult

from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.beside import Beside
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.widgets.text_view import TextView
from console.tui.worker import Trouble
from shared import dates
from shared.errors import StoreError
from shared.health.checks import Check, State
from shared.models.store import Store
from shared.operations import health
from shared.operations.describe.text import count
from shared.settings import SETTINGS

COLUMNS = (Column("State"), Column("Check", least=10), Column("What was found", least=20))
WORST_FIRST: Mapping[State, str] = {State.FAIL: "Failed", State.WARN: "Warnings", State.OK: "OK"}


class HealthScreen(ReadsDetail[tuple[Check, ...]]):
    """Every check, the worst first, then the settings; the network is asked on a key alone."""

    PLACE = "Health"
    BINDINGS = bindings(
        bind(
            "r",
            "network",
            "Network",
            "Call the public address as the Web Connector would: name, port, TLS, answer.",
        ),
        bind("C", "copy", "Copy", "Copy all findings to your terminal's clipboard."),
    )

    def __init__(self) -> None:
        super().__init__()
        self._here: tuple[Check, ...] = ()
        self._network: tuple[Check, ...] = ()
        self._calling: Future[tuple[Check, ...]] | None = None
        self._order: list[Row | Heading] = []
        self._told: dict[str, list[Text]] = {}

    def body(self) -> ComposeResult:
        yield Beside(COLUMNS)

    def question(self) -> Callable[[Store], tuple[Check, ...]]:
        """All checks but those over the network."""
        worker = self.worker
        return partial(health.view, settings=worker.settings, machine=worker.machine())

    def show(self, snapshot: tuple[Check, ...]) -> None:
        self._here = snapshot
        self._list()

    def without_store(self, trouble: Trouble) -> Callable[[], tuple[Check, ...]]:
        error = StoreError(trouble.sentence, trouble.remedy)
        return partial(health.view, error, self.worker.settings, self.worker.machine())

    def able(self) -> dict[str, bool]:
        return super().able() | {"network": self._calling is None or self._calling.done()}

    def action_network(self) -> None:
        """Ask the network, on a thread of its own."""
        settings, worker = self.worker.settings, self.worker
        self.say(f"Calling {settings.public_url} … You can keep using the console.")
        self._calling = worker.beside(
            partial(health.over_network, settings, worker.network, worker.machine())
        )
        self.go_on(self._calling, self._show_network)
        self.refresh_bindings()

    def _show_network(self, found: tuple[Check, ...]) -> None:
        self._network = found
        self.refresh_bindings()
        at = dates.time_to_second(self.worker.clock())
        self.say(f"Called at {at}. {_in_short(found)}")
        self._list()

    def action_copy(self) -> None:
        """Copy every finding with its remedy."""
        lines = ("\n".join(line.plain for line in told) for told in self._told.values())
        self.copy("\n\n".join(lines), "all findings")

    def _list(self) -> None:
        checks = dict(_numbered([*self._here, *self._network]))
        self._told = {key: list(_findings(check)) for key, check in checks.items()}
        table = self.query_one(RecordTable)
        self._order = [*_worst_first(checks), *self._settings()]
        table.show(self._order)
        self.show_place(f"Health: {_verdict(list(checks.values()))}")
        self.explain()

    def explain(self) -> None:
        self.query_one(TextView).show(self._told.get(self.under_cursor, []))

    def _settings(self) -> Iterator[Row | Heading]:
        """Where each setting comes from; what somebody set before the defaults."""
        shown = sorted(self.worker.settings.shown(), key=lambda row: row[2] == "default")
        yield Heading(f"Settings: {len(shown)}")
        for name, value, source in shown:
            key = f"setting {name}"
            self._told[key] = list(_setting_told(name, value, source))
            yield Row(key, ("", "setting", f"{name} = {value} ({source})"))


def _numbered(checks: Iterable[Check]) -> Iterator[tuple[str, Check]]:
    """Each check under its name and a number, since a name may come several times."""
    seen: Counter[str] = Counter()
    for check in checks:
        seen[check.name] += 1
        yield f"{check.name} {seen[check.name]}", check


def _worst_first(checks: Mapping[str, Check]) -> Iterator[Row | Heading]:
    for state, title in WORST_FIRST.items():
        found = {key: check for key, check in checks.items() if check.state is state}
        if found:
            yield Heading(f"{title}: {len(found)}")
        for key, check in found.items():
            yield Row(key, (render.state(state.value), check.name, check.told))


def _findings(check: Check) -> Iterator[Text]:
    yield render.titled(check.name, render.state(check.state.value))
    yield render.titled("Found", check.told)
    if check.remedy:
        yield render.titled("What to do", check.remedy)


def _setting_told(name: str, value: str, source: str) -> Iterator[Text]:
    setting = _SETTINGS[name]
    yield render.titled(name, value)
    yield render.titled("From", source)
    yield render.titled("Meaning", setting.meaning)
    yield render.titled("Variable", f"{setting.env}; default: {setting.default or 'see above'}")


_SETTINGS = {setting.name: setting for setting in SETTINGS}


def _verdict(checks: Sequence[Check]) -> str:
    """``2 failed, 1 warning, 14 ok``; what there is none of is left out."""
    states = Counter(check.state for check in checks)
    told = [f"{states[State.FAIL]} failed"] * bool(states[State.FAIL])
    told += [count(states[State.WARN], "warning")] * bool(states[State.WARN])
    return ", ".join([*told, f"{states[State.OK]} ok"])


def _in_short(found: Sequence[Check]) -> str:
    """The worst of what a call found; where all is well, how far it came."""
    order = list(WORST_FIRST)
    worst = min(reversed(found), key=lambda check: order.index(check.state), default=None)
    return f"{worst.name}: {worst.told}" if worst else "The address cannot be used as it is."

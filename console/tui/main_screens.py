"""The main screens: each has a key of its own and is imported when it is first shown."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from textual.screen import Screen

from shared.structs import Value


class MainScreen(Value):
    """A screen with a key of its own; syncs is ``SyncsScreen`` in ``console.tui.screens.syncs``."""

    name: str
    key: str
    tooltip: str
    called: str = ""

    @property
    def title(self) -> str:
        """What it is called: as its name, where nothing else is said."""
        return self.called or self.name.capitalize()

    def load(self) -> type[Screen[Any]]:
        """Import the screen."""
        module = import_module(f"console.tui.screens.{self.name}")
        screen: type[Screen[Any]] = getattr(module, f"{self.name.capitalize()}Screen")
        return screen


HOME = "connections"
TROUBLESHOOTING = MainScreen(
    "troubleshooting", "t", "Every code and symptom: what happened, why, what to do, who does it."
)
MAIN_SCREENS = (
    MainScreen(
        HOME, "h", "Home: every connection, the state of its syncs, what needs attention first."
    ),
    MainScreen("syncs", "y", "Running and recent syncs of all connections.", called="Recent Syncs"),
    MainScreen("problems", "p", "What needs attention, with the remedy."),
    MainScreen("payments", "m", "Payments by state, amount and age, and the full history of each."),
    MainScreen(
        "invoices", "i", "What was imported, what was left out and why, balances on both sides."
    ),
    MainScreen("customers", "c", "Who is billed, balances on both sides, customer names to match."),
    MainScreen("trends", "T", "Syncs per day, and money collected and open per week, as bars."),
    TROUBLESHOOTING,
    MainScreen(
        "health",
        "e",
        "Checks of the daemon, store, backup, clock, certificate and queues, worst first.",
    ),
    MainScreen("audit", "a", "Who changed what, and when.", called="Audit log"),
    MainScreen(
        "events", "v", "What happened, in order: the events that programs and webhooks get."
    ),
    MainScreen("webhooks", "W", "Programs that get events, and the state of their deliveries."),
    MainScreen("alerts", "A", "What is wrong now, and who is notified."),
    MainScreen(
        "invoiced",
        "I",
        "Companies on Invoiced: what is sent, what is waiting, what needs attention.",
    ),
    MainScreen("backups", "B", "Backups of the store: make one now, or restore one."),
    MainScreen("operators", "O", "Who may look, run or manage, and for which companies."),
)

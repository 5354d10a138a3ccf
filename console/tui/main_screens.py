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
    title: str
    tooltip: str

    def load(self) -> type[Screen[Any]]:
        """Import the screen."""
        module = import_module(f"console.tui.screens.{self.name}")
        screen: type[Screen[Any]] = getattr(module, f"{self.name.capitalize()}Screen")
        return screen


HOME = "connections"
TROUBLESHOOTING = MainScreen(
    "troubleshooting",
    "t",
    "Troubleshooting",
    "Every code and symptom: what happened, why, what to do, who does it.",
)
MAIN_SCREENS = (
    MainScreen(
        HOME,
        "h",
        "Connections",
        "Home: every connection, the state of its syncs, what needs attention first.",
    ),
    MainScreen("syncs", "y", "Recent Syncs", "Running and recent syncs of all connections."),
    MainScreen("problems", "p", "Problems", "What needs attention, with the remedy."),
    MainScreen(
        "payments",
        "m",
        "Payments",
        "Payments by state, amount and age, and the full history of each.",
    ),
    MainScreen(
        "invoices",
        "i",
        "Invoices",
        "What was imported, what was left out and why, balances on both sides.",
    ),
    MainScreen(
        "customers",
        "c",
        "Customers",
        "Who is billed, balances on both sides, customer names to match.",
    ),
    MainScreen(
        "trends", "T", "Trends", "Syncs per day, and money collected and open per week, as bars."
    ),
    TROUBLESHOOTING,
    MainScreen(
        "health",
        "e",
        "Health",
        "Checks of the daemon, store, backup, clock, certificate and queues, worst first.",
    ),
    MainScreen("audit", "a", "Audit log", "Who changed what, and when."),
    MainScreen(
        "events",
        "v",
        "Events",
        "What happened, in order: the events that programs and webhooks get.",
    ),
    MainScreen(
        "webhooks", "W", "Webhooks", "Programs that get events, and the state of their deliveries."
    ),
    MainScreen("alerts", "A", "Alerts", "What is wrong now, and who is notified."),
    MainScreen(
        "invoiced",
        "I",
        "Invoiced",
        "Companies on Invoiced: what is sent, what is waiting, what needs attention.",
    ),
    MainScreen("backups", "B", "Backups", "Backups of the store: make one now, or restore one."),
    MainScreen(
        "operators", "O", "Operators", "Who may look, run or manage, and for which companies."
    ),
)

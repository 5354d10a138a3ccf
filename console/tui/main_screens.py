"""The main screens: each has a key of its own and is imported when it is first shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class MainScreen:
    """A screen with a key of its own, imported when it is first shown.

    ``place`` is "module:class" below ``console.tui.screens``.
    """

    name: str
    key: str
    title: str
    place: str
    tooltip: str

    def load(self) -> type[Screen[Any]]:
        """Import the screen."""
        module, name = self.place.split(":")
        screen: type[Screen[Any]] = getattr(import_module(f"console.tui.screens.{module}"), name)
        return screen


HOME = "connections"
TROUBLESHOOTING = MainScreen(
    "troubleshooting",
    "t",
    "Troubleshooting",
    "troubleshooting:TroubleshootingScreen",
    "Every code and symptom: what happened, why, what to do, who does it.",
)
MAIN_SCREENS = (
    MainScreen(
        HOME,
        "h",
        "Connections",
        "connections:ConnectionsScreen",
        "Home: every connection, the state of its syncs, what needs attention first.",
    ),
    MainScreen(
        "syncs",
        "y",
        "Recent Syncs",
        "syncs:SyncsScreen",
        "Running and recent syncs of all connections.",
    ),
    MainScreen(
        "problems",
        "p",
        "Problems",
        "problems:ProblemsScreen",
        "What needs attention, with the remedy.",
    ),
    MainScreen(
        "payments",
        "m",
        "Payments",
        "payments:PaymentsScreen",
        "Payments by state, amount and age, and the full history of each.",
    ),
    MainScreen(
        "invoices",
        "i",
        "Invoices",
        "invoices:InvoicesScreen",
        "What was imported, what was left out and why, balances on both sides.",
    ),
    MainScreen(
        "customers",
        "c",
        "Customers",
        "customers:CustomersScreen",
        "Who is billed, balances on both sides, customer names to match.",
    ),
    MainScreen(
        "trends",
        "T",
        "Trends",
        "trends:TrendsScreen",
        "Syncs per day, and money collected and open per week, as bars.",
    ),
    TROUBLESHOOTING,
    MainScreen(
        "health",
        "e",
        "Health",
        "health:HealthScreen",
        "Checks of the daemon, store, backup, clock, certificate and queues, worst first.",
    ),
    MainScreen(
        "audit",
        "a",
        "Audit log",
        "audit:AuditScreen",
        "Who changed what, and when.",
    ),
    MainScreen(
        "events",
        "v",
        "Events",
        "events:EventsScreen",
        "What happened, in order: the events that programs and webhooks get.",
    ),
    MainScreen(
        "webhooks",
        "W",
        "Webhooks",
        "webhooks:WebhooksScreen",
        "Programs that get events, and the state of their deliveries.",
    ),
    MainScreen(
        "alerts",
        "A",
        "Alerts",
        "alerts:AlertsScreen",
        "What is wrong now, and who is notified.",
    ),
    MainScreen(
        "invoiced",
        "I",
        "Invoiced",
        "invoiced:InvoicedScreen",
        "Companies on Invoiced: what is sent, what is waiting, what needs attention.",
    ),
    MainScreen(
        "backups",
        "B",
        "Backups",
        "backups:BackupsScreen",
        "Backups of the store: make one now, or restore one.",
    ),
    MainScreen(
        "operators",
        "O",
        "Operators",
        "operators:OperatorsScreen",
        "Who may look, run or manage, and for which companies.",
    ),
)

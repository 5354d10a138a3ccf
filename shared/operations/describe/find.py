"""What was found, in the cells of a table."""

from __future__ import annotations

from shared.operations.describe.tables import CURRENCY, Column
from shared.operations.describe.text import count, grouped
from shared.rules.found import Found, Hit, Kind

COLUMNS = (
    Column("What", drop=5),
    Column("Found", least=14, fair=40),
    Column("About", least=16, drop=2),
    Column("Status", drop=4),
    Column("Amount", right=True, drop=3),
    CURRENCY,
    Column("Connection", least=10, drop=1),
)


def cells(hit: Hit) -> tuple[str, ...]:
    """One that was found, for COLUMNS."""
    amount = "" if hit.amount is None else grouped(hit.amount)
    told = (hit.title, hit.about, hit.state, amount, hit.currency, hit.connection)
    return (hit.kind.capitalize(), *told)


def left_off(found: Found) -> str:
    """How many more there are; empty: none."""
    if not found.more:
        return ""
    more = count(found.more, f"more {found.kind}", f"more {several(found.kind)}")
    return f"{more if found.counted else 'More than ' + more}. Type more to narrow it down."


def several(kind: Kind) -> str:
    """What several of a kind are called."""
    return "companies" if kind is Kind.COMPANY else f"{kind}s"

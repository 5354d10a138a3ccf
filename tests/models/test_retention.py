"""Every table has a rule for how long its rows stay, and what is forgotten keeps to it."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pytest

from daemon.event_upkeep import EventUpkeep
from shared.models import alerts, clock_looks, daemons, downloads, moving, syncs, throttles, tokens
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.store import Store
from tests.models.builders import NOON, later
from tests.models.filling import fill

PAGE = Path(__file__).parents[2] / "docs" / "what-is-kept.md"
ROWS = 7
MUCH_LATER = later(days=4000)
LONG_AGO = (
    "UPDATE sync SET state = 'finished', ended_ms = 1, connection_id = 3",
    "UPDATE problem SET state = 'resolved', last_seen_ms = 1",
    *("UPDATE event SET at_ms = 1", "UPDATE alert SET closed_ms = 1"),
    *("UPDATE daemon SET beat_ms = 1", "UPDATE download SET expires_ms = 1"),
    *("UPDATE api_answer SET at_ms = 1", "UPDATE throttle SET guessed_ms = 1"),
    f"UPDATE clock_look SET wall_ms = CASE id WHEN 3 THEN {millis(MUCH_LATER)} ELSE 1 END",
)


class Stays(StrEnum):
    """How long the rows of a table stay, in the words of the page."""

    BOUNDED = "current ones only"
    CONNECTION = "as long as its connection"
    EVER = "permanently"
    AGE = "for a time"
    WITH = "with what it belongs to"


def rules() -> dict[type[t.Table], Stays]:
    """What the page says of each table."""
    tables = {table._meta.table_name: table for table in t.TABLES}
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", PAGE.read_text("utf-8"), re.M)
    return {tables[name]: Stays(stays) for name, stays in told}


RULES = rules()


def test_the_page_has_a_rule_for_every_table():
    assert set(RULES) == set(t.TABLES)


def test_what_goes_with_something_refers_to_it():
    for table, stays in RULES.items():
        if stays is Stays.WITH:
            goes = [key.on_delete for key in table._meta.refs]
            assert "CASCADE" in goes, table


def test_what_a_connection_has_goes_with_it():
    for table, stays in RULES.items():
        if stays is Stays.CONNECTION:
            assert any(
                key.rel_model in (t.Connection, t.Posting) and key.on_delete == "CASCADE"
                for key in table._meta.refs
            ), table


@pytest.fixture
def aged(store: Store) -> Store:
    """A store with rows in every table, all of them long over."""
    fill(store, ROWS)
    with store.transaction():
        for statement in LONG_AGO:
            moving._run(statement)
    return store


def forget_everything_old(store: Store) -> None:
    now = MUCH_LATER
    with store.transaction():
        while syncs.thin(now, 2) or syncs.prune(now, 2):
            pass
        while EventUpkeep(lambda: now, keep_days=1).thd_prune():
            pass
        alerts.prune(now)
        daemons.forget_old(now)
        downloads.prune(now)
        throttles.prune(now)
        tokens.forget_answers(now)
        clock_looks.look("this one", timedelta(0), now)


def test_what_is_forgotten_keeps_to_the_rules(aged):
    forget_everything_old(aged)
    with aged.reading():
        left = {table.name: moving._summed(table).rows for table in moving.TABLES}
    for table, stays in RULES.items():
        rows = left[table._meta.table_name]
        if stays is Stays.AGE:
            assert rows < ROWS, table
        elif stays in (Stays.EVER, Stays.CONNECTION, Stays.BOUNDED):
            assert rows == (1 if table is t.Installation else ROWS), table


def test_the_audit_log_is_never_forgotten(aged):
    forget_everything_old(aged)
    with aged.reading():
        assert moving._all("SELECT COUNT(*) FROM audit") == [(ROWS,)]


def test_old_syncs_go_a_few_rows_at_a_time(store):
    """However much an import left, nobody waits for more than some rows."""
    fill(store, ROWS)
    with store.transaction():
        moving._run(LONG_AGO[0])
        assert syncs.thin(NOON, 2) == 4, "two records and two exchanges"
        assert syncs.thin(NOON, 100) == 2 * (ROWS - 1) - 4, "the newest sync keeps its own"
        assert syncs.prune(NOON, 2) == 2
        assert syncs.prune(NOON, 100) == ROWS - 1 - 2

"""The trail of who did what."""

from __future__ import annotations

from shared.models import audit, connections, events, syncs
from shared.rules.values import AuditEntry
from tests.models.builders import NOON, later


def test_entries_come_latest_first_and_outlive_their_connection(store):
    with store.transaction():
        made = connections.add("Larkspur", now=NOON)
        audit.add("anna", "connection.add", "Larkspur", "layout two", NOON)
        audit.add("ben (sudo by anna)", "connection.remove", "Larkspur", "", later(days=1))
        connections.remove(made.id)
    with store.reading():
        assert audit.entries() == [
            AuditEntry(2, later(days=1), "ben (sudo by anna)", "connection.remove", "Larkspur", ""),
            AuditEntry(1, NOON, "anna", "connection.add", "Larkspur", "layout two"),
        ]
        assert [entry.id for entry in audit.entries(limit=1)] == [2]


def trail(store, *entries: tuple[str, str, str]) -> None:
    """Who did what to which connection, one after the other."""
    with store.transaction():
        for number, (who, action, connection) in enumerate(entries):
            audit.add(who, action, connection, "", later(minutes=number))


def numbers(store, **filters) -> list[int]:
    with store.reading():
        return [entry.id for entry in audit.entries(**filters)]


def test_entries_are_read_page_by_page(store):
    trail(store, *[("anna", "qwc", "Larkspur")] * 5)
    assert numbers(store, limit=2) == [5, 4]
    assert numbers(store, limit=2, before_id=4) == [3, 2]
    assert numbers(store, limit=2, before_id=2) == [1]
    assert numbers(store, before_id=1) == []


def test_entries_can_be_narrowed_and_the_filters_add_up(store):
    trail(
        store,
        ("anna", "qwc", "Larkspur"),
        ("root (sudo by Anna)", "qwc", "Quarry"),
        ("ben", "sync.stop", "Larkspur"),
        ("anna", "db.backup", ""),
    )
    assert numbers(store, connection="Larkspur") == [3, 1]
    assert numbers(store, connection="") == [4]
    assert numbers(store, action="qwc") == [2, 1]
    assert numbers(store, who="ANNA") == [4, 2, 1]
    assert numbers(store, who="") == [4, 3, 2, 1]
    assert numbers(store, who="anna", action="qwc", connection="Quarry") == [2]
    assert numbers(store, who="anna", limit=1, before_id=4) == [2]


def test_signs_in_a_name_mean_themselves(store):
    trail(
        store, ("anna_b", "qwc", ""), ("annaxb", "qwc", ""), ("50%", "qwc", ""), ("a!", "qwc", "")
    )
    assert numbers(store, who="a_b") == [1]
    assert numbers(store, who="%") == [3]
    assert numbers(store, who="!") == [4]


def test_entries_can_be_looked_for_by_what_they_hold(store):
    with store.transaction():
        audit.add("mara", "problem.retry", "Larkspur", "problem 7, Invoice 1042", NOON)
        audit.add("ben", "problem.skip", "Bramble", "problem 8: MARA booked it", later(hours=1))
    assert numbers(store, holding=[("anywhere", "mara")]) == [2, 1]
    assert numbers(store, holding=[("who", "mara")]) == [1]
    assert numbers(store, holding=[("detail", "mara")]) == [2]
    assert numbers(store, holding=[("action", "skip"), ("connection", "bram")]) == [2]
    assert numbers(store, holding=[("anywhere", "problem"), ("anywhere", "1042")]) == [1]
    assert numbers(store, holding=[("anywhere", "50%")]) == []
    assert numbers(store, holding=[("who", "b")], who="e") == [2]


def test_entries_can_be_narrowed_by_time(store):
    trail(store, *[("anna", "qwc", "Larkspur")] * 3)  # a minute apart
    assert numbers(store, since=later(minutes=1)) == [3, 2]
    assert numbers(store, until=later(minutes=1)) == [1]
    assert numbers(store, since=later(minutes=1), until=later(minutes=2)) == [2]


def test_the_trail_is_no_matter_of_how_long_syncs_are_kept(store):
    trail(store, ("anna", "qwc", "Larkspur"))
    with store.transaction():
        syncs.prune(later(days=4000))
        events.prune(later(days=4000), 2**60, 100)
    with store.reading():
        assert len(audit.entries()) == 1


def test_what_was_kept_elsewhere_is_forgotten_up_to_a_time_and_no_further(store):
    trail(store, *[("anna", "qwc", "Larkspur")] * 3)
    with store.transaction():
        assert audit.how_many(later(minutes=2)) == audit.forget(later(minutes=2)) == 2
        assert [one.at for one in audit.entries()] == [later(minutes=2)]

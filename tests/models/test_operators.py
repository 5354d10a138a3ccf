"""Operators in the store: what a person may do, and what is seen of the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import NotAllowed, NotFound, StoreUnavailable
from shared.models import connections, operators, scope, syncs
from shared.models import tables as t
from shared.models.statements import Statement, current
from shared.models.store import open_store
from shared.people import Person
from shared.rules.operators import Role
from tests.models.builders import NOON

ADA = Person("ada", frozenset({"ada", "accountants"}), 1234)
ROOT = Person("root", frozenset({"root"}), 0)


@pytest.fixture
def companies(store):
    with store.transaction():
        return [connections.add(name, now=NOON).id for name in ("Bramble", "Fern", "Larkspur")]


def added(store, role, ids=None, name="ada", user="ada", group=""):
    with store.transaction():
        operators.add(name, role, ids, user=user, group=group, who="root", now=NOON)


@pytest.fixture
def hers(store_url, companies):
    """The store as Ada opens it."""
    with open_store(store_url, clock=lambda: NOON, person=ADA) as store:
        yield store


def names(store, role=Role.LOOK):
    with store.reading(role):
        return [one.name for one in connections.all()]


def test_without_any_operator_everybody_may_do_everything(hers):
    assert hers.grants().allows(Role.MANAGE, everywhere=True)
    assert names(hers) == ["Bramble", "Fern", "Larkspur"]


def test_with_one_a_stranger_sees_nothing_and_is_told_so(store, hers):
    added(store, Role.LOOK, user="ben", name="ben")
    assert hers.grants().scopes == {}
    with pytest.raises(NotAllowed), hers.reading():
        pass


@pytest.mark.parametrize("role", Role)
def test_a_role_includes_the_ones_before_it_and_no_other(store, hers, role):
    added(store, role)
    grants = hers.grants()
    assert {one for one in Role if grants.allows(one)} == {r for r in Role if role.includes(r)}
    assert grants.highest is role


def test_an_operator_sees_the_rows_of_the_own_connections_alone(store, hers, companies):
    added(store, Role.RUN, companies[1:])
    assert names(hers) == ["Fern", "Larkspur"]
    assert names(store) == ["Bramble", "Fern", "Larkspur"]
    with hers.reading(), pytest.raises(NotFound):
        connections.get("Bramble")


def test_several_entries_add_up_and_each_role_has_its_own_connections(store, hers, companies):
    bramble, fern, larkspur = companies
    added(store, Role.LOOK, [bramble, fern])
    added(store, Role.MANAGE, [larkspur], name="accountants", user="", group="accountants")
    assert names(hers) == ["Bramble", "Fern", "Larkspur"]
    assert names(hers, Role.RUN) == ["Larkspur"]
    assert hers.grants().names == ("accountants", "ada")


def test_rights_that_end_end_in_a_store_that_is_open(store, hers, companies):
    added(store, Role.LOOK, companies[:1])
    assert names(hers) == ["Bramble"]
    with store.transaction():
        operators.remove("ada")
        operators.add("ada", Role.LOOK, companies[2:], user="ada", group="", who="x", now=NOON)
    assert names(hers) == ["Larkspur"]


def test_an_operator_of_a_connection_that_was_removed_sees_nothing(store, hers, companies):
    added(store, Role.LOOK, companies[:1])
    with store.transaction():
        connections.remove(companies[0])
    assert names(hers) == []


def test_root_manages_whoever_is_on_file(store, store_url, companies):
    added(store, Role.LOOK, companies[:1])
    with open_store(store_url, person=ROOT) as theirs:
        assert theirs.grants().allows(Role.MANAGE, everywhere=True)
        assert names(theirs) == ["Bramble", "Fern", "Larkspur"]


def test_writing_goes_to_the_tables_and_a_look_within_it_sees_the_scope(store, hers, companies):
    added(store, Role.RUN, companies[2:])
    names(hers)
    with hers.transaction():
        syncs.start(companies[2], "invoice", NOON)
        with hers.seeing(Role.RUN):
            assert [one.name for one in connections.all()] == ["Larkspur"]
        assert len(connections.all()) == 3
    assert len(names(hers)) == 1


def test_an_error_within_a_look_leaves_the_tables_as_they_are(store, hers, companies):
    added(store, Role.RUN, companies[2:])
    with pytest.raises(NotFound), hers.transaction(), hers.seeing(Role.RUN):
        connections.get("Bramble")
    with hers.transaction():
        assert len(connections.all()) == 3


def test_each_table_is_known_to_be_seen_in_part_by_everybody_or_by_nobody():
    for table in t.TABLES:
        assert table in scope.SHARED or scope.condition(table, "1")


def test_every_table_can_be_read_through_its_view(store, hers, companies):
    added(store, Role.LOOK, companies[:1])
    counts = {table: Statement(table.select) for table in t.TABLES}
    with hers.reading():
        for table, rows in counts.items():
            found = rows.all()
            assert table in scope.SHARED or len(found) <= 2, table


def test_a_query_that_was_run_before_sees_no_more_than_the_others(store, hers, companies):
    """A server that prepared it goes on meaning the table."""
    for _ in range(12):
        assert len(names(hers)) == 3
    added(store, Role.LOOK, companies[:1])
    for _ in range(12):
        assert names(hers) == ["Bramble"]
    with hers.transaction():
        for _ in range(12):
            assert len(connections.all()) == 3
        with hers.seeing(Role.LOOK):
            assert len(connections.all()) == 1


def test_only_the_tables_of_the_store_are_hidden(store, hers, companies):
    added(store, Role.LOOK, companies[:1])
    assert hers.schema_version == store.schema_version
    with hers.reading():
        _, database = current()
        assert set(database.get_tables()) >= {"connection", "invoice"}


@pytest.fixture
def looking_url(empty_postgres_url):
    """The address of the store for a database user that only reads, as docs/operators.md says."""
    psycopg = pytest.importorskip("psycopg")
    page = (Path(__file__).parents[2] / "docs" / "operators.md").read_text("utf-8")
    told = [line.strip() for line in page.splitlines() if line.startswith(" " * 6)]
    ours = "\n".join(told).replace("DATABASE deskbridge ", "DATABASE store ")
    ours = ours.replace("FOR ROLE deskbridge ", "FOR ROLE postgres ")
    made = [line for line in ours.splitlines() if ";" in line]
    assert made[0].startswith("CREATE ROLE deskbridge_look")
    with psycopg.connect(empty_postgres_url, autocommit=True) as server:
        for statement in made:
            server.execute(statement)
        yield empty_postgres_url.replace("postgres@", "deskbridge_look@")
        server.execute("DROP OWNED BY deskbridge_look")
        server.execute("DROP ROLE deskbridge_look")


def test_a_database_user_that_only_reads_sees_the_scope_and_is_refused_in_words(
    looking_url, empty_postgres_url
):
    with open_store(empty_postgres_url) as store:
        with store.transaction():
            ids = [connections.add(name, now=NOON).id for name in ("Fern", "Larkspur")]
        added(store, Role.MANAGE, ids[:1])
        with open_store(looking_url, create=False, person=ADA) as theirs:
            assert names(theirs) == ["Fern"]
            with pytest.raises(StoreUnavailable, match="permission denied"), theirs.transaction():
                connections.remove(ids[0])

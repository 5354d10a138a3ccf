"""A store that took every migration has exactly the schema that the tables describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest
from peewee import sqlite3

from shared.models.schema import MIGRATIONS
from shared.models.store import open_store
from shared.models.tables import TABLES

Schema = dict[str, Any]


def make_fresh(database: peewee.Database) -> None:
    """Make the tables as the models describe them, without any migration."""
    with database, database.bind_ctx(TABLES):
        database.create_tables(TABLES)


def sqlite_schema(path: Path) -> Schema:
    """Columns, indices and foreign keys of each table, whatever the wording of its SQL."""
    connection = sqlite3.connect(path)

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    tables = rows(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    schema = {
        table: {
            "columns": sorted(column[1:] for column in rows(f"PRAGMA table_info({table})")),
            "numbers only go up": "AUTOINCREMENT" in sql,
            "foreign keys": sorted(key[2:] for key in rows(f"PRAGMA foreign_key_list({table})")),
            "indices": sorted(
                (name, unique, [column[2] for column in rows(f'PRAGMA index_info("{name}")')])
                for _, name, unique, *_ in rows(f"PRAGMA index_list({table})")
            ),
        }
        for table, sql in tables
    }
    connection.close()
    return schema


def postgres_schema(url: str) -> Schema:
    """The same from PostgreSQL's catalog."""
    with psycopg.connect(url) as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql.encode()).fetchall()

        return {
            "columns": rows(
                "SELECT table_name, column_name, data_type, is_nullable, column_default"
                " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
            ),
            "constraints": rows(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
                " FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
            ),
            "indices": rows(
                "SELECT tablename, indexname, indexdef FROM pg_indexes"
                " WHERE schemaname = 'public' ORDER BY 1, 2"
            ),
        }


def test_upgraded_equals_fresh_on_sqlite(tmp_path):
    open_store(f"sqlite:///{tmp_path / 'upgraded'}").close()
    make_fresh(peewee.SqliteDatabase(tmp_path / "fresh"))
    upgraded = sqlite_schema(tmp_path / "upgraded")
    assert upgraded.pop("schema_migration")
    assert upgraded == sqlite_schema(tmp_path / "fresh")


def test_upgraded_equals_fresh_on_postgresql(new_postgres_url):
    upgraded, fresh = new_postgres_url(), new_postgres_url()
    open_store(upgraded).close()
    make_fresh(peewee.PostgresqlDatabase(fresh, prefer_psycopg3=True))
    with psycopg.connect(upgraded) as connection:
        connection.execute("DROP TABLE schema_migration")
    assert postgres_schema(upgraded) == postgres_schema(fresh)


@pytest.mark.parametrize("step", sorted(MIGRATIONS.glob("*.py")), ids=lambda step: step.stem)
def test_migrations_are_numbered_and_stand_alone(step):
    assert step.stem[:4].isdigit()
    assert step.stem == "0001_tables" or "shared" not in step.read_text()


NEVER_GIVEN_OUT_TWICE = {
    *("connection", "application", "sync", "session", "exchange", "problem"),
    *("payment", "payment_import", "posting", "message_set", "event", "outlet", "api_token"),
    *("webhook", "alert", "alert_recipient"),
}


def test_numbers_that_people_and_logs_refer_to_are_never_given_out_twice(tmp_path):
    open_store(f"sqlite:///{tmp_path / 'store'}").close()
    schema = sqlite_schema(tmp_path / "store")
    assert {
        table for table, parts in schema.items() if parts["numbers only go up"]
    } == NEVER_GIVEN_OUT_TWICE

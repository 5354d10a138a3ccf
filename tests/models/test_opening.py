"""Opening, making, upgrading and backing up a store, and what is refused."""

from __future__ import annotations

import errno
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from peewee import OperationalError, sqlite3

from shared.errors import StoreError, StoreOutdated, StoreTooNew, StoreUnavailable
from shared.models import audit, connections, sqlite
from shared.models.schema import MIGRATIONS
from shared.models.sqlite import SqliteEngine, has_wal_reset_fix
from shared.models.store import Store, open_store
from shared.models.tables import TABLES, Table
from tests.models.builders import NOON

LATEST = max(int(step.stem[:4]) for step in MIGRATIONS.glob("*.py"))
NEXT_STEP = f"{LATEST + 1:04}_test"

ADDS_A_TABLE = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE added (id INTEGER PRIMARY KEY)")
"""
FAILS_HALF_WAY = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE added (id INTEGER PRIMARY KEY)")
    db.execute_sql("DELETE FROM connection")
    db.execute_sql("INSERT INTO nowhere VALUES (1)")
"""
REBUILDS_A_TABLE = """
def up(migrator, db):
    migrator.migrate(migrator.drop_column("connection", "debug", legacy=True))
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of the migrations, to which a test adds."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def add_step(folder: Path, text: str) -> None:
    (folder / f"{NEXT_STEP}.py").write_text(text)


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def an_entry(store: Store) -> None:
    with store.transaction():
        audit.add("anna", "test", "Larkspur", "", NOON)


def entries(store: Store) -> int:
    with store.reading():
        return len(audit.entries())


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_a_missing_file_is_made_for_this_user_alone(tmp_path):
    path = tmp_path / "new" / "folder" / "store.sqlite3"
    with open_store(f"sqlite:///{path}") as store:
        an_entry(store)
        assert (mode(path), mode(path.parent)) == ("0o600", "0o700")
        assert mode(path.with_name("store.sqlite3-wal")) == "0o600"


def test_a_journal_that_somebody_else_is_just_choosing_is_waited_for(tmp_path, monkeypatch):
    refused = [OperationalError("database is locked")]
    pragma = sqlite._Database.pragma

    def refuses_once(database: object, name: str, *value: object, **how: object) -> object:
        if name == "journal_mode" and value and refused:
            raise refused.pop()
        return pragma(database, name, *value, **how)

    monkeypatch.setattr(sqlite._Database, "pragma", refuses_once)
    open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}").close()
    assert not refused


def test_what_was_written_is_there_after_opening_again(store_url):
    with open_store(store_url) as store:
        an_entry(store)
    with open_store(store_url) as store:
        assert entries(store) == 1


def test_a_relative_path_starts_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///here.sqlite3") as store:
        assert store.path == tmp_path / "here.sqlite3"


def test_a_path_may_hold_escaped_characters(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/with%20blank.sqlite3") as store:
        assert store.path == tmp_path / "with blank.sqlite3"


def test_a_store_that_must_exist_is_not_made(tmp_path):
    with pytest.raises(StoreError, match="There is no store at"):
        open_store(f"sqlite:///{tmp_path / 'none'}", create=False)
    assert not (tmp_path / "none").exists()


def test_an_empty_database_that_must_be_a_store_is_none_yet(new_postgres_url):
    with pytest.raises(StoreError, match="There is no store in"):
        open_store(new_postgres_url(), create=False)


def test_an_empty_postgresql_database_is_filled(new_postgres_url):
    with open_store(new_postgres_url()) as store:
        an_entry(store)
        assert store.schema_version == LATEST


def test_an_address_may_begin_with_postgres(postgres_store_url):
    with open_store(postgres_store_url.replace("postgresql:", "postgres:", 1)) as store:
        assert store.schema_version == LATEST


def test_an_empty_file_becomes_a_store(tmp_path):
    path = tmp_path / "touched"
    path.touch()
    with open_store(f"sqlite:///{path}") as store:
        assert store.schema_version == LATEST


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made: File exists") as refusal:
        open_store(f"sqlite:///{tmp_path}/file/store.sqlite3")
    assert "DESKBRIDGE_DATABASE" in refusal.value.remedy


def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 100)
    with pytest.raises(StoreUnavailable, match="file is not a database") as refusal:
        open_store(f"sqlite:///{path}")
    assert "contains something else" in refusal.value.remedy
    assert path.read_text() == "Dear customer, " * 100


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.sqlite3"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (id INTEGER)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="belongs to another program: it has a table 'theirs'"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url",
    [
        "mysql://host/db",
        "sqlite://host/file",
        "sqlite:///",
        "sqlite:///file?mode=ro",
        "sqlite:///file#1",
        "postgresql://[half/db",
        "plain",
    ],
)
def test_an_address_of_nothing_we_know_is_refused_with_examples(url):
    with pytest.raises(StoreError, match="sqlite:///path/to/file") as refusal:
        open_store(url)
    assert "postgresql://user@host/name" in refusal.value.remedy


def test_a_postgresql_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(StoreUnavailable) as refusal:
        open_store("postgresql://anna:s3cret@127.0.0.1:1/books?sslpassword=s3cret&sslmode=disable")
    text = str(refusal.value)
    assert "anna:…@127.0.0.1:1/books?sslpassword=…&sslmode=disable" in text
    assert "s3cret" not in text


def test_an_address_that_postgresql_cannot_read_is_refused_without_its_password():
    with pytest.raises(StoreError, match=r"cannot be read.*escaped") as refusal:
        open_store("postgresql://anna:s3cret%zz@127.0.0.1/books")
    assert "s3cret" not in str(refusal.value)


def test_a_newer_store_is_refused(store_url, migrations):
    add_step(migrations, ADDS_A_TABLE)
    with open_store(store_url, migrations=migrations, check_version=False) as store:
        store.upgrade()
    try:
        with pytest.raises(StoreTooNew, match=f"it has step {NEXT_STEP}"):
            open_store(store_url)
        with pytest.raises(StoreTooNew):
            open_store(store_url, check_version=False)
    finally:
        forget_the_step(store_url)


def forget_the_step(url: str) -> None:
    """The PostgreSQL database serves other tests too."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM schema_migration WHERE name = %s", (NEXT_STEP,))
            connection.execute("DROP TABLE added")


def test_an_older_store_waits_for_the_upgrade(tmp_path, migrations):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    open_store(url).close()
    add_step(migrations, ADDS_A_TABLE)
    with pytest.raises(
        StoreOutdated, match=f"version {LATEST}, this one needs {LATEST + 1}"
    ) as refusal:
        open_store(url, migrations=migrations)
    assert refusal.value.remedy.endswith("deskbridge db upgrade")


def test_an_upgrade_backs_the_file_up_first(tmp_path, migrations):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with open_store(url) as store:
        an_entry(store)
    add_step(migrations, ADDS_A_TABLE)

    with open_store(url, migrations=migrations, check_version=False) as store:
        upgraded = store.upgrade()
        assert store.schema_version == LATEST + 1
        assert store.upgrade().applied == ()

    assert upgraded.applied == (NEXT_STEP,)
    assert upgraded.backup is not None
    assert upgraded.backup.name.startswith(f"store.sqlite3.version-{LATEST}-")
    assert mode(upgraded.backup) == "0o600"
    with open_store(f"sqlite:///{upgraded.backup}") as backup:
        assert (backup.schema_version, entries(backup)) == (LATEST, 1)


def test_an_upgrade_that_fails_leaves_everything_as_it_was(store_url, migrations):
    with open_store(store_url) as store, store.transaction():
        connections.add("Larkspur", now=NOON)
    add_step(migrations, FAILS_HALF_WAY)

    with (
        open_store(store_url, migrations=migrations, check_version=False) as store,
        pytest.raises(StoreError, match="The upgrade failed and the store is as it was"),
    ):
        store.upgrade()

    with open_store(store_url) as store, store.reading():
        assert [one.name for one in connections.all()] == ["Larkspur"]


def test_a_step_may_rebuild_a_table_and_the_rows_of_others_stay(tmp_path, migrations):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with open_store(url) as store, store.transaction():
        connections.add("Larkspur", now=NOON)
    add_step(migrations, REBUILDS_A_TABLE)
    with open_store(url, migrations=migrations, check_version=False) as store:
        store.upgrade()
        assert store._engine.database.execute_sql(
            "SELECT count(*) FROM application"
        ).fetchone() == (2,)


def test_a_step_that_would_orphan_rows_is_refused(tmp_path, migrations):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with open_store(url) as store, store.transaction():
        connections.add("Larkspur", now=NOON)
    add_step(migrations, 'def up(migrator, db):\n    db.execute_sql("DELETE FROM connection")\n')
    with open_store(url, migrations=migrations, check_version=False) as store:
        with pytest.raises(StoreError, match="rows without their owner"):
            store.upgrade()
        with store.reading():
            assert len(connections.all()) == 1


def test_a_backup_of_a_store_in_use_is_whole_and_private(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store:
        an_entry(store)
        target = store.backup(tmp_path / "copy.sqlite3")
        an_entry(store)
    assert mode(target) == "0o600"
    with open_store(f"sqlite:///{target}") as copy:
        assert entries(copy) == 1


def test_a_backup_never_overwrites(tmp_path):
    target = tmp_path / "letter.txt"
    target.write_text("precious")
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store:
        with pytest.raises(StoreError, match="a backup never overwrites"):
            store.backup(target)
        with pytest.raises(StoreError, match="No such file or directory"):
            store.backup(tmp_path / "no" / "folder")
    assert target.read_text() == "precious"


def test_a_backup_that_fails_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    def disk_error(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sqlite, "copy", disk_error)
    with (
        open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store,
        pytest.raises(StoreError, match="cannot be written: Input/output error"),
    ):
        store.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_postgresql_store_is_backed_up_by_its_own_tools(postgres_store_url, tmp_path):
    with (
        open_store(postgres_store_url) as store,
        pytest.raises(StoreError, match=r"pg_dump --format=custom --file="),
    ):
        store.backup(tmp_path / "copy")


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_wal_is_used_where_sqlite_has_the_fix(version, safe):
    assert has_wal_reset_fix(version) is safe


def test_an_old_sqlite_gets_a_rollback_journal_and_says_so(tmp_path):
    path = tmp_path / "store.sqlite3"
    with open_store(f"sqlite:///{path}") as store:
        assert (store.journal_mode, store.warnings) == ("wal", ())
    old = Store(SqliteEngine(str(path), version=(3, 40, 1)), clock=None, migrations=MIGRATIONS)
    with old:
        old.prepare(create=True, check_version=True)
        assert old.journal_mode == "truncate"
        assert "SQLite 3.40.1 can damage a WAL file" in old.warnings[0]
        an_entry(old)


def test_every_connection_has_the_durable_settings(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    open_store(url).close()
    with open_store(url) as store:
        pragma = store._engine.database.pragma
        assert (pragma("synchronous"), pragma("foreign_keys")) == (2, 1)
        assert pragma("busy_timeout") == 5000


def test_a_clock_may_be_given_and_is_kept_to_the_millisecond(store_url):
    exact = datetime(2024, 6, 12, 12, 0, 0, 123456, tzinfo=UTC)
    with open_store(store_url, clock=lambda: exact) as store:
        assert store.now() == datetime(2024, 6, 12, 12, 0, 0, 123000, tzinfo=UTC)


def test_the_engine_tells_the_time_in_utc(store):
    assert abs(store.now() - datetime.now(UTC)).total_seconds() < 60
    assert store.now().tzinfo is UTC


def test_the_tables_are_all_in_one_list():
    assert set(TABLES) == set(Table.__subclasses__())
    assert len({table._meta.table_name for table in TABLES}) == len(TABLES)


# The file that is open is the file at the address


@pytest.mark.parametrize("what", ["deleted", "moved", "replaced"])
def test_a_store_whose_file_goes_away_is_noticed_at_the_next_unit(tmp_path, what):
    path = tmp_path / "store.sqlite3"
    with open_store(f"sqlite:///{path}") as store:
        with store.transaction():
            audit.add("anna", "before", "", "", NOON)
        if what == "replaced":
            shutil.copy(path, tmp_path / "other")
            (tmp_path / "other").rename(path)
        elif what == "moved":
            path.rename(tmp_path / "elsewhere")
        else:
            path.unlink()
        for unit in (store.transaction, store.reading):
            with pytest.raises(StoreUnavailable, match="deleted, moved or replaced") as refused:
                unit().__enter__()
            assert "restart the daemon" in refused.value.remedy


def test_a_store_whose_file_is_put_back_goes_on(tmp_path):
    path = tmp_path / "store.sqlite3"
    with open_store(f"sqlite:///{path}") as store:
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreUnavailable):
            store.transaction().__enter__()
        (tmp_path / "elsewhere").rename(path)
        with store.transaction():
            audit.add("anna", "after", "", "", NOON)


def test_a_reading_that_may_not_create_makes_no_store(tmp_path):
    with pytest.raises(StoreError, match="There is no store"):
        open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}", create=False)
    assert list(tmp_path.iterdir()) == []

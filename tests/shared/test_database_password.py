"""Where the password of a PostgreSQL store comes from."""

from __future__ import annotations

import pytest

from shared.database_password import with_password
from shared.settings import SettingsRefused, load_settings

URL = "postgresql://desk@db1,db2:5433/desk?target_session_attrs=read-write"
WITH = "postgresql://desk:{}@db1,db2:5433/desk?target_session_attrs=read-write"


@pytest.fixture
def handed(tmp_path):
    """What systemd hands over; the password has every sign that an address parts at."""
    (tmp_path / "deskbridge-database-password").write_text("p@ss:/?#w%rd\n")
    return {"CREDENTIALS_DIRECTORY": str(tmp_path)}


def test_a_credential_comes_before_the_environment(handed):
    password = {"DESKBRIDGE_DATABASE_PASSWORD": "of-the-shell"}
    assert with_password(URL, handed | password) == WITH.format("p%40ss%3A%2F%3F%23w%25rd")
    assert with_password(URL, password) == WITH.format("of-the-shell")
    assert with_password("postgresql:///desk", password) == "postgresql://:of-the-shell@/desk"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk:own@db/desk",
        "postgresql://desk@db/desk?password=own",
        "postgresql://desk@db/desk?passfile=/etc/pgpass",
        "sqlite:////var/lib/desk@home.sqlite3",
    ],
)
def test_an_address_that_needs_none_stays_as_it_is(handed, url):
    assert with_password(url, handed) == url


def test_without_any_the_server_is_asked_without_one():
    assert with_password(URL, {}) == URL


def test_what_the_driver_reads_is_the_password(handed):
    from psycopg.conninfo import conninfo_to_dict

    assert conninfo_to_dict(with_password(URL, handed))["password"] == "p@ss:/?#w%rd"
    assert conninfo_to_dict(with_password("postgresql:///d", handed))["password"] == "p@ss:/?#w%rd"


def test_settings_have_it_and_show_it_nowhere(handed):
    loaded = load_settings(None, handed | {"DESKBRIDGE_DATABASE": URL})
    assert "w%25rd" in loaded.database
    shown = f"{loaded!r} {loaded.database_shown} {loaded.shown()}"
    assert "w%25rd" not in shown
    assert "p@ss" not in shown
    assert loaded.unused_environment == ()


def test_a_credential_that_cannot_be_read_is_a_setting_that_cannot_be_used(tmp_path):
    (tmp_path / "deskbridge-database-password").mkdir()
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), "DESKBRIDGE_DATABASE": URL}
    with pytest.raises(SettingsRefused) as refused:
        load_settings(None, environ)
    assert [fault.key for fault in refused.value.faults] == ["database"]

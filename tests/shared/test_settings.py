from __future__ import annotations

import os

import platformdirs
import pytest

from shared import settings as module
from shared.settings import SETTINGS, Settings, SettingsRefused, find_config, load_settings
from shared.structs import field_names

STATE = {"STATE_DIRECTORY": "/var/lib/bridge"}


@pytest.fixture(autouse=True)
def _nothing_from_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MACHINE_CONFIG", tmp_path / "etc" / "deskbridge.toml")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(platformdirs, "user_config_path", lambda app: tmp_path / "config" / app)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda app: tmp_path / "data" / app)


def written(tmp_path, text, name="deskbridge.toml"):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def faults(config_path=None, **environ):
    with pytest.raises(SettingsRefused) as refused:
        load_settings(config_path, {**STATE, **environ})
    return refused.value.faults


def test_without_a_word_from_anybody_the_defaults_hold():
    settings = load_settings(None, STATE)
    assert settings == Settings(
        database="sqlite:////var/lib/bridge/deskbridge.sqlite3",
        listen=("tcp:8085:interface=127.0.0.1",),
        api_listen=("tcp:8086:interface=127.0.0.1",),
        admin_listen=("tcp:8087:interface=127.0.0.1",),
        trusted_proxies=("127.0.0.0/8", "::1"),
        public_url="http://localhost:8085",
        support_url="http://localhost:8085/support",
        date_format="us",
        log="info",
        log_format="text",
        minimum_webconnector="2.1.0.30",
        body_limit_bytes=65536,
        response_limit_bytes=33554432,
        max_connections=100,
        max_connections_per_peer=10,
        header_seconds=10,
        body_seconds=30,
        idle_seconds=75,
        session_lease_seconds=600,
        idle_lease_seconds=120,
        page_size=200,
        page_size_max=500,
        overlap_minutes=120,
        sweep_minutes=60,
        transient_retries=3,
        resend_after_seconds=900,
        waiting_is_a_problem_after_hours=24,
        invoiced_poll_seconds=60,
        keep_days=90,
        backup_directory="",
        backup_every_hours=24,
        backup_keep=14,
        webhooks_to_private_addresses=False,
        mail_server="",
        mail_from="",
        store_threads=0,
        drain_seconds=20,
    )
    assert set(settings.sources.values()) == {"default"}
    assert settings.config_path is None


def test_the_table_and_the_value_have_the_same_keys_in_the_same_order():
    extra = {"sources", "config_path", "unused_environment"}
    fields = [name for name in field_names(Settings) if name not in extra]
    assert [setting.name for setting in SETTINGS] == fields
    assert all(setting.meaning.endswith(".") for setting in SETTINGS)
    assert SETTINGS[0].env == "DESKBRIDGE_DATABASE"


def test_the_environment_stands_above_the_file_and_each_value_knows_its_source(tmp_path):
    path = written(tmp_path, 'log = "warn"\npage_size = 50\nlisten = ["tcp:1", "tcp:2"]\n')
    settings = load_settings(path, {**STATE, "DESKBRIDGE_PAGE_SIZE": "60"})
    assert (settings.log, settings.page_size, settings.listen) == ("warn", 60, ("tcp:1", "tcp:2"))
    assert settings.sources["log"] == str(path)
    assert settings.sources["page_size"] == "DESKBRIDGE_PAGE_SIZE"
    assert settings.sources["keep_days"] == "default"
    assert settings.config_path == path
    assert ("page_size", "60", "DESKBRIDGE_PAGE_SIZE") in settings.shown()


def test_an_empty_variable_counts_as_unset():
    assert load_settings(None, {**STATE, "DESKBRIDGE_LOG": ""}).log == "info"


def test_the_support_page_follows_the_public_address():
    settings = load_settings(None, {**STATE, "DESKBRIDGE_PUBLIC_URL": "https://b.example.com/"})
    assert settings.public_url == "https://b.example.com"
    assert settings.support_url == "https://b.example.com/support"


def test_every_key_can_come_from_the_environment():
    texts = {
        "database": "postgresql://db/x",
        "listen": "tcp:1 tcp6:2:interface=\\:\\:1",
        "public_url": "https://b.example.com",
        "support_url": "https://b.example.com/help",
        "log": "WARNING",
        "minimum_webconnector": "33.0",
        "mail_server": "smtps://ada@mail.example.com",
        "mail_from": "deskbridge@example.com",
        "backup_directory": "/backups",
    }
    environ = {s.env: texts.get(s.name, s.default) for s in SETTINGS}
    settings = load_settings(None, environ)
    assert set(settings.sources.values()) == {s.env for s in SETTINGS}
    assert settings.log == "warn"
    assert settings.listen == ("tcp:1", "tcp6:2:interface=\\:\\:1")


def test_secrets_of_the_environment_are_no_strangers_and_no_settings():
    environ = {"DESKBRIDGE_STORE_KEY": "k" * 32, "DESKBRIDGE_MAIL_PASSWORD": "hunter2"}
    settings = load_settings(None, {**STATE, **environ})
    assert settings.unused_environment == ()
    assert "hunter2" not in repr(settings) + repr(settings.shown())


def test_a_refused_mail_server_does_not_show_its_password():
    (fault,) = faults(DESKBRIDGE_MAIL_SERVER="smtp://ada:hunter2@mail.example.com")
    assert "hunter2" not in str(fault)


# Where the store lies unless somebody says so.


def test_a_service_keeps_its_store_in_its_state_directory():
    settings = load_settings(None, {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"})
    assert settings.database == "sqlite:////var/lib/a/deskbridge.sqlite3"


def test_root_keeps_it_in_var_lib_and_a_user_at_home(monkeypatch, tmp_path):
    at_home = load_settings(None, {}).database
    assert at_home == f"sqlite:///{tmp_path}/data/deskbridge/deskbridge.sqlite3"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert load_settings(None, {}).database == "sqlite:////var/lib/deskbridge/deskbridge.sqlite3"


# Which file is read.


def test_the_file_is_looked_for_in_the_usual_places(monkeypatch, tmp_path):
    assert find_config({}) is None
    machine = written(tmp_path, "", "etc/deskbridge.toml")
    assert find_config({}) == machine
    user = written(tmp_path, "", "config/deskbridge/deskbridge.toml")
    assert find_config({}) == user
    service = written(tmp_path, "", "service/deskbridge.toml")
    assert find_config({"CONFIGURATION_DIRECTORY": f"/nowhere:{service.parent}"}) == service
    named = tmp_path / "named.toml"
    assert find_config({"DESKBRIDGE_CONFIG": str(named)}) == named
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert find_config({}) == machine


def test_a_named_file_must_exist(tmp_path):
    for found in (
        faults(tmp_path / "no.toml"),
        faults(DESKBRIDGE_CONFIG=str(tmp_path / "no.toml")),
    ):
        (fault,) = found
        assert fault.source == str(tmp_path / "no.toml")
        assert "no such file" in fault.problem


def test_a_file_that_is_not_toml_is_told_with_its_place(tmp_path):
    (fault,) = faults(written(tmp_path, "log = info\n"))
    assert "line 1" in fault.problem
    (fault,) = faults(tmp_path)
    assert "directory" in fault.problem
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'log = "\xe9"')
    (fault,) = faults(latin)
    assert "UTF-8" in fault.problem


def test_a_byte_order_mark_of_notepad_does_no_harm(tmp_path):
    path = tmp_path / "bom.toml"
    path.write_bytes(b'\xef\xbb\xbflog = "debug"\n')
    assert load_settings(path, STATE).log == "debug"


# What is refused.


def test_a_misspelt_key_is_refused_with_the_nearest_one(tmp_path):
    path = written(tmp_path, 'pagesize = 5\nfrobnicate = 1\n[database]\nurl = "x"\n')
    found = {fault.key: fault for fault in faults(path)}
    assert found["pagesize"].remedy == "Did you mean page_size?"
    assert "settings.md" in found["frobnicate"].remedy
    assert "database" not in found
    assert found["pagesize"].source == str(path)


def test_a_misspelt_variable_is_refused_and_a_foreign_one_left_alone():
    (fault,) = faults(DESKBRIDGE_DATABSE="sqlite:///x")
    assert str(fault) == (
        "DESKBRIDGE_DATABSE (environment): there is no such setting. "
        "Did you mean DESKBRIDGE_DATABASE?"
    )
    # Container platforms set such for a service named deskbridge.
    foreign = {"DESKBRIDGE_PORT_8085_TCP_ADDR": "10.0.0.1", "DESKBRIDGE_SERVICE_HOST": "10.0.0.1"}
    assert load_settings(None, {**STATE, **foreign}).unused_environment == tuple(foreign)


def test_the_variable_that_names_the_file_is_no_stranger(tmp_path):
    path = written(tmp_path, "")
    assert load_settings(None, {**STATE, "DESKBRIDGE_CONFIG": str(path)}).unused_environment == ()


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("database", "mysql://x/y", "only SQLite and PostgreSQL"),
        ("database", "sqlite:/x", "three slashes"),
        ("database", "sqlite:///", "three slashes"),
        ("database", "postgres://x/y", "the word is postgresql"),
        ("database", "/var/lib/x.sqlite3", "only SQLite and PostgreSQL"),
        ("listen", "8085", "not a Twisted endpoint"),
        ("listen", "tcp:", "not a Twisted endpoint"),
        ("listen", "tcp:http", "no port"),
        ("listen", "tcp:70000", "no port"),
        ("listen", "tcp:8085 :", "not a Twisted endpoint"),
        ("listen", " ", "no endpoint"),
        ("public_url", "bridge.example.com", "https://"),
        ("public_url", "https://b.example.com/?a", "? part"),
        ("support_url", "https://", "no host name"),
        ("log", "loud", "no such level"),
        ("mail_server", "mail.example.com:587", "smtp://host"),
        ("mail_server", "smtp://ada:hunter2@mail.example.com", "contains a password"),
        ("mail_server", "smtp://mail.example.com:99999", "port"),
        ("mail_server", "smtp://mail.example.com/inbox", "after the host"),
        ("mail_from", "Ada <ada@example.com>", "not an email address"),
        ("minimum_webconnector", "2.x", "not a version"),
        ("page_size", "many", "not a whole number"),
        ("page_size", "2.5", "not a whole number"),
        ("page_size", "0", "out of range"),
        ("page_size", "-1", "out of range"),
        ("page_size", "\N{ARABIC-INDIC DIGIT FIVE}", "not a whole number"),
        ("keep_days", "9" * 30, "not a whole number"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_source_and_a_remedy(key, text, problem):
    variable = f"DESKBRIDGE_{key.upper()}"
    (fault,) = faults(**{variable: text})
    assert (fault.key, fault.source) == (key, variable)
    assert problem in fault.problem
    assert fault.remedy


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("page_size = true", "not a whole number"),
        ("page_size = 2.5", "not a whole number"),
        ("log = 3", "not text"),
        ("listen = [8085]", "not text"),
        ("listen = []", "no endpoint"),
        ("database = ['sqlite:///x']", "not text"),
        ("[log]\nlevel = 1", "not text"),
    ],
)
def test_a_value_of_the_wrong_type_in_the_file_is_refused(tmp_path, line, problem):
    (fault,) = faults(written(tmp_path, line))
    assert problem in fault.problem


def test_all_faults_are_told_at_once():
    found = faults(DESKBRIDGE_LOG="loud", DESKBRIDGE_LISTEN="x", DESKBRIDGE_KEEP_DAYS="0")
    assert [fault.key for fault in found] == ["listen", "log", "keep_days"]
    assert len(str(SettingsRefused(found)).splitlines()) == 3


def test_settings_that_contradict_each_other_are_refused():
    (fault,) = faults(DESKBRIDGE_PAGE_SIZE="600")
    assert (fault.key, fault.value) == ("page_size", "600")
    assert "page_size_max, 500" in fault.problem
    (fault,) = faults(DESKBRIDGE_STORE_THREADS="4")
    assert "one writer" in fault.problem


def test_a_default_gives_way_to_what_somebody_wrote():
    assert load_settings(None, {**STATE, "DESKBRIDGE_PAGE_SIZE_MAX": "50"}).page_size == 50


def test_store_threads_fit_the_database():
    assert load_settings(None, STATE).worker_threads == 1
    postgres = {"DESKBRIDGE_DATABASE": "postgresql:///deskbridge"}
    assert load_settings(None, postgres).worker_threads == 4
    assert load_settings(None, {**postgres, "DESKBRIDGE_STORE_THREADS": "2"}).worker_threads == 2


# Secrets.


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://joe:hunter2@db.example.com/bridge",
        "postgresql://joe:hun@hunter2/x:y@db.example.com/bridge",
        "postgresql://db.example.com/bridge?user=joe&password=hunter2&sslmode=require",
        "postgresql://joe:x@db/bridge?sslpassword=hunter2",
    ],
)
def test_a_database_password_is_never_shown(url):
    settings = load_settings(None, {"DESKBRIDGE_DATABASE": url})
    assert settings.database == url
    everything = f"{settings!r} {settings} {settings.shown()} {settings.database_shown}"
    assert "hunter2" not in everything
    assert "db" in settings.database_shown
    assert "***" in settings.database_shown


@pytest.mark.parametrize("url", ["postgres://joe:hunter2@db/x", "mysql:joe:hunter2@db"])
def test_a_refused_database_does_not_show_its_password_either(url):
    found = faults(DESKBRIDGE_DATABASE=url)
    assert "hunter2" not in f"{found!r} {SettingsRefused(found)}"


def test_a_database_without_a_password_is_shown_as_it_is():
    path = load_settings(None, {"DESKBRIDGE_DATABASE": "sqlite:////srv/a:b/x@y.sqlite3"})
    assert path.database_shown == "sqlite:////srv/a:b/x@y.sqlite3"
    plain = load_settings(None, {"DESKBRIDGE_DATABASE": "postgresql://joe@db:5432/bridge"})
    assert plain.database_shown == "postgresql://joe@db:5432/bridge"


def test_the_api_may_be_off():
    assert load_settings(None, STATE | {"DESKBRIDGE_API_LISTEN": "off"}).api_listen == ()
    [fault] = faults(DESKBRIDGE_API_LISTEN="8086")
    assert fault.key == "api_listen"


def test_a_home_that_this_user_may_not_look_into_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    folder = tmp_path / "config" / "deskbridge"
    folder.mkdir(parents=True)
    (folder / "deskbridge.toml").write_text('log = "debug"\n')
    assert load_settings(None, {}).config_path is None

"""``deskbridge service``: what it does to a machine, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli import service
from console.cli.app import cli
from console.service import machine as machines
from console.service.machine import StepFailed, ThisMachine
from console.service.steps import CONFIG, HIDDEN, STATE, WRITTEN_FOR, text_of
from shared.settings import load_settings
from tests.console.service.machines import PretendedMachine

ROOT = Path(__file__).parents[3]
COMMAND = Path("/srv/bridge/bin/deskbridge")
UNIT = "/etc/systemd/system/deskbridge.service"
SOCKET = "/etc/systemd/system/deskbridge.socket"
LINK = "/usr/local/bin/deskbridge"


@pytest.fixture
def machine(monkeypatch):
    made = PretendedMachine()
    monkeypatch.setattr(service, "machine_used", made)
    monkeypatch.setattr(machines, "own_command", lambda: COMMAND)
    monkeypatch.setattr(machines, "own_places", lambda: [COMMAND])
    return made


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["service", *words])
    assert done.exit_code == code, done.output
    return done


def test_what_is_installed_runs_this_installation_as_its_own_user(machine):
    run("install")
    assert machine.users == {"deskbridge"}
    assert f"ExecStart={COMMAND} daemon" in machine.files[UNIT]
    assert WRITTEN_FOR not in machine.files[UNIT]
    assert machine.files[LINK] == str(COMMAND)
    assert machine.modes[STATE] == "0700"
    assert machine.modes[CONFIG] == "0640"
    assert machine.enabled == {"deskbridge.service"}
    assert SOCKET not in machine.files


def test_installing_again_changes_nothing(machine):
    run("install")
    before = dict(machine.files)
    machine.files[CONFIG] = before[CONFIG] = "mine"
    machine.ran.clear()
    run("install")
    assert machine.files == before
    assert machine.ran == [("systemctl", "daemon-reload")]


def test_a_unit_of_an_earlier_version_is_written_again(machine):
    run("install")
    machine.files[UNIT] = "an older one"
    run("install")
    assert machine.files[UNIT] == text_of("deskbridge.service", COMMAND)


def test_a_dry_run_changes_nothing_and_prints_every_file(machine):
    machine.root = False
    shown = run("install", "--dry-run", "--socket").stdout
    assert (machine.files, machine.users, machine.ran) == ({}, set(), [])
    for name in ("deskbridge.service", "deskbridge.socket"):
        for line in text_of(name, COMMAND).splitlines():
            assert line in shown
    assert "useradd" in shown


def test_a_dry_run_prints_what_a_run_then_does(machine):
    told = json.loads(run("install", "--dry-run", "--json").stdout)
    done = json.loads(run("install", "--json").stdout)
    assert (told["changed"], done["changed"]) == (False, True)
    assert told["steps"] == done["steps"]
    assert len(machine.ran) == len([one for one in done["steps"] if not one["done"]])


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_without_root_it_says_how(machine, verb):
    run("install")
    machine.root = False
    machine.ran.clear()
    told = run(verb, code=1).stderr
    assert f"sudo {COMMAND} service {verb}" in " ".join(told.split())
    assert machine.ran == []


def test_with_a_socket_systemd_listens_and_the_daemon_takes_it_over(machine, tmp_path):
    run("install", "--socket")
    assert machine.enabled == {"deskbridge.service", "deskbridge.socket"}
    config = tmp_path / "deskbridge.toml"
    config.write_text(machine.files[CONFIG])
    [listen] = load_settings(config, {}).listen
    name = listen.rpartition("name=")[2]
    assert f"FileDescriptorName={name}\n" in machine.files[SOCKET]


def test_a_machine_without_a_running_systemd_gets_the_files(machine):
    machine.systemd = False
    run("install")
    assert UNIT in machine.files
    assert ("systemctl", "daemon-reload") not in machine.ran


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_the_sandbox_hides_from_the_service_is_not_installed(machine, monkeypatch, hidden):
    monkeypatch.setattr(machines, "own_places", lambda: [COMMAND, Path(hidden) / "ann/python"])
    assert hidden in run("install", code=1).stderr
    assert machine.ran == []


def test_uninstalling_keeps_the_store_and_installing_brings_all_back(machine):
    run("install", "--socket")
    machine.files[f"{STATE}/deskbridge.sqlite3"] = "the books"
    before = dict(machine.files)
    run("uninstall")
    assert {UNIT, SOCKET, LINK} & set(machine.files) == set()
    assert machine.enabled == set()
    assert machine.files[f"{STATE}/deskbridge.sqlite3"] == "the books"
    assert CONFIG in machine.files
    assert machine.users == {"deskbridge"}
    run("install", "--socket")
    assert machine.files == before


def test_uninstalling_stops_the_daemon_before_anything_is_deleted(machine):
    run("install")
    machine.ran.clear()
    run("uninstall")
    first = machine.ran[0]
    assert first == ("systemctl", "stop", "deskbridge.service")


def test_the_store_is_deleted_only_where_it_is_confirmed(machine):
    run("install")
    run("uninstall", "--delete-store", code=2)
    assert STATE in machine.files
    run("uninstall", "--delete-store", "--yes")
    assert machine.files == {}
    assert machine.users == set()


def test_a_link_to_something_else_is_left_alone(machine):
    machine.files[LINK] = "/opt/other/deskbridge"
    run("install")
    run("uninstall")
    assert machine.files[LINK] == "/opt/other/deskbridge"


def test_what_is_not_installed_cannot_be_uninstalled(machine):
    run("uninstall", code=3)


def test_what_a_package_brought_is_left_to_the_package(machine):
    packaged = "/lib/systemd/system/deskbridge.service"
    machine.files[packaged] = text_of("deskbridge.service", COMMAND)
    machine.files["/usr/bin/deskbridge"] = str(COMMAND)
    machine.enabled.add("deskbridge.service")
    run("install")
    assert UNIT not in machine.files
    assert LINK not in machine.files
    assert "apt remove" in run("uninstall", code=1).stderr


def test_the_status_tells_what_systemd_knows(machine):
    run("install")
    machine.shown = {
        "ActiveState": "active",
        "MainPID": "4711",
        "NRestarts": "2",
        "Result": "success",
        "ActiveEnterTimestamp": "Sun 2026-11-29 13:00:00 UTC",
        "UnitFileState": "enabled",
        "FragmentPath": UNIT,
    }
    shown = run("status").stdout
    for text in ("running", "4711", "2026-11-29 13:00:00", UNIT):
        assert text in shown
    told = json.loads(run("status", "--json").stdout)
    assert (told["process"], told["restarts"], told["unit_is_current"]) == (4711, 2, True)


@pytest.mark.parametrize(
    ("active", "code"), [("failed", 1), ("inactive", 1), ("activating", 1), ("reloading", 0)]
)
def test_the_status_ends_with_0_only_while_it_runs(machine, active, code):
    machine.shown = {"ActiveState": active, "FragmentPath": UNIT}
    run("status", code=code)
    run("status", "--json", code=code)


def test_a_service_that_is_not_installed_is_not_there(machine):
    run("status", code=3)
    assert json.loads(run("status", "--json", code=3).stdout)["state"] == "not installed"


def test_a_unit_that_somebody_changed_is_noticed(machine):
    machine.files[UNIT] = "changed"
    machine.shown = {"ActiveState": "active", "FragmentPath": UNIT}
    assert "service install" in run("status").stderr


@pytest.mark.parametrize("name", ["deskbridge.service", "deskbridge.socket", "deskbridge.toml"])
def test_the_files_in_deploy_are_those_that_are_installed(name):
    assert (ROOT / "deploy" / name).read_text("utf-8") == text_of(name)


def test_the_real_machine_says_why_a_command_failed(tmp_path):
    real = ThisMachine()
    assert real.run(("cat",), "hello") == "hello"
    with pytest.raises(StepFailed, match="No such file"):
        real.run(("rm", str(tmp_path / "nothing")))
    with pytest.raises(StepFailed):
        real.run(("no-such-command-anywhere",))
    assert real.asked(("no-such-command-anywhere",)) == ""
    assert real.read(str(tmp_path / "nothing")) is None
    assert real.has_user("root")
    assert not real.has_user("nobody-of-that-name")

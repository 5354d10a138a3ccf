"""Who sits at the keyboard, and who always manages."""

from __future__ import annotations

import os
import pwd

import pytest

from shared.people import Person, group_exists, person_here, user_exists

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "store.sqlite3"
    path.touch()
    return path


def as_user(monkeypatch, number):
    monkeypatch.setattr(os, "geteuid", lambda: number)


def owned(store, number, monkeypatch):
    """The store belongs to another user."""
    found = os.stat_result((0o600, 1, 1, 1, number, 0, 0, 0, 0, 0))
    monkeypatch.setattr(type(store), "stat", lambda _path: found)


def test_the_user_of_the_process_and_its_groups_are_named():
    here = person_here({})
    assert here.name == pwd.getpwuid(os.geteuid()).pw_name
    assert here.groups


def test_root_stays_root_whoever_called_sudo(monkeypatch, store):
    as_user(monkeypatch, 0)
    person = person_here({"SUDO_UID": str(NOBODY.pw_uid)})
    assert person.always_manages(store)


def test_root_who_runs_a_command_as_the_service_stays_root(monkeypatch, store):
    as_user(monkeypatch, NOBODY.pw_uid)
    assert person_here({"SUDO_UID": "0", "SUDO_USER": "root"}).always_manages(store)


def test_the_owner_of_the_store_always_manages(monkeypatch, store):
    as_user(monkeypatch, NOBODY.pw_uid)
    owned(store, NOBODY.pw_uid, monkeypatch)
    assert person_here({}).always_manages(store)


def test_who_became_the_owner_by_sudo_has_the_rights_of_who_called(monkeypatch, store):
    as_user(monkeypatch, NOBODY.pw_uid)
    owned(store, NOBODY.pw_uid, monkeypatch)
    daemon = pwd.getpwnam("daemon")
    person = person_here({"SUDO_UID": str(daemon.pw_uid), "SUDO_USER": "root"})
    assert person.name == "daemon"
    assert "daemon" in person.groups
    assert not person.always_manages(store)


@pytest.mark.parametrize("said", ["", "-1", "0x0", "root", "٠", " 0"])
def test_what_is_no_number_of_a_user_is_not_believed(monkeypatch, said):
    as_user(monkeypatch, NOBODY.pw_uid)
    assert person_here({"SUDO_UID": said}).name == "nobody"


def test_another_user_does_not_nor_does_anybody_without_a_file(monkeypatch, store):
    owned(store, 0, monkeypatch)
    other = Person("nobody", frozenset(), NOBODY.pw_uid)
    assert not other.always_manages(store)
    assert not other.always_manages(None)


def test_users_and_groups_of_this_machine_are_known():
    assert user_exists("root")
    assert not user_exists("no such user")
    assert group_exists("root")
    assert not group_exists("no such group")

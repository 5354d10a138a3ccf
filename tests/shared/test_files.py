"""Whose files are whose: what keeps a user out of a store, and what to run."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared import files
from shared.errors import StoreError
from shared.files import is_read_only, user_name, why_closed
from shared.models import audit
from shared.models.store import open_store
from shared.sealing import seal

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take other users' part")
SERVICE, SOMEBODY = 54321, 54322


@contextmanager
def acting_as(user_id):
    os.setresuid(user_id, user_id, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def folder():
    """The folder of a service, in a place that everybody may enter."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        made = Path(place) / "service"
        made.mkdir(mode=0o700)
        os.chown(made, SERVICE, SERVICE)
        yield made


@as_root
def test_a_store_that_root_makes_belongs_to_the_owner_of_its_folder(folder):
    url = f"sqlite:///{folder}/store.sqlite3"
    with open_store(url) as store:
        with store.transaction():
            audit.add("root", "test", "", "", store.now())
        seal("secret", url, {})
        names = {path.name for path in folder.iterdir()}
        assert names == {f"store.sqlite3{end}" for end in ("", "-wal", "-shm", ".key")}
        assert {path.stat().st_uid for path in folder.iterdir()} == {SERVICE}
    with acting_as(SERVICE), open_store(f"sqlite:///{folder}/store.sqlite3") as store:
        assert store.schema_version


@as_root
def test_root_may_work_beside_the_service_and_keeps_it_out_of_nothing(folder):
    """Whoever writes first after a start makes the files beside the store."""
    url = f"sqlite:///{folder}/store.sqlite3"
    with acting_as(SERVICE):
        open_store(url).close()
    with open_store(url) as roots:
        with roots.transaction():
            audit.add("root", "test", "", "", roots.now())
        with acting_as(SERVICE), open_store(url) as store, store.transaction():
            audit.add("service", "test", "", "", store.now())
        assert {path.stat().st_uid for path in folder.iterdir()} == {SERVICE}


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_everything_is_for_its_owner_only_whatever_the_umask(tmp_path, umask):
    url = f"sqlite:///{tmp_path}/store.sqlite3"
    before = os.umask(umask)
    try:
        with open_store(url) as store:
            with store.transaction():
                audit.add("ada", "test", "", "", store.now())
            store.backup(tmp_path / "copy")
            seal("secret", url, {})
            modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert len(modes) == 5, "store, -wal, -shm, key and backup"


@as_root
def test_a_file_of_another_user_is_named_with_its_owner_and_the_command(folder):
    path = folder / "store.sqlite3"
    open_store(f"sqlite:///{path}").close()
    os.chown(path, 0, 0)
    path.chmod(0o600)
    with acting_as(SERVICE), pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{path}")
    assert f"{path} belongs to {user_name(0)}" in refused.value.remedy
    assert f"sudo chown {user_name(SERVICE)} {path}" in refused.value.remedy


@as_root
def test_somebody_else_is_told_whose_store_it_is(folder):
    path = folder / "store.sqlite3"
    open_store(f"sqlite:///{path}").close()
    with acting_as(SOMEBODY), pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{path}")
    assert f"sudo -u {user_name(SERVICE)} deskbridge" in refused.value.remedy
    folder.chmod(0o755)
    path.chmod(0o600)
    with acting_as(SOMEBODY), pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{path}")
    assert f"sudo -u {user_name(SERVICE)} deskbridge" in refused.value.remedy


def test_a_read_only_file_system_is_told_as_one_whoever_asks(tmp_path, monkeypatch):
    class ReadOnly:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: ReadOnly)
    told = why_closed(tmp_path / "store.sqlite3")
    assert "read-only" in told
    assert "sudo -u" not in told


def test_a_file_system_that_met_an_error_is_to_be_checked_though_it_is_mounted_to_be_written(
    tmp_path, monkeypatch
):
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    line = (
        f"31 1 {os.major(device)}:{os.minor(device)} / /data rw,relatime - ext4 /dev/vdb rw,{{}}\n"
    )
    monkeypatch.setattr(files, "_MOUNTS", mounts)
    mounts.write_text(line.format("errors=remount-ro"))
    assert not is_read_only(tmp_path)
    mounts.write_text(line.format("errors=remount-ro,emergency_ro"))
    assert is_read_only(tmp_path)
    told = why_closed(tmp_path / "store.sqlite3")
    assert "fsck" in told
    assert "remount" not in told


@as_root
def test_an_owner_who_keeps_himself_out_is_told_the_mode(folder):
    path = folder / "store.sqlite3"
    path.touch()
    os.chown(path, SERVICE, SERVICE)
    path.chmod(0)
    with acting_as(SERVICE):
        assert "chmod u+rwX" in why_closed(path)


def test_nothing_is_said_of_what_is_open_or_not_there(tmp_path):
    (tmp_path / "mine").touch()
    assert why_closed(tmp_path / "mine") == ""
    assert why_closed(tmp_path / "none") == ""

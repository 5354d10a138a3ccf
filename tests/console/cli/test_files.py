from __future__ import annotations

import stat
from pathlib import Path

import pytest

from shared.files import all_or_nothing, write_private


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_for_their_owner_only(tmp_path):
    with all_or_nothing(tmp_path / "new" / "folder") as put:
        path = put("a.qwc", b"a")
    assert mode(path) == 0o600
    assert mode(tmp_path / "new" / "folder") == 0o700


def test_files_appear_together(tmp_path):
    with all_or_nothing(tmp_path) as put:
        put("a", b"1")
        put("b", b"2")
    assert [(tmp_path / name).read_bytes() for name in names(tmp_path)] == [b"1", b"2"]


def put_and_fail(folder: Path, *files: tuple[str, bytes]) -> None:
    with all_or_nothing(folder) as put:
        for name, content in files:
            put(name, content)
        raise RuntimeError


def test_when_the_block_fails_nothing_is_left(tmp_path):
    with pytest.raises(RuntimeError):
        put_and_fail(tmp_path, ("a", b"1"), ("b", b"2"))
    assert names(tmp_path) == []


def test_when_the_block_fails_what_stood_there_comes_back(tmp_path):
    (tmp_path / "a").write_bytes(b"before")
    with pytest.raises(RuntimeError):
        put_and_fail(tmp_path, ("a", b"after"), ("a", b"and again"))
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"before"


def test_a_file_that_cannot_be_placed_takes_the_others_back(tmp_path):
    (tmp_path / "b").mkdir()
    with pytest.raises(OSError, match="directory"):
        put_and_fail(tmp_path, ("a", b"1"), ("b", b"2"))
    assert names(tmp_path) == ["b"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"keep me")
    (tmp_path / "link").symlink_to(elsewhere)
    write_private(tmp_path / "link", b"new")
    assert elsewhere.read_bytes() == b"keep me"
    assert (tmp_path / "link").read_bytes() == b"new"
    assert not (tmp_path / "link").is_symlink()

"""``deskbridge syncs bundle``: says what is inside, and saves it where it is told to."""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.console.cli.builders import customer, import_into, invoice


@pytest.fixture
def synced(shell):
    shell.says("connection", "add", "Larkspur")
    larkspur = customer("80000001-1", "Larkspur Tile")
    import_into(shell, "Larkspur", invoice("T-1", "1042", "250.00"), customers=[larkspur])
    return shell


def test_without_a_file_it_says_what_would_be_inside(synced):
    text = synced.says("syncs", "bundle", "1")
    assert text.splitlines()[0].split() == ["File", "Holds", "Bytes"]
    assert "doctor.json" in text
    assert "Masked: passwords, tickets, keys" in text
    assert "Nothing was saved. To save it: deskbridge syncs bundle 1 --out FILE" in text
    assert not list(synced.folder.glob("*.zip"))


def test_it_is_saved_and_says_where(synced):
    target = synced.folder / "help.zip"
    text = " ".join(synced.says("syncs", "bundle", "1", "--out", str(target)).split())
    assert f"Saved to {target}" in text
    with zipfile.ZipFile(target) as packed:
        sync = json.loads(packed.read("deskbridge-sync-1/sync.json"))
    assert sync["connection"] == "Larkspur"
    said = synced.refuses(1, "syncs", "bundle", "1", "--out", str(target))
    assert "File exists" in said
    assert "What to do: Choose a name that is not taken" in said


def test_json_has_the_files_and_the_path(synced):
    shown = synced.json("syncs", "bundle", "1")
    assert (shown["sync_id"], shown["path"]) == (1, None)
    assert list(shown["files"][0]) == ["name", "holds", "bytes"]
    saved = synced.json("syncs", "bundle", "1", "--out", str(synced.folder))
    assert saved["path"] == str(synced.folder / "deskbridge-sync-1.zip")


def test_a_sync_that_is_not_there_is_not_found(synced):
    assert "There is no sync 99" in synced.refuses(3, "syncs", "bundle", "99")
    synced.refuses(2, "syncs", "bundle", "one")

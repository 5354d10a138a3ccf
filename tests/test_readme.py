"""The documents say what is true: every setting, exit code and command is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.settings import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
def test_every_setting_is_in_the_readme_with_its_variable_default_and_meaning(setting):
    default = f"`{setting.default}`" if setting.default else "—"
    row = f"| `{setting.name}` | `{setting.env}` | {default} | {setting.meaning} |"
    assert row in README


def test_the_readme_names_no_setting_that_is_not_there():
    known = {setting.name for setting in SETTINGS}
    rows = re.findall(r"^\| `(\w+)` \| `DESKBRIDGE_", README, flags=re.MULTILINE)
    assert set(rows) == known


def test_the_readme_tells_all_exit_codes():
    told = " ".join(README.split())
    assert "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing to do or not found" in told


def test_every_command_that_a_document_names_exists():
    import click

    from deskbridge import cli

    named = re.findall(r"deskbridge ((?:[a-z]+ ?){1,2})", "\n".join(map(_read, DOCUMENTS)))
    context = click.Context(cli)
    for words in named:
        first, *rest = words.split()
        command = cli.get_command(context, first)
        if command is None:
            # Prose, such as "deskbridge is": only a command is followed by its own words.
            assert first not in {"sync", "invoice", "problem", "customer", "payment"}
            continue
        if rest and isinstance(command, click.Group):
            assert command.get_command(context, rest[0]), words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_file_that_a_document_links_is_there(document):
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", _read(document)):
        assert (document.parent / target).exists(), target


def test_the_makefile_has_the_targets_that_the_readme_names():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"make (\w+)", README):
        assert f"\n{target}:" in makefile, target


def test_the_service_unit_keeps_what_it_promises():
    unit = (ROOT / "deploy" / "deskbridge.service").read_text("utf-8")
    for promise in ("Type=notify", "WatchdogSec=", "StateDirectory=deskbridge", "ProtectSystem="):
        assert promise in unit
    assert "MemoryDenyWriteExecute=" not in unit


def test_the_sample_settings_are_settings(tmp_path):
    from shared.settings import load_settings

    loaded = load_settings(ROOT / "deploy" / "deskbridge.toml", {})
    assert loaded.public_url == "https://deskbridge.example.com"


def _read(path: Path) -> str:
    return path.read_text("utf-8")

"""The documents say what is true: every setting, exit code and command is in them."""

from __future__ import annotations

import re
import runpy
import shlex
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from deskbridge import cli
from shared.settings import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))


def _read(path: Path) -> str:
    return path.read_text("utf-8")


def test_every_setting_is_on_its_page_with_its_variable_default_and_meaning():
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else "—"
        row = f"| `{setting.name}` | `{setting.env}` | {default} | {setting.meaning} |"
        assert row in SETTINGS_PAGE


def test_the_page_names_no_setting_that_is_not_there():
    known = {setting.name for setting in SETTINGS}
    rows = re.findall(r"^\| `(\w+)` \| `DESKBRIDGE_", SETTINGS_PAGE, flags=re.MULTILINE)
    assert set(rows) == known


def test_the_readme_is_short_enough_to_be_read():
    assert len(README.splitlines()) <= 250


def test_the_readme_tells_all_exit_codes():
    told = " ".join(README.split())
    assert "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing to do or not found" in told


def test_every_command_that_a_document_names_exists():
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


def _command_lines(document: Path) -> list[str]:
    """What stands in code blocks and between backticks, from the program's name on."""
    text = re.sub(r"^```.*?^```$", "", _read(document), flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^    (.*)$", text, flags=re.MULTILINE)
    blocks += re.findall(r"`([^`\n]+)`", text)
    found = [re.search(r"^(?:sudo (?:\S+ )*)?deskbridge ([a-z][^#|…]+)$", line) for line in blocks]
    return [match.group(1).strip() for match in found if match]


MADE = {"cli.md", "hints.md"}  # by a command, from the program
GUIDES = [one for one in DOCUMENTS if one.name not in {*MADE, "CHANGELOG.md", "CONTRIBUTING.md"}]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.name)
def test_every_command_line_of_the_guides_is_understood(guide, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("books.json", "invoice.qwc", "password"):
        Path(name).touch()
    for line in sorted(_command_lines(guide)):
        try:
            _understand(cli, "deskbridge", shlex.split(line))
        except click.UsageError as error:
            raise AssertionError(f"{line}: {error.format_message()}") from error


def _understand(command: click.Command, name: str, words: list[str], above=None) -> None:
    """Have click read the words as it would before running them; it raises what it refuses."""
    if not words and isinstance(command, click.Group):
        return  # the group as a whole is spoken of
    context = command.make_context(name, words, parent=above)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        inner_name, inner, rest = command.resolve_command(context, rest)
        assert inner is not None
        _understand(inner, inner_name or "", rest, context)


@pytest.mark.parametrize("line", ["company act books.json pay 1042 100.00", "syncs list --bad"])
def test_a_command_line_that_is_wrong_would_be_noticed(line):
    with pytest.raises(click.UsageError):
        _understand(cli, "deskbridge", shlex.split(line))


@cache
def _options(command: click.Command) -> set[str]:
    found = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            found |= _options(inner)
    return found


@pytest.mark.parametrize("guide", GUIDES, ids=lambda one: one.name)
def test_every_option_that_a_guide_names_by_itself_is_one(guide):
    of_others = {"--pipe", "--pty"}  # of systemd-run
    named = set(re.findall(r"`(--[a-z-]+)", _read(guide)))
    assert named - of_others - _options(cli) == set()


def test_the_books_of_the_readme_can_be_kept_as_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = [line for line in _command_lines(ROOT / "README.md") if " books.json" in line]
    lines = [line for line in shown if line.startswith("company ")]
    kept = ["new", "act", "act", "audit", "fault", "lock", "unlock", "backup", "act", "restore"]
    assert [line.split()[1] for line in lines] == kept
    for line in lines:
        done = CliRunner().invoke(cli, shlex.split(line))
        assert done.exit_code == 0, done.output


MAPS = [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("document", MAPS, ids=lambda one: one.name)
def test_every_file_that_a_map_names_is_there(document):
    named = re.findall(r"`([\w./-]+)`", _read(document))
    files = [name for name in named if "/" in name or name.endswith((".py", ".toml", ".md"))]
    assert files
    for name in files:
        assert (ROOT / name).exists(), name


def test_every_file_of_the_daemon_is_on_the_map():
    named = _read(ROOT / "docs" / "architecture.md")
    for path in sorted((ROOT / "daemon").rglob("*.py")):
        if path.name != "__init__.py":
            assert f"`{path.relative_to(ROOT)}`" in named


def test_every_file_that_a_document_links_is_there():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", _read(document)):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@cache
def _anchors(page: Path) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", _read(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_every_heading_that_a_document_links_is_there():
    for document in DOCUMENTS:
        for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", _read(document)):
            page = document.parent / target if target else document
            assert anchor in _anchors(page), f"{document.name}: {page.name}#{anchor}"


SCREENS = ROOT / "docs" / "screens"


@pytest.mark.parametrize(
    "told", ["make demo", "Posted to QuickBooks", "Not posted, and why", "reconcile:", "EQUAL"]
)
def test_the_picture_of_the_readme_shows_a_whole_demo(told):
    assert told.replace(" ", "&#160;") in (SCREENS / "demo.svg").read_text("utf-8")


def test_the_picture_of_the_readme_can_be_drawn_again():
    draw = runpy.run_path(str(SCREENS / "demo.py"))["picture"]
    assert "QuickBooks&#160;and&#160;here" in draw("QuickBooks and here")


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

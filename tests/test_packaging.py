"""What an installed Deskbridge consists of: the wheel is built, unpacked and run.

The checkout is hidden from the unpacked wheel: what is missing there is missing here.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("console", "daemon", "shared", "simulator")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
INFO = f"{PROJECT['name']}-{PROJECT['version']}.dist-info"

# Prints each module that does not come from the folder of the wheel.
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
for name in sys.argv[2:]:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(package.__path__, name + "."):
        if not found.name.endswith("__main__"):  # it would run
            importlib.import_module(found.name)
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] in sys.argv[2:] and not module.__file__.startswith(sys.argv[1]):
        print(name, module.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without a network: the build backend is a development dependency."""
    from hatchling.build import build_wheel

    folder = tmp_path_factory.mktemp("wheel")
    with contextlib.chdir(ROOT):
        name = build_wheel(str(folder))
    return folder / name


@pytest.fixture(scope="module")
def contents(wheel):
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked, folder, *arguments):
    """Run Python in ``folder`` on the unpacked wheel and the installed libraries alone.

    ``-S`` leaves .pth files unread, which would lead an editable installation to the checkout.
    """
    libraries = [path for path in sys.path if path and Path(path).resolve() != ROOT]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DESKBRIDGE_")
    }
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(unpacked), *libraries]),
        "HOME": str(folder),
        "DESKBRIDGE_DATABASE": f"sqlite:///{folder / 'store.sqlite3'}",
    }
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def deskbridge(unpacked, folder, *arguments):
    """What the script of the entry point does."""
    return run(unpacked, folder, "-c", "from deskbridge import main; main()", *arguments)


def files_of(package, wanted):
    """Paths below one package of the checkout, as they must stand in the wheel."""
    files = (ROOT / package).rglob("*")
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.is_file() and "__pycache__" not in file.parts and wanted(file)
    }


def test_the_wheel_has_every_data_file_of_shared(contents):
    data = files_of("shared", lambda file: file.suffix != ".py")

    assert {Path(name).suffix for name in data} >= {".toml"}  # or this proves nothing
    assert data <= contents


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_has_every_module_of_a_package(package, contents):
    assert files_of(package, lambda file: file.suffix == ".py") <= contents


def test_the_wheel_has_the_migrations(contents):
    assert any(
        name.startswith("shared/models/migrations/0001_") and name.endswith(".py")
        for name in contents
    )


def test_the_wheel_has_nothing_but_the_houses_and_the_command(contents):
    top = {name.partition("/")[0] for name in contents}

    assert top == {*PACKAGES, "deskbridge.py", INFO}  # no tests, bench, tools or documents
    assert not [name for name in contents if "__pycache__" in name]


def test_the_wheel_brings_one_script(unpacked):
    scripts = configparser.ConfigParser()
    scripts.read_string((unpacked / INFO / "entry_points.txt").read_text("utf-8"))

    assert scripts.sections() == ["console_scripts"]
    assert dict(scripts["console_scripts"]) == {"deskbridge": "deskbridge:main"}


def test_the_wheel_brings_the_license(contents):
    assert f"{INFO}/licenses/LICENSE" in contents


def test_every_module_of_the_wheel_can_be_imported_from_it(unpacked, tmp_path):
    foreign = run(unpacked, tmp_path, "-c", IMPORT_EVERYTHING, str(unpacked), *PACKAGES)

    assert foreign == ""


def test_the_installed_command_knows_its_version(unpacked, tmp_path):
    assert PROJECT["version"] in deskbridge(unpacked, tmp_path, "--version")


def test_the_installed_command_has_the_hints(unpacked, tmp_path):
    shown = deskbridge(unpacked, tmp_path, "hints", "QBWC1039")

    assert "(QBWC1039)" in shown
    assert "What to do" in shown


def test_the_installed_command_makes_a_store(unpacked, tmp_path):
    deskbridge(unpacked, tmp_path, "db", "upgrade")

    assert (tmp_path / "store.sqlite3").is_file()


def test_the_installed_writer_has_its_schema(unpacked, tmp_path):
    asks = (
        "from shared.qbxml.requests import HostQuery, OnError\n"
        "from shared.qbxml.writer import write_message_set\n"
        "print(write_message_set([HostQuery('1')], version='13.0', on_error=OnError.STOP))"
    )

    assert "HostQueryRq" in run(unpacked, tmp_path, "-c", asks)


def test_the_wheel_has_the_styles_of_every_screen(contents):
    styles = files_of("console", lambda file: file.suffix == ".tcss")

    assert "console/tui/app.tcss" in styles
    assert len(styles) > 5  # or this proves nothing
    assert styles <= contents


def test_the_installed_console_explains_itself(unpacked, tmp_path):
    shown = deskbridge(unpacked, tmp_path, "console", "--help")

    assert "--read-only" in shown
    assert "? lists the keys, q quits." in " ".join(shown.split())


# Goes to every main screen of the console on a new store, and prints the styles it has read.
GO_ROUND = """
import asyncio, os
from console.tui.app import DeskbridgeApp
from console.tui.main_screens import MAIN_SCREENS
from console.tui.worker import StoreWorker
from shared.models.store import open_store
from shared.settings import load_settings

settings = load_settings(None, os.environ)
opened = lambda *, create: open_store(settings.database, create=create)

async def go_round():
    app = DeskbridgeApp(StoreWorker(opened, who="mara", settings=settings))
    async with app.run_test(size=(80, 24)) as pilot:
        for main in MAIN_SCREENS[1:]:
            await pilot.press("h", main.key)
            assert app.current_mode == main.name, main
        print(*app.css_path, sep="\\n")

asyncio.run(go_round())
"""


def test_the_installed_console_has_all_of_its_screens(unpacked, tmp_path):
    styles = run(unpacked, tmp_path, "-c", GO_ROUND).splitlines()

    assert len(styles) > 5
    assert all(style.startswith(str(unpacked)) for style in styles)


PAGES = [ROOT / "docs" / name for name in ("install.md", "upgrading.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_installs_are_those_of_this_version(page):
    version = PROJECT["version"]
    debian = re.sub(r"(a|b|rc)(\d+)$", r"~\1\2", version)
    text = page.read_text("utf-8")
    assert set(re.findall(r"deskbridge-([\w.]+?)(?:-py3|-extras)", text)) == {version}
    assert set(re.findall(r"deskbridge_([\w.~+]+)_amd64\.deb", text)) == {f"{debian}+deb12"}


def test_a_final_version_has_its_tables_frozen():
    first = ROOT / "shared" / "models" / "migrations" / "0001_tables.py"
    is_final = re.fullmatch(r"[\d.]+", PROJECT["version"])
    assert not (is_final and "shared.models.tables" in first.read_text("utf-8"))


def test_the_wheel_has_the_files_of_the_service(contents):
    units = files_of("console/service/units", lambda file: True)

    assert "console/service/units/deskbridge.service" in units
    assert units <= contents


def test_what_a_release_is_made_by_can_be_run():
    scripts = ROOT / "deploy" / "packaging"
    for path in (*scripts.glob("*.sh"), *(scripts / "debian").iterdir()):
        assert os.access(path, os.X_OK), path
        subprocess.run(["sh", "-n", path], check=True)

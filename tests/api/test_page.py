"""docs/api.md says what is true: its examples are run, its tables are those of the program."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from daemon.api.problem_details import TITLES
from daemon.api.routes import BASE
from daemon.api.table import ROUTES
from tests.api.running import running

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_every_example_works_as_it_stands(tmp_path):
    assert shutil.which("curl"), "the examples of docs/api.md need curl"
    examples = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
    assert examples.count("curl ") >= 15
    with running(tmp_path) as made:
        done = subprocess.run(
            ["bash", "-euc", examples],
            env={"API": made.url, "TOKEN": made.secret, "PATH": "/usr/bin:/bin:/usr/local/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert '"external_id":"pay_8Kd2"' in done.stdout
    assert "withdrawn" in done.stdout
    assert made.secret not in made.daemon.log.read_text()


def test_all_routes_and_codes_are_on_the_page():
    for route in ROUTES:
        assert f"| {route.method} | `{route.path.removeprefix(BASE)}` | {route.does} |" in PAGE
    for code, (status, title) in TITLES.items():
        assert f"| {status} | `{code}`: {title[0].lower()}{title[1:]} |" in PAGE

"""Dashboard and alert rules name metrics that there are, and the rules do what they say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from console.cli.app import cli
from daemon.admin import figures
from daemon.admin.metrics import Metrics
from shared.models.figures import ApplicationFigures, Group, OutletFigures
from shared.rules.backups import Backups
from shared.rules.store_checks import StoreCheck
from tests.daemon.builders import NOW

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus-alerts.yml"
DASHBOARD = DEPLOY / "grafana-dashboard.json"
AGELESS = {"invoices", "customers"}
PAGE = Path(__file__).parents[2] / "docs" / "watching.md"


def _told() -> set[str]:
    """Every series that /metrics can tell, when there is some of everything."""
    metrics = Metrics()
    metrics.describe(
        store="sqlite", waiting=int, clients=[("api", int)], certificate_end=lambda: None
    )
    metrics.call("authenticate", "welcome", 0.1)
    metrics.request("", "200", 0.1)
    grouped = [
        family
        for name, label, told, _read in figures._GROUPS
        for family in figures._grouped(
            name, label, told, {"any": Group(1, None if name in AGELESS else NOW)}
        )
    ]
    outlet = OutletFigures("hook", 1, 1, 1, NOW)
    application = ApplicationFigures("Larkspur", "invoice", 15, NOW, "failed")
    families = [
        *grouped,
        figures._of_locks({"address": 1}),
        *figures._of_backups(Backups(NOW, NOW)),
        figures._of_check(StoreCheck()),
        *figures._of_outlets([outlet]),
        *figures._of_applications([application], NOW),
        figures._up(True),
    ]
    text = (metrics.text() + figures._render(families)).decode()
    alone = {"deskbridge_figures_timestamp_seconds", "deskbridge_daemons"}
    series = set(re.findall(r"^(\w+)(?:\{.*\})? \S+$", text, re.MULTILINE))
    return alone | series | {name.removesuffix("_bucket") for name in series}


def _named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:deskbridge|process)_\w+", text))


@pytest.mark.parametrize("path", [ALERTS, DASHBOARD, PAGE], ids=lambda path: path.name)
def test_each_metric_that_is_named_is_told(path):
    assert _named(path.read_text("utf-8")) - _told() == set()


def test_the_page_explains_each_metric():
    ours = {name for name in _told() if name.startswith("deskbridge_")}
    ours = {name for name in ours if not name.endswith(("_bucket", "_count", "_sum"))}
    assert ours - _named(PAGE.read_text("utf-8")) == set()


def test_the_page_explains_each_alert():
    alerts = set(re.findall(r"alert: (\w+)", ALERTS.read_text("utf-8")))
    assert set(re.findall(r"`(Deskbridge\w+)`", PAGE.read_text("utf-8"))) == alerts


def test_the_dashboard_shows_each_metric_of_ours():
    told = {name for name in _told() if name.startswith("deskbridge_")}
    told = {name.removesuffix("_bucket") for name in told if not name.endswith(("_count", "_sum"))}
    shown = {name.removesuffix("_bucket") for name in _named(DASHBOARD.read_text("utf-8"))}
    assert told - shown == set()


def test_the_dashboard_is_json_whose_panels_do_not_overlap():
    places = [
        (x, y)
        for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24


def test_each_command_in_a_remedy_is_one():
    named = re.findall(r"deskbridge ((?:[a-z]+ ?)+)", ALERTS.read_text("utf-8"))
    assert named
    for words in named:
        first, *more = words.split()
        found = cli.get_command(click.Context(cli), first)
        assert found is not None, words
        if isinstance(found, click.Group):
            assert found.get_command(click.Context(found), more[0]) is not None, words


@pytest.fixture(scope="module")
def promtool():
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool, which comes with Prometheus, is not installed")
    return found


def test_the_rules_are_rules(promtool):
    subprocess.run([promtool, "check", "rules", str(ALERTS)], check=True, capture_output=True)


def test_the_rules_alert_when_they_should(promtool, tmp_path):
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(Path(__file__).parent / "alerts_test.yml", tmp_path)
    done = subprocess.run(
        [promtool, "test", "rules", str(tmp_path / "alerts_test.yml")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr

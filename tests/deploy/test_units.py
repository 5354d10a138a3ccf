"""What the units let a service do that was taken over, by the judgment of systemd itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
MOST_EXPOSED = 1.2


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", ["deskbridge.service", "deskbridge-check.service"])
def test_what_runs_as_the_service_may_do_hardly_anything_else(unit):
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / unit)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    [score] = re.findall(r"Overall exposure level for .*: (\d+\.\d+)", judged)
    assert float(score) <= MOST_EXPOSED

from __future__ import annotations

from tests.models.builders import on_both_engines

pytest_generate_tests = on_both_engines

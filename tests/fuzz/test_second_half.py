"""Seeds 30 to 59, and the kept corpus: cases that went wrong once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fuzz.case import play

CORPUS = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(30, 60))
def test_spoiled_answers_double_nothing_and_all_becomes_well_afterwards(seed, folder):
    play(seed, folder)


@pytest.mark.parametrize("kept", CORPUS, ids=lambda one: f"{one['seed']}-{one['way']}")
def test_what_went_wrong_once_goes_well(kept, folder):
    play(kept["seed"], folder, kept["way"], outside=kept["outside"])

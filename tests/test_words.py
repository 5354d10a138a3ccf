"""One word for one thing: the glossary has every state, and the program speaks as it says."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from shared.health.checks import State
from shared.rules.connectors import SendState
from shared.rules.payments.values import ChargeState, PaymentStatus
from shared.rules.values import InvoiceStatus, Outcome, ProblemState, SyncState

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "words.md").read_text("utf-8")
STATES = (
    SyncState, Outcome, ProblemState, InvoiceStatus, PaymentStatus, ChargeState, SendState, State,
)  # fmt: skip


def _rows(after: str) -> list[str]:
    """The first cells of the table that follows a mark."""
    table = GLOSSARY.partition(f"<!-- {after} -->\n\n")[2].partition("\n\n")[0]
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


@pytest.mark.parametrize("states", STATES, ids=lambda one: one.__name__)
def test_the_glossary_explains_every_state(states):
    spoken = re.compile("[_-]")
    assert sorted(spoken.sub(" ", row) for row in _rows(states.__name__)) == sorted(
        spoken.sub(" ", state.value) for state in states
    )


# What Americans do not write, and what no person says.
NOT_OUR_WORDS = re.compile(
    r"\b(shall|shan't|whilst|cancelled|cancelling|colour\w*|recognis\w+|organis\w+|"
    r"licence|catalogue|behaviour|favour\w*|honour\w*|afterwards|towards|"
    r"put right|on different ways|nobody will find out|un-skip\w*|un-map\w*)\b",
    re.IGNORECASE,
)

# Idioms of another language, and metaphors of ours.
NOT_OUR_IDIOMS = re.compile(
    r"\b(for ever|anew|who (?:is|may be) meant|meant to be so|told of|tells? of|"
    r"(?:is|are|was|were|be|been|nobody|everybody) told(?! apart)|without a word|"
    r"the books prove|is said|"
    r"(?:go|goes|going|went) (?:out|on)|come in|comes in|came in|coming in|took in|"
    r"tak(?:e|es|en|ing) (?:it |them |that )?in|takes? (?:it|that|them) back|"
    r"stands? (?:in|behind|beside|so|against|here|there)|what stands|turned away|let in|"
    r"ticked|audit trail|judged?|holds? no|bears?|parted by|needs a person)\b"
    r"|(?<!-)\bmail address|\bset-up\b(?![-.])|\bexternal id\b"
)


@functools.cache
def _texts_of_code(path: Path) -> list[tuple[int, str]]:
    """Each text of a module that is no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    comments = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in comments
    ]


CODE = [path for part in ("console", "daemon", "shared") for path in (ROOT / part).rglob("*.py")]


@pytest.mark.parametrize("banished", [NOT_OUR_WORDS, NOT_OUR_IDIOMS], ids=["words", "idioms"])
def test_nothing_that_the_program_says_is_british_or_translated(banished):
    assert len(CODE) > 300
    found = [
        f"{path.relative_to(ROOT)}:{line}: {bad[0]}"
        for path in CODE
        for line, text in _texts_of_code(path)
        if (bad := banished.search(text))
    ]
    assert not found


def _prose(page: Path) -> list[tuple[int, str]]:
    """The lines of a page but for what was typed and answered."""
    lines, typed = [], False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        typed ^= line.startswith("```")
        if not typed:
            lines.append((number, line))
    return lines


def _said_in(pages: list[Path], banished: re.Pattern[str]) -> list[str]:
    return [
        f"{page.name}:{number}: {bad[0]}"
        for page in pages
        for number, line in _prose(page)
        if (bad := banished.search(line))
    ]


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_neither_is_a_document():
    """The commands' help and the hints are documents too: docs/cli.md, docs/hints.md."""
    assert not _said_in([*PAGES, ROOT / "CHANGELOG.md"], NOT_OUR_WORDS)
    assert not _said_in(PAGES, NOT_OUR_IDIOMS)

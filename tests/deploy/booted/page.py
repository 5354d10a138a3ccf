"""``docs/booted-run.md`` from the log of ``make boot``: its head is written by hand and stays.

python -m tests.deploy.booted.page > page && mv page docs/booted-run.md
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "booted-run.md"
LOG = ROOT / "build" / "booted.log"
MOST_LINES = 60
"""A longer answer is left out."""
_CHAPTER = re.compile(r"^==== (.*)\n", re.MULTILINE)


def written(page: str, log: str) -> str:
    """The page with another log: the same head, and a chapter for each machine."""
    head = page.partition("\n## ")[0].rstrip()
    [_, *parts] = _CHAPTER.split(log)
    chapters = zip(parts[::2], parts[1::2], strict=True)
    told = [f"## {title.capitalize()}\n\n```\n{_short(text)}\n```" for title, text in chapters]
    return "\n\n".join([head, *told]) + "\n"


def _short(text: str) -> str:
    """Commands with their answers, those that are pages long without them."""
    answers = re.split(r"^(?=# )", text.strip(), flags=re.MULTILINE)
    return "".join(map(_answer, answers)).rstrip()


def _answer(text: str) -> str:
    command, _, rest = text.partition("\n")
    return text if len(rest.strip().splitlines()) <= MOST_LINES else f"{command}\n…\n\n"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8"), LOG.read_text("utf-8")), "utf-8")

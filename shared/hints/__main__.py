"""Print the docs page: ``python -m shared.hints > docs/hints.md``."""

import sys

from shared.hints.page import render_markdown

sys.stdout.write(render_markdown())

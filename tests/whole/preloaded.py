"""What Deskbridge consists of, imported once for all processes of a test run: see ``processes``.

Without the reactor: what it waits with would be of all processes together.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil
import sys

import twisted.internet.posixbase

import console.cli
import daemon.command
import daemon.service
import deskbridge
import simulator.invoiced.commands
import tests.whole.processes
from shared import hints
from shared.models import statements
from shared.models.store import open_store

__all__ = ["console", "daemon", "deskbridge", "simulator", "tests", "twisted"]

for found in pkgutil.iter_modules(console.cli.__path__, "console.cli."):
    importlib.import_module(found.name)
hints.all_hints()
with open_store("sqlite:///:memory:") as store, store.reading():
    statements.compile_all()
assert "twisted.internet.reactor" not in sys.modules
gc.freeze()

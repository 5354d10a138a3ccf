"""The folder of a case's store: in memory where the machine has such a place."""

from __future__ import annotations

from tests.rehearsal.conftest import folder

__all__ = ["folder"]

"""A shell in a folder of its own, with the command line and its store."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from console.cli.app import cli
from shared.models.store import Store, open_store
from shared.models.values import CompanyBinding

NOW = datetime(2026, 1, 5, 14, 2, 11, tzinfo=UTC)


class Shell:
    """Runs commands on a SQLite store in ``folder``, as an operator would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = f"sqlite:///{folder}/store.sqlite3"
        self._store: Store | None = None

    @property
    def environ(self) -> dict[str, str | None]:
        own = {name: None for name in os.environ if name.startswith("DESKBRIDGE_")}
        return own | {
            "DESKBRIDGE_DATABASE": self.database,
            "HOME": str(self.folder),
            "COLUMNS": "80",
            "NO_COLOR": None,
            "SUDO_USER": None,
            "TZ": "UTC",
        }

    @property
    def store(self) -> Store:
        """The same store, for arranging and looking."""
        if self._store is None:
            self._store = open_store(self.database)
        return self._store

    def run(self, *words: str, given: str | None = None, **environ: str | None) -> Result:
        runner = CliRunner(env=self.environ | environ)
        return runner.invoke(cli, list(words), input=given, prog_name="deskbridge")

    def says(self, *words: str, **options: Any) -> str:
        """Standard output of a command that must succeed."""
        result = self.run(*words, **options)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str, **options: Any) -> Any:
        return json.loads(self.says(*words, "--json", **options))

    def refuses(self, code: int, *words: str, **options: Any) -> str:
        """Standard error of a command that must end with ``code`` and print no result."""
        result = self.run(*words, **options)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        return result.stderr

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


def binding(**changes: Any) -> CompanyBinding:
    """A Canadian company."""
    described = {
        "company_name": "Larkspur Tile Works",
        "product_name": "QuickBooks Premier 2024",
        "major_version": "34",
        "minor_version": "0",
        "country": "CA",
        "qbxml_version": "CA13.0",
        "home_currency": "CAD",
        "multicurrency": True,
        "bound_at": NOW,
    }
    return CompanyBinding(**described | changes)

"""What every command starts from: settings and store, opened when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from shared import dates
from shared.dates import DateFormat
from shared.files import user_name
from shared.operations.describe.text import plain
from shared.people import Person, person_here

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.settings import Settings

T = TypeVar("T")


class CommandContext:
    """The settings and the store of this run of the command line."""

    def __init__(self, config: Path | None, environ: Mapping[str, str]) -> None:
        self.config = config
        self._environ = environ
        self._opened: Store | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings: ``--config``, the environment, the defaults."""
        from shared.settings import load_settings

        settings = load_settings(self.config, self._environ)
        dates.use(DateFormat(settings.date_format))
        return settings

    @property
    def listens(self) -> Sequence[str]:
        """What the setting ``listen`` says; nothing as long as no settings were read."""
        return self.settings.listen if "settings" in vars(self) else ()

    @property
    def store(self) -> Store:
        """The store, opened on first use. A missing one is never made: it may have gone away."""
        return self._open(create=False)

    @property
    def store_to_begin(self) -> Store:
        """The store, made where there is none: to add the first connection."""
        return self._open(create=True)

    def read(self, view: Callable[[Store], T]) -> T:
        """Have a view read from one consistent state of the store."""
        with self.store.reading():
            return view(self.store)

    @property
    def store_to_upgrade(self) -> Store:
        """The store although it may be older than this version, made where there is none."""
        return self._open(create=True, check_version=False)

    def _open(self, *, create: bool, check_version: bool = True) -> Store:
        if self._opened is None:
            from shared.models.store import open_store

            self._opened = open_store(
                self.settings.database,
                create=create,
                check_version=check_version,
                person=self.person,
            )
        return self._opened

    @cached_property
    def person(self) -> Person:
        """Whose rights count: the user at the keyboard, with all groups."""
        return person_here(self._environ)

    @cached_property
    def who(self) -> str:
        """The operating-system user at the keyboard, for the audit trail."""
        return operator(os.getuid(), self._environ.get("SUDO_USER", ""))

    def close(self) -> None:
        """Close what was opened."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def operator(user_id: int, sudo_user: str) -> str:
    """Name the user by number, not by an environment variable anybody can set.

    The one who called sudo is named beside the account that the command ran as.
    """
    name = user_name(user_id)
    caller = plain(sudo_user)
    return f"{name} (sudo by {caller})" if caller and caller != name else name


pass_command_context = click.make_pass_decorator(CommandContext)

"""SIGHUP: what can change in a running daemon does; what cannot is named.

Source of the messages to systemd: sd_notify(3).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from attrs import define
from twisted.logger import Logger, LogLevel, LogLevelFilterPredicate

from daemon.served_certificate import ServedCertificate
from daemon.systemd import notify
from shared.settings import SETTINGS, Settings, SettingsRefused

RELOADED = frozenset({"log"})
"""Settings that take effect in a running daemon."""


@define(eq=False, repr=False)
class Reloading:
    """Reads settings and certificates again; ``load`` raises SettingsRefused like load_settings."""

    log = Logger()

    _settings: Settings
    _load: Callable[[], Settings]
    _levels: LogLevelFilterPredicate
    _certificates: Sequence[ServedCertificate]
    _environ: Mapping[str, str]

    def reload(self) -> None:
        """Take what changed into use; settings that cannot be used change nothing."""
        notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}", self._environ)
        try:
            self._reload_settings()
            for certificate in self._certificates:
                certificate.read_again(always=True)
        finally:
            notify("READY=1", self._environ)

    def _reload_settings(self) -> None:
        try:
            written = self._load()
        except SettingsRefused as refused:
            self.log.error(  # noqa: TRY400 - Twisted's Logger; a sentence, no traceback
                "The settings were not reloaded, the ones before stay: {why}", why=str(refused)
            )
            return
        self._levels.clearLogLevels()
        self._levels.setLogLevelForNamespace("", LogLevel.levelWithName(written.log))
        waiting = needs_restart(self._settings, written)
        if waiting:
            self.log.warn(
                "Reloaded. Restart the daemon for the change of {settings}",
                settings=", ".join(waiting),
            )
        else:
            self.log.info("Reloaded")


def needs_restart(running: Settings, written: Settings) -> list[str]:
    """The settings that differ and are only read at the start, in the order of the table."""
    return [
        setting.name
        for setting in SETTINGS
        if setting.name not in RELOADED
        and getattr(running, setting.name) != getattr(written, setting.name)
    ]

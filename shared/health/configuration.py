"""Whether the settings can be read."""

from __future__ import annotations

from collections.abc import Iterator

from shared.health.checks import Check, fail, ok, warn
from shared.settings import Settings, SettingsRefused

NAME = "settings"


def of_settings(settings: Settings) -> Iterator[Check]:
    """Check settings that were taken."""
    if settings.config_path is None:
        yield ok(NAME, "There is no settings file: the environment and the defaults apply.")
    else:
        yield ok(NAME, f"Read from {settings.config_path}.")
    if settings.backup_directory and settings.backup_schedule is None:
        yield warn(
            NAME,
            "backup_directory is set, but the daemon makes no backups of a PostgreSQL store.",
            "Back up the server (docs/backup-and-restore.md) and remove the setting.",
        )
    if settings.unused_environment:
        names = ", ".join(settings.unused_environment)
        yield warn(
            NAME, f"Not a setting: {names}.", "Correct the name of the variable, or remove it."
        )


def of_refused_settings(refused: SettingsRefused) -> list[Check]:
    """Tell of each setting that was not taken."""
    return [
        fail(
            NAME,
            f"{fault.key} ({fault.source})"
            + (f' is "{fault.value}"' if fault.value else "")
            + f": {fault.problem}.",
            fault.remedy if fault.remedy.endswith(("?", ".")) else f"{fault.remedy}.",
        )
        for fault in refused.faults
    ]

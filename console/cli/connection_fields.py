"""The options for the settings of a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from console.cli.params import COMPANY_FILE, DAY, HOURS, NO_DATE
from shared.operations.describe.connection_settings import SETTINGS, Setting

_TYPED: dict[str, dict[str, Any]] = {
    "company_file": {"type": COMPANY_FILE},
    "start_date": {"type": DAY, "metavar": "DATE"},
    "quiet_hours": {"type": HOURS, "metavar": "HOURS"},
}


def fields(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for every setting of a connection; what is not given is None."""
    for setting in reversed([one for one in SETTINGS.values() if one.option]):
        option = click.option(setting.option, setting.key, help=setting.help, **_taken(setting))
        command = option(command)
    return command


def _taken(setting: Setting) -> dict[str, Any]:
    """What an option takes, as click is told it."""
    if setting.unit:
        return {"type": click.IntRange(0, setting.most), "metavar": setting.unit.upper()}
    if "/" in setting.option:
        return {"default": None}
    return _TYPED.get(setting.key) or {"type": click.Choice([one.word for one in setting.values])}


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as values."""
    return {key: _value(SETTINGS[key], one) for key, one in given.items() if one is not None}


def _value(setting: Setting, given: Any) -> Any:
    if given == NO_DATE:
        return None
    return next((one.value for one in setting.values if one.word == given), given)

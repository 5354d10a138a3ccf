"""Where the files of a connection go unless somebody says otherwise."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from shared.models.applications import slug

_SQLITE = "sqlite:///"


def default_folder(database: str, name: str) -> Path:
    """Return ``qwc/larkspur-tile`` beside the store; for a server's, in the user's data folder."""
    if database.startswith(_SQLITE):
        beside = Path(database.removeprefix(_SQLITE)).absolute().parent
    else:
        beside = platformdirs.user_data_path("deskbridge")
    return beside / "qwc" / slug(name)

"""The JSON of ``deskbridge doctor``, ``deskbridge audit`` and ``deskbridge syncs bundle``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.operations.contracts.shapes import Key, Shape
from shared.operations.describe.text import iso_instant

if TYPE_CHECKING:
    from pathlib import Path

    from shared.bundles import Bundle, Part
    from shared.health import Check
    from shared.rules.values import AuditEntry

SettingRow = tuple[str, str, str]


@dataclass(frozen=True)
class Diagnosis:
    """Every check, and the settings as (key, value, source); none where they were refused."""

    checks: Sequence[Check]
    settings: Sequence[SettingRow]

    @property
    def is_well(self) -> bool:
        """Whether nothing failed; what is only a warning may stay."""
        return not any(check.state == "fail" for check in self.checks)


CHECK: Shape[Check] = Shape(
    Key("name", "what was looked at; a name may come several times", lambda c: c.name),
    Key("state", "`ok`, `warn` or `fail`", lambda c: c.state.value),
    Key("told", "what was found", lambda c: c.told),
    Key("remedy", "what to do; empty when all is well", lambda c: c.remedy),
)

SETTING: Shape[SettingRow] = Shape(
    Key("key", "the key of the setting", lambda s: s[0]),
    Key("value", "its value; a password is masked", lambda s: s[1]),
    Key(
        "source",
        "where it comes from: a file, an environment variable or `default`",
        lambda s: s[2],
    ),
)

DIAGNOSIS: Shape[Diagnosis] = Shape(
    Key("ok", "whether nothing failed, as the exit code says", lambda d: d.is_well),
    Key("checks", "the checks", lambda d: [CHECK.of(check) for check in d.checks], CHECK),
    Key(
        "settings",
        "all settings; empty when they cannot be read",
        lambda d: [SETTING.of(row) for row in d.settings],
        SETTING,
    ),
)

AUDIT_ENTRY: Shape[AuditEntry] = Shape(
    Key("id", "number of the entry", lambda e: e.id),
    Key("at", "when it was done", lambda e: iso_instant(e.at)),
    Key("who", "the operating-system user who did it", lambda e: e.who),
    Key("action", "what was done, such as `connection.add`", lambda e: e.action),
    Key("connection", "to which connection; empty: to none", lambda e: e.connection),
    Key("detail", "what exactly", lambda e: e.detail),
)


@dataclass(frozen=True)
class Bundled:
    """A support bundle, and where it was saved; None: it was only shown."""

    bundle: Bundle
    path: Path | None


PART: Shape[Part] = Shape(
    Key("name", "name of the file in the archive", lambda p: p.name),
    Key("holds", "what it holds, in words", lambda p: p.holds),
    Key("bytes", "its size before it is packed", lambda p: p.size_bytes),
)

BUNDLE: Shape[Bundled] = Shape(
    Key("sync_id", "number of the sync", lambda b: b.bundle.sync_id),
    Key(
        "path",
        "absolute path of the archive; null: it was not saved",
        lambda b: str(b.path) if b.path else None,
    ),
    Key("files", "what is inside", lambda b: [PART.of(part) for part in b.bundle.parts], PART),
)

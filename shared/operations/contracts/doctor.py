"""The JSON of ``deskbridge doctor``, ``audit``, ``hints`` and ``db``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.hints import Hint
from shared.operations.contracts.shapes import Shape
from shared.rules.values import AuditEntry
from shared.settings import SettingRow

if TYPE_CHECKING:
    from shared.models.store import Upgraded
    from shared.operations.health import Diagnosis
    from shared.operations.stores import Backup

DIAGNOSIS: Shape[Diagnosis] = Shape(
    "shared.operations.health:Diagnosis", "ok=is_well checks settings", settings=Shape(SettingRow)
)

AUDIT_ENTRY = Shape(AuditEntry)

HINT = Shape(Hint)

UPGRADE: Shape[Upgraded] = Shape("shared.models.store:Upgraded")

BACKUP: Shape[Backup] = Shape("shared.operations.stores:Backup")

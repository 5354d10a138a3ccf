"""The JSON of ``deskbridge doctor``, ``audit``, ``hints``, ``db`` and ``syncs bundle``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.bundles import Bundled, Part
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

PART = Shape(Part, "name holds bytes=size_bytes")

BUNDLE = Shape(Bundled, "bundle.sync_id path files=bundle.parts", files=PART)

HINT = Shape(Hint)

UPGRADE: Shape[Upgraded] = Shape("shared.models.store:Upgraded")

BACKUP: Shape[Backup] = Shape("shared.operations.stores:Backup")

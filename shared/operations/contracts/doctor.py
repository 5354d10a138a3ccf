"""The JSON of ``deskbridge doctor`` and ``db``."""

from __future__ import annotations

from shared.models.moving import CopiedTable
from shared.models.store import Upgraded
from shared.operations.contracts.shapes import Shape
from shared.operations.health import Diagnosis
from shared.operations.stores import Backup, Checked, Compacted, Copied, Restored
from shared.settings import SettingRow

DIAGNOSIS = Shape(Diagnosis, "ok=is_well checks settings", settings=Shape(SettingRow))

UPGRADE = Shape(Upgraded)

BACKUP = Shape(Backup)

CHECKED = Shape(Checked)

RESTORED = Shape(Restored)

COPIED = Shape(Copied, tables=Shape(CopiedTable))

COMPACTED = Shape(Compacted)

"""The JSON of syncs, of what they touched and of their calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.bundles import Bundled, Part
from shared.operations.contracts.shapes import Shape
from shared.rules.values import Record, Sync

if TYPE_CHECKING:
    from shared.operations.syncs import Message, SyncDetail

SYNC = Shape(Sync)

RECORD = Shape(Record, "kind id=object_id document outcome reason remedy")

SYNC_DETAIL: Shape[SyncDetail] = Shape(
    "shared.operations.syncs:SyncDetail", "sync.* records", sync=SYNC, records=RECORD
)

MESSAGE: Shape[Message] = Shape(
    "shared.operations.syncs:Message",
    "exchange.sequence exchange.step exchange.request_id exchange.sent_at exchange.answered_at",
    "status=exchange.status_code exchange.hresult answer_bytes=exchange.response_bytes",
    "exchange.request_bytes exchange.request_digest request answer=text",
)

PART = Shape(Part, "name holds bytes=size_bytes")

BUNDLE = Shape(Bundled, "bundle.sync_id path files=bundle.parts", files=PART)

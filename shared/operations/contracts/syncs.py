"""The JSON of syncs, of what they touched and of their calls."""

from __future__ import annotations

from shared.bundles import Bundled, Part
from shared.operations.contracts.shapes import Shape
from shared.operations.syncs import Message, SyncDetail
from shared.rules.values import Record, Sync

SYNC = Shape(Sync)

RECORD = Shape(Record, "kind id=object_id document outcome reason remedy")

SYNC_DETAIL = Shape(SyncDetail, "sync.* records", sync=SYNC, records=RECORD)

MESSAGE = Shape(
    Message,
    "exchange.sequence exchange.step exchange.request_id exchange.sent_at exchange.answered_at",
    "status=exchange.status_code exchange.hresult answer_bytes=exchange.response_bytes",
    "exchange.request_bytes exchange.request_digest request answer=text",
)

PART = Shape(Part, "name holds bytes=size_bytes")

BUNDLE = Shape(Bundled, "bundle.sync_id path files=bundle.parts", files=PART)

"""Records on their way to a billing platform, as people read of them."""

from __future__ import annotations

import pytest

from shared.operations.describe.platforms import named
from shared.rules.connectors import Outgoing, SendState, Would
from shared.rules.values import RecordKind
from tests.models.builders import NOON


@pytest.mark.parametrize(
    ("document", "told"),
    [("1035", "Invoice 1035"), ("", "Invoice without a number (1A-7)")],
)
def test_a_record_is_named_by_its_number_or_its_id(document, told):
    one = Outgoing(
        RecordKind.INVOICE,
        "1A-7",
        document,
        SendState.WAITING,
        "",
        Would.UNKNOWN,
        0,
        NOON,
        NOON,
        None,
    )
    assert named(one) == told

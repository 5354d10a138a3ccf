"""Seeds 0 to 29; the rest stand in a file of their own, so that two processes share them."""

from __future__ import annotations

import pytest

from tests.fuzz.case import play
from tests.fuzz.mutations import MUTATIONS


@pytest.mark.parametrize("seed", range(30))
def test_spoiled_answers_double_nothing_and_all_becomes_well_afterwards(seed, folder):
    play(seed, folder)


def test_the_same_seed_spoils_in_the_same_way(folder):
    (folder / "again").mkdir()
    assert play(7, folder) == play(7, folder / "again") != []


def test_every_way_to_spoil_an_answer_changes_one():
    from random import Random

    answer = (
        '<QBXML><QBXMLMsgsRs><InvoiceQueryRs requestID="1" statusCode="0" statusSeverity="Info" '
        'iteratorRemainingCount="0" iteratorID="{1}"><InvoiceRet><TxnID>1</TxnID><Memo>a</Memo>'
        "</InvoiceRet><InvoiceRet><TxnID>2</TxnID></InvoiceRet></InvoiceQueryRs></QBXMLMsgsRs>"
        "</QBXML>"
    )
    for name, spoil in MUTATIONS.items():
        assert any(spoil(answer, Random(seed)) != answer for seed in range(9)), name

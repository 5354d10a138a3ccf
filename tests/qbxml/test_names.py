"""libxml2 never forgets a name: a document of ever new ones is refused, an honest one never."""

from __future__ import annotations

from random import Random

import pytest

from shared.qbxml import reader
from shared.qbxml.reader import Limits, Unreadable, UnreadableAnswer, read_message_set

EVERY_BLOCK = Limits(names=400, names_sampled=1)


@pytest.fixture(autouse=True)
def _nothing_met(monkeypatch):
    monkeypatch.setattr(reader, "_names_met", set())
    monkeypatch.setattr(reader, "_draw", Random(7).random)


def answer(first: int, names: int, kind: str = "element") -> bytes:
    numbers = range(first, first + names)
    if kind == "element":
        fields = "".join(f"<N{number}>x</N{number}>" for number in numbers)
    else:
        fields = "".join(f'<Name N{number}="x"/>' for number in numbers)
    return (
        '<?xml version="1.0"?><QBXML><QBXMLMsgsRs><CustomerQueryRs requestID="1" statusCode="0"'
        f"><CustomerRet><ListID>80-1</ListID>{fields}</CustomerRet>"
        "</CustomerQueryRs></QBXMLMsgsRs></QBXML>"
    ).encode()


def read(data: bytes, limits: Limits = EVERY_BLOCK) -> int:
    return sum(1 for _ in read_message_set([data], limits))


def read_many(answers: int, names: int, limits: Limits, kind: str = "element") -> None:
    """Read answers of which each has names that none before it had."""
    for number in range(answers):
        read(answer(number * names, names, kind), limits)


@pytest.mark.parametrize("kind", ["element", "attribute"])
def test_names_that_never_repeat_are_refused_over_many_answers(kind):
    with pytest.raises(UnreadableAnswer) as refused:
        read_many(10, 50, EVERY_BLOCK, kind)
    assert refused.value.reason is Unreadable.TOO_MANY_NAMES
    assert len(reader._names_met) <= EVERY_BLOCK.names


def test_what_was_met_before_is_read_on_after_a_refusal():
    honest = answer(0, 50)
    read(honest)
    with pytest.raises(UnreadableAnswer):
        read(answer(1000, 500))
    assert read(honest) == read(honest)


def test_chance_alone_finds_a_large_document_of_new_names():
    with pytest.raises(UnreadableAnswer):
        read_many(40, 20_000, Limits())

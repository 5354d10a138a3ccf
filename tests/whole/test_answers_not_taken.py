"""An answer that cannot be taken in is news for its sync: it asks for less, and ends in one run."""

from __future__ import annotations

import re

import pytest

from shared.models.ledger import rereads
from simulator.webconnector import Result
from tests.whole.bookkeeping import owes, synced
from tests.whole.rig import Rig

LIMIT = 400_000


def heavy(answer: str, numbers: set[str], kib: int = 30) -> str:
    """The answer with a long memo in every whole invoice of these numbers."""

    def grown(found: re.Match[str]) -> str:
        record = found[0]
        number = re.search("<RefNumber>(.*?)</RefNumber>", record)
        if "<InvoiceLineRet>" not in record or number is None or number[1] not in numbers:
            return record
        return record.replace("</InvoiceRet>", f"<Memo>{'x' * kib * 1024}</Memo></InvoiceRet>")

    return re.sub("<InvoiceRet>.*?</InvoiceRet>", grown, answer, flags=re.DOTALL)


@pytest.fixture
def large(open_rig) -> Rig:
    """Sixty open invoices that weigh 30 KB each, where 400 KB are taken."""
    from simulator.company import Company, acts

    rig = open_rig(
        Company.create(seed=1, customers=0, invoices=0),
        settings={"response_limit_bytes": str(LIMIT)},
    )
    acts.add_customer(rig.company.books, "Larkspur Tile")
    rig.add_connection()
    numbers = {str(1000 + number) for number in range(60)}
    for number in sorted(numbers):
        owes(rig, number, 10_000)
    rig.alter = lambda answer: heavy(answer, numbers)
    return rig


def pages(rig: Rig) -> list[int]:
    """How many whole invoices each request asked for."""
    whole = [one for one in rig.requests if "IncludeLineItems" in one]
    return [int(found[1]) for one in whole if (found := re.search(r"<MaxReturned>(\d+)<", one))]


def test_a_page_that_is_too_large_is_asked_for_again_in_smaller_ones_in_the_same_run(large):
    synced(large)
    assert large.is_equal()
    assert large.problems() == []
    assert pages(large)[:2] == [200, 25]
    assert max(pages(large)[2:]) < 25


def test_the_next_run_begins_with_the_size_that_came_in(large):
    synced(large)
    large.requests.clear()
    owes(large, "2000", 5_000)
    synced(large)
    assert pages(large)[0] < 25
    assert large.is_equal()


def test_one_invoice_that_can_never_be_taken_in_is_a_problem_and_the_rest_comes_in(books):
    txn_id = owes(books, "666", 10_000)
    for number in range(40):
        owes(books, str(number + 1), 100)
    books.alter = lambda answer: heavy(answer, {"666"}, kib=200)  # a text longer than is read
    synced(books)
    assert len(books.invoices()) == 40
    assert [(one.code, one.object_id) for one in books.problems()] == [
        ("record-not-taken-in", txn_id)
    ]
    books.alter = None
    synced(books)
    assert books.is_equal()
    assert books.problems() == []


def test_a_customer_that_can_never_be_taken_in_is_a_problem_and_the_rest_comes_in(books):
    owes(books, "1", 100)
    owes(books, "2", 200, "Larkspur Tile:Lobby")
    broken = re.compile("(<CustomerRet>(?:(?!</CustomerRet>).)*<Name>Lobby</Name>)", re.DOTALL)
    books.alter = lambda answer: broken.sub(r"\1<Notes>&nobody;</Notes>", answer)
    synced(books)
    assert [one.code for one in books.problems()][:1] != []
    assert {row.number for row in books.invoices().values()} == {"1"}
    books.alter = None
    synced(books)
    assert books.is_equal()


@pytest.mark.parametrize(
    "poison", ["\x1f", "&#x1F;", "\x0b", "\x85", "&#xD800;", "\ufffe"], ids=ascii
)
def test_a_character_that_no_xml_may_hold_stops_nothing(books, poison):
    txn_id = owes(books, "1", 100)
    books.alter = lambda answer: answer.replace("Larkspur Tile", f"Lark{poison}spur Tile")
    synced(books)
    assert set(books.invoices()) == {txn_id}
    assert books.problems() == []


def test_a_sync_whose_every_answer_is_garbled_ends_and_says_why(books):
    owes(books, "1", 100)
    books.alter = lambda answer: (
        answer[: len(answer) // 2] if "InvoiceQueryRs" in answer else answer
    )
    outcome = books.sync()
    assert outcome.result is Result.FAILED
    assert "could not be read" in outcome.status
    assert len(books.requests) < 40
    with books.store.reading():
        assert rereads.watermark(1, "invoice") == ""

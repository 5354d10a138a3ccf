"""Two customers have an invoice 1035 each, and a payment names that number alone.

Whatever the documented remedies make of the two problems, the payment never goes to the wrong
customer. Decisions are commands; QuickBooks' own books tell who was credited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.company import acts
from tests.console.cli.builders import Shell
from tests.whole.bookkeeping import owes, synced
from tests.whole.payments.builders import in_quickbooks, settles, standing
from tests.whole.rig import Rig

TAB, QUOTED = "Tab\\Slash Works", "“Quoted” Interiors"
HELD_BACK = "payment-invoice-ambiguous"
MEANT = ("--because", "meant to be so")


@dataclass
class Story:
    """A rig with the two invoices, and an operator at the command line of its store."""

    rig: Rig
    shell: Shell
    tab: str
    quoted: str

    def problem_of(self, txn_id: str) -> str:
        """The number of the open problem of an invoice."""
        listed = self.shell.json("problems", "list", "Larkspur")
        [found] = [row for row in listed if row["object_id"] == txn_id]
        assert found["code"] == "invoice-duplicate-number"
        return str(found["id"])

    def open_problems(self) -> set[str]:
        """The invoices whose problems are open."""
        listed = self.shell.json("problems", "list", "Larkspur")
        return {row["object_id"] for row in listed if row["kind"] == "invoice"}

    def acknowledge(self, *txn_ids: str) -> None:
        numbers = [self.problem_of(txn_id) for txn_id in txn_ids]
        self.shell.says("problems", "acknowledge", *numbers, *MEANT)

    def skip(self, txn_id: str) -> None:
        self.shell.says("problems", "skip", self.problem_of(txn_id), *MEANT, "--yes")

    def is_paid(self, *named: str, invoice: str = "1035") -> Story:
        """The payment of 58.18 comes in, or is corrected, and both applications run."""
        pay = ("payments", "add", "Larkspur", "--external-id", "pay_1", "--amount", "58.18")
        self.shell.says(*pay, "--invoice", invoice, "--date", "2025-06-30", *named)
        synced(self.rig)
        settles(self.rig)
        return self

    def credited(self) -> list[tuple[str, int]]:
        """Whom QuickBooks credited, with how many hundredths."""
        return [(one.customer, one.amount) for one in in_quickbooks(self.rig)]

    def is_held_back(self) -> bool:
        return standing(self.rig)[1] == HELD_BACK and self.credited() == []


@pytest.fixture
def story(books: Rig, tmp_path: Path) -> Iterator[Story]:
    """An Invoice Sync met both invoices."""
    for customer in (TAB, QUOTED):
        acts.add_customer(books.company.books, customer)
    tab, quoted = owes(books, "1035", 5_818, TAB), owes(books, "1035", 9_000, QUOTED)
    shell = Shell(tmp_path)
    shell.database = books.store_url
    synced(books)
    yield Story(books, shell, tab, quoted)
    shell.close()


def test_the_documented_remedy_never_credits_the_wrong_customer(story):
    story.acknowledge(story.tab, story.quoted)
    assert story.is_paid().is_held_back()
    assert story.open_problems() == set()
    assert set(story.rig.invoices()) == {story.tab, story.quoted}
    story.is_paid("--customer", TAB)
    assert story.credited() == [(TAB, 5_818)]


def test_an_acknowledged_number_is_news_again_when_a_third_invoice_gets_it(story):
    story.acknowledge(story.tab, story.quoted)
    synced(story.rig)
    assert story.open_problems() == set()
    third = owes(story.rig, "1035", 100, TAB)
    synced(story.rig)
    assert story.open_problems() == {story.tab, story.quoted, third}


@pytest.mark.parametrize("skipped", ["tab", "quoted"])
def test_skipping_one_of_the_two_does_not_make_the_other_the_one_that_was_paid(story, skipped):
    left, other = (story.tab, story.quoted)[:: 1 if skipped == "tab" else -1]
    story.skip(left)
    synced(story.rig)
    assert story.open_problems() == {other}
    assert set(story.rig.invoices()) == {other}
    assert story.is_paid().is_held_back()


def test_leaving_an_open_invoice_out_is_asked_with_its_amount(story):
    said = story.shell.refuses(2, "problems", "skip", story.problem_of(story.tab), *MEANT)
    assert "58.18" in said
    assert set(synced(story.rig).invoices()) == {story.tab, story.quoted}


def test_an_invoice_that_was_paid_in_quickbooks_still_bears_its_number(story):
    acts.pay(story.rig.company.books, story.tab, 5_818)
    synced(story.rig)
    before = story.credited()
    story.is_paid()
    assert standing(story.rig)[1] == HELD_BACK
    assert story.credited() == before


@pytest.mark.parametrize("named", ["customer", "txn_id"])
@pytest.mark.parametrize("decided", ["acknowledge", "skip"])
def test_a_customer_or_a_txn_id_tells_which_one_was_paid(story, decided, named):
    getattr(story, decided)(story.quoted)
    if named == "customer":
        story.is_paid("--customer", TAB)
    else:
        story.is_paid(invoice=story.tab)
    assert story.credited() == [(TAB, 5_818)]


@pytest.mark.parametrize("skipped", [True, False])
def test_a_number_of_its_own_settles_it_also_for_an_invoice_that_is_skipped(story, skipped):
    if skipped:
        story.skip(story.quoted)
    assert story.is_paid().is_held_back()
    acts.renumber(story.rig.company.books, story.quoted, "1035-Q")
    synced(story.rig)
    assert story.open_problems() == set()
    [waiting] = story.shell.json("payments", "list", "Larkspur")
    story.shell.says("payments", "retry", str(waiting["id"]))
    settles(story.rig)
    assert story.credited() == [(TAB, 5_818)]


def test_a_number_that_was_given_out_again_since_the_last_invoice_sync_is_not_guessed(story):
    first = owes(story.rig, "2001", 5_818, TAB)
    synced(story.rig)
    second = owes(story.rig, "2001", 5_818, QUOTED)
    pay = ("payments", "add", "Larkspur", "--external-id", "pay_1", "--amount", "58.18")
    story.shell.says(*pay, "--invoice", "2001", "--date", "2025-06-30")
    settles(story.rig)
    assert story.is_held_back()
    assert {first, second} <= set(story.rig.invoices())
    acts.renumber(story.rig.company.books, second, "2002")
    synced(story.rig)
    story.shell.says("payments", "retry", "pay_1", "--connection", "Larkspur")
    settles(story.rig)
    assert story.credited() == [(TAB, 5_818)]

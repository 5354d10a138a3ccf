"""An invoice in words: both sides, who is billed, why it is left out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from console.tui import words
from shared import hints
from shared.models.ledger.invoice_pages import InvoiceSides
from shared.operations.describe.text import grouped


def status_of(line: InvoiceSides) -> Text:
    """The status as a word, with what needs a look."""
    if line.left_out:
        return words.state("left-out", f"{line.status}, left out")
    return words.state("refused", f"{line.status}, differs") if line.differs else Text(line.status)


def seen_of(line: InvoiceSides) -> str:
    """What QuickBooks last showed."""
    return "never" if line.seen is None else grouped(line.seen)


def reason_of(line: InvoiceSides) -> str:
    """Why it is left out, in a few words; empty for an imported one."""
    known = hints.hint(line.left_out) if line.left_out else None
    return known.title if known else line.left_out.replace("-", " ")


def told_of(line: InvoiceSides) -> Iterator[Text]:
    """What there is to say about an invoice, one line for each matter."""
    name = f"Invoice {line.number or 'without number'}"
    dates = f"{line.date}" + (f", due {line.due_date}" if line.due_date else "")
    yield words.titled(name, f"{dates}, {grouped(line.total)} {line.currency}, {line.status}.")
    billed = f", billed to {line.customer}" if line.customer != line.named else ""
    yield words.titled("Customer", f"{line.named}{billed}. {line.connection}.")
    shown = "never showed it" if line.seen is None else f"last showed {grouped(line.seen)}"
    yield words.titled("Owed", f"{grouped(line.balance)} here; QuickBooks {shown}.")
    if line.left_out:
        told = hints.tell(line.left_out)
        yield words.titled("Left out", told.message)
        yield words.titled("What to do", told.remedy)
    elif line.differs:
        yield words.titled("What to do", "Run Invoice Sync: it reads what differs again.")

"""An invoice in words: both sides, who is billed, why it is left out; its payments and lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shared import dates, hints
from shared.documents import invoice_document
from shared.operations.describe.payments import name_of, status_word
from shared.operations.describe.problems import standing
from shared.operations.describe.sections import Section
from shared.operations.describe.tables import CURRENCY, Column
from shared.operations.describe.text import grouped
from shared.rules.ledger import Invoice, InvoiceDetail, InvoiceLine, InvoiceSides
from shared.rules.payments.values import ZERO, Payment, PaymentSource
from shared.rules.payments.views import PaymentLine

if TYPE_CHECKING:
    from decimal import Decimal


def status(line: InvoiceSides) -> str:
    """The status in a few words, with what needs a look."""
    if line.left_out:
        return f"{line.status}, left out"
    return f"{line.status}, differs" if line.differs else line.status.value


def seen(line: InvoiceSides) -> str:
    """What QuickBooks last showed."""
    return "never" if line.seen is None else grouped(line.seen)


def reason(line: InvoiceSides) -> str:
    """Why it is left out, in a few words; empty for an imported one."""
    known = hints.hint(line.left_out) if line.left_out else None
    return known.title if known else line.left_out.replace("-", " ")


def summary(line: InvoiceSides) -> Section:
    """Both sides of an invoice, and why it is left out."""
    title = f"{invoice_document(line.number, line.named)} ({line.connection})"
    return Section(title, tuple(_about(line)))


def _about(line: InvoiceSides) -> Iterator[tuple[str, str]]:
    due = f", due {dates.day(line.due_date)}" if line.due_date else ""
    dated = f"{dates.day(line.date)}{due}"
    name = f"Invoice {line.number or 'without number'}"
    yield name, f"{dated}, {grouped(line.total)} {line.currency}, {line.status}."
    billed = f", billed to {line.customer}" if line.customer != line.named else ""
    yield "Customer", f"{line.named}{billed}"
    yield "Connection", line.connection
    shown = "never showed it" if line.seen is None else f"last showed {grouped(line.seen)}"
    yield "Owed", f"{grouped(line.balance)} here; QuickBooks {shown}."
    if line.left_out:
        told = hints.tell(line.left_out)
        yield "Left out", told.message
        yield "What to do", told.remedy
    elif line.differs:
        yield "What to do", "Run Invoice Sync: it reads what differs again."


def sections(detail: InvoiceDetail) -> tuple[Section, ...]:
    """How it stands, its problem if any, and what else QuickBooks has of it."""
    held = summary(detail.sides)
    about = list(held.lines)
    problem = detail.problem
    if problem is not None:
        about.append(("Problem", f"{problem.message} ({standing(problem)})"))
        about += [("What to do", problem.remedy)] * bool(problem.remedy)
    about += _held_back(detail.payments)
    about.append(("In QuickBooks", ", ".join(_in_quickbooks(detail.invoice))))
    return (Section(held.title, tuple(about)),)


def _held_back(payments: Iterable[PaymentLine]) -> Iterator[tuple[str, str]]:
    """Why payments of the invoice stand as they do, those of one reason together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for one in payments:
        alike.setdefault((one.payment.reason, one.remedy), []).append(name_of(one.payment))
    for (why, remedy), names in alike.items():
        if why:
            yield f"Payment {', '.join(names)}", why
        if why and remedy:
            yield "What to do", remedy


def _in_quickbooks(invoice: Invoice) -> Iterator[str]:
    more = {
        "A/R account": invoice.ar_account,
        "Terms": invoice.terms,
        "P.O. number": invoice.po_number,
        "Memo": invoice.memo,
        "Not read": invoice.note,
        "TxnID": invoice.txn_id,
        "Changed in QuickBooks": invoice.time_modified.replace("T", " "),
    }
    return (f"{name} {value}" for name, value in more.items() if value)


def applied(payment: Payment, txn_id: str) -> Decimal:
    """What the invoice gets of a payment."""
    its_own = (use.amount for use in payment.uses if use.invoice_txn_id == txn_id)
    return sum(its_own, ZERO)


COLUMNS = (
    Column("What", least=20),
    Column("How", least=10, drop=2),
    Column("Status", drop=3),
    Column("Date", drop=1),
    Column("Amount", right=True),
    CURRENCY,
)
"""Of the payments and the lines of an invoice."""


def payment_cells(payment: Payment, sides: InvoiceSides) -> tuple[str, ...]:
    """A payment of the invoice: what, how, status, day, amount, currency."""
    source = "QuickBooks" if payment.source is PaymentSource.QUICKBOOKS else "the platform"
    how = f"{payment.method.replace('_', ' ')} from {source}".strip()
    stands = "deleted" if payment.deleted else status_word(payment)
    got = grouped(applied(payment, sides.txn_id))
    return (name_of(payment), how, stands, dates.day(payment.date), got, sides.currency)


def line_cells(line: InvoiceLine, currency: str) -> tuple[str, ...]:
    """A line of the invoice, in the columns of its payments."""
    named = f" ({line.item})" if line.item and line.description else line.item
    how = " x ".join(part for part in (line.quantity, line.rate) if part)
    day = dates.day(line.service_date)
    amount = "" if line.amount is None else grouped(line.amount)
    return (f"{line.description}{named}", how, "", day, amount, currency if amount else "")

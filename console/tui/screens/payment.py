"""One payment: its whole life, what QuickBooks holds of it, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text

from console.tui import render
from console.tui.bindings import bind, bindings, hide
from console.tui.screens.payment_deciding import DecidesPayments
from console.tui.screens.reading import FindsText
from console.tui.widgets.text_view import Labeled, Paragraph, TextView
from shared.models.store import Store
from shared.operations import payment_views
from shared.operations.describe import payments as describe
from shared.operations.describe.sections import Section
from shared.operations.describe.text import plain
from shared.rules.payments.values import Payment
from shared.rules.payments.views import PaymentDetail

_LABEL = 16


class PaymentScreen(DecidesPayments[PaymentDetail], FindsText[PaymentDetail]):
    """A payment from when it was received until its balances were seen to be right."""

    PLACE = "Payment"
    BINDINGS = bindings(
        bind("slash", "find", "Find", "Find text on this page."),
        hide("n", "again(1)", "Next", "The next match."),
        bind("C", "copy", "Copy", "Copy all of this to your terminal's clipboard."),
    )

    def __init__(self, payment_id: int) -> None:
        super().__init__()
        self._payment_id = payment_id

    def question(self) -> Callable[[Store], PaymentDetail]:
        return partial(payment_views.view_payment, payment_id=self._payment_id)

    def show(self, snapshot: PaymentDetail) -> None:
        self.show_place(f"{snapshot.payment.document} ({snapshot.connection})")
        standing, *others = describe.sections(snapshot)
        told = [
            *_standing(standing, snapshot.payment),
            *self.choices(snapshot.payment),
            *(line for section in others for line in _paragraphs(section)),
        ]
        self.query_one(TextView).show(told)

    def payment(self) -> Payment | None:
        return self.snapshot.payment if self.snapshot is not None else None

    def action_copy(self) -> None:
        """Copy everything."""
        if (payment := self.payment()) is not None:
            self.copy(f"{payment.document}\n{self.query_one(TextView).text}", payment.document)


def _standing(section: Section, payment: Payment) -> Iterator[Paragraph]:
    """How the payment stands: its state is a word before it is a color."""
    for name, value in section.lines:
        if name != "Status":
            yield render.titled(name, value)
            continue
        word = describe.status_word(payment)
        rest = value.removeprefix(word)
        yield render.titled(name, Text.assemble(render.state(word), rest))


def _paragraphs(section: Section) -> Iterator[Paragraph]:
    yield Text()
    yield Text(plain(section.title), style="bold")
    width = max(_LABEL, *(len(name) + 4 for name, _ in section.lines))
    for name, value in section.lines:
        yield Labeled(Text(plain(f"  {name}".ljust(width))), Text(plain(value)))

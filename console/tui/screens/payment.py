"""One payment: its whole life, what QuickBooks holds of it, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from console.tui.screens.payment_deciding import DecidesPayments
from console.tui.screens.payment_telling import paragraphs
from console.tui.screens.reading import FindsText
from console.tui.snapshots import payment as snapshots
from console.tui.snapshots.payment import PaymentDetail
from console.tui.widgets.text_view import TextView
from shared.models.store import Store
from shared.rules.payments.values import Payment


class PaymentScreen(DecidesPayments[PaymentDetail], FindsText[PaymentDetail]):
    """A payment from when it was received until its balances were seen to be right."""

    PLACE = "Payment"
    CSS_PATH = "payments.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "Find", tooltip="Look for a text in what is told here."),
        Binding("n", "again(1)", "Next", show=False, tooltip="The next place with that text."),
        Binding("C", "copy", "Copy", tooltip="Copy all of this to your terminal's clipboard."),
    ]

    def __init__(self, payment_id: int) -> None:
        super().__init__()
        self._payment_id = payment_id

    def question(self) -> Callable[[Store], PaymentDetail]:
        """The payment with all that is known of it."""
        return partial(snapshots.read, payment_id=self._payment_id)

    def show(self, snapshot: PaymentDetail) -> None:
        """Fill the text in."""
        self.show_place(f"{snapshot.payment.document} ({snapshot.connection})")
        choices = list(self.choices(snapshot.payment))
        self.query_one(TextView).show(list(paragraphs(snapshot, choices, self.backstage.clock())))

    def payment(self) -> Payment | None:
        """The payment that this is about."""
        return self.snapshot.payment if self.snapshot is not None else None

    def action_copy(self) -> None:
        """Copy everything."""
        payment = self.payment()
        if payment is not None:
            self.copy(f"{payment.document}\n{self.query_one(TextView).text}", payment.document)

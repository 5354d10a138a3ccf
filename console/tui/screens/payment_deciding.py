"""Retry, skip, unskip, settle: the same keys and questions wherever a payment is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from rich.text import Text

from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.render import titled
from console.tui.screens.hint import OpensHint
from console.tui.widgets.dialogs import AskReason, ask_with
from shared.models.store import Store
from shared.operations import payment_allowances, payments
from shared.operations.deciding import Outcome, Plan
from shared.rules.payments.judging import ABOUT_NAMES
from shared.rules.payments.values import Payment, PaymentStatus

Snapshot = TypeVar("Snapshot")
S = PaymentStatus


class DecidesPayments(OpensHint[Snapshot]):
    """A screen on which a payment is under the cursor: ``payment`` says which."""

    BINDINGS = bindings(
        bind("r", "retry", "Retry", "Check the payment again now. Asks first."),
        bind(
            "o",
            "allow",
            "Allow",
            "Allow a credit, posting on account, or a later date. Asks first.",
        ),
        bind("s", "skip", "Skip", "Never post this payment, with a reason."),
        bind("u", "unskip", "Unskip", "Unskip the payment. Asks first."),
        bind(
            "d",
            "settle",
            "Settle unknown",
            "Confirm that no PC is still running its request. Asks first.",
        ),
        bind(
            "x", "withdraw", "Withdraw", "Withdraw the payment before anything is sent. Asks first."
        ),
        bind("w", "who", "Match customer", "Match the payment's customer to one in QuickBooks."),
        troubleshooting("what holds the payment, and the remedy"),
    )

    def payment(self) -> Payment | None:
        """The payment under the cursor."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in _ABLE:
            return super().check_action(action, parameters)
        payment = self.payment()
        return True if payment is not None and _ABLE[action](payment) else None

    def choices(self, payment: Payment) -> Iterator[Text]:
        """What the keys would do to a payment, before one is pressed."""
        for action, key, told in _CHOICES:
            if _ABLE[action](payment):
                yield titled(key, told)
        if payment.code:
            yield titled("t", "explains this, and who does what.")

    def hint_code(self) -> str:
        payment = self.payment()
        return payment.code if payment is not None else ""

    def action_retry(self) -> None:
        """Say what retrying would do, and ask."""
        self._decide(payments.plan_retry)

    def action_allow(self) -> None:
        """Say what would let it go out, and ask."""
        if (payment := self.payment()) is not None:
            wanted = partial(payment_allowances.plan_way_out, payment_id=payment.id)
            self.decide(wanted, asks=True)

    def action_skip(self) -> None:
        """Ask for the reason, then skip."""
        if (payment := self.payment()) is not None:
            plan = partial(payments.plan_skip, payment_ids=[payment.id])
            told = "It will not be posted to QuickBooks unless somebody unskips it."
            dialog = AskReason(f"Skip {payment.document}?", [told], "The reason, for the record")
            ask_with(self, dialog, lambda reason: self.decide(partial(plan, because=reason)))

    def action_unskip(self) -> None:
        """Say what taking the skip back would do, and ask."""
        self._decide(payments.plan_unskip)

    def action_withdraw(self) -> None:
        """Say what withdrawing would do, and ask."""
        self._decide(payments.plan_withdraw)

    def action_settle(self) -> None:
        """Say exactly what is confirmed, and ask."""
        if (payment := self.payment()) is not None:
            self.decide(partial(payments.plan_settle, payment_id=payment.id))

    def _decide(self, plan_of: Callable[[Store, Iterable[int]], Plan[Outcome]]) -> None:
        if (payment := self.payment()) is not None:
            payment_ids = (payment.id,)
            self.decide(lambda store: plan_of(store, payment_ids), asks=True)

    def action_who(self) -> None:
        """Show whom the payment's customer may mean."""
        from console.tui.screens.customer_names import CustomerNameScreen

        if (payment := self.payment()) is not None:
            self.app.push_screen(CustomerNameScreen(payment.connection_id, payment.customer))


_ABLE: Mapping[str, Callable[[Payment], bool]] = {
    "retry": lambda one: one.status is not S.READY and payments.may_retry(one),
    "allow": payment_allowances.has_way_out,
    "skip": payments.may_skip,
    "unskip": lambda one: one.status is S.SKIPPED,
    "withdraw": payments.may_be_withdrawn,
    "settle": lambda one: one.status is S.UNKNOWN,
    "who": lambda one: one.code in ABOUT_NAMES,
}
_CHOICES = (
    ("who", "w", "matches its customer to one in QuickBooks."),
    ("retry", "r", "checks it again now. Shows what will happen, then asks."),
    ("allow", "o", "allows what holds it back, for this payment only. Shows what, then asks."),
    ("skip", "s", "sets it aside with your reason; it is not posted. u undoes that."),
    ("unskip", "u", "unskips it. Asks first."),
    ("withdraw", "x", "withdraws it, if nothing was sent yet. Asks first."),
    (
        "settle",
        "d",
        "settles the outcome now, if no PC can still be running its request. Asks first.",
    ),
)

"""Retry, skip, unskip, settle: the same keys and questions wherever a payment is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.binding import Binding, BindingType

from console.tui.render import titled
from console.tui.screens.hint import OpensHint
from console.tui.widgets.dialogs import AskReason
from shared.models.store import Store
from shared.operations import payment_allowances, payments
from shared.operations.deciding import Outcome, Plan
from shared.rules.payments.judging import ABOUT_NAMES
from shared.rules.payments.values import Payment, PaymentStatus

Snapshot = TypeVar("Snapshot")
S = PaymentStatus


class DecidesPayments(OpensHint[Snapshot]):
    """A screen on which a payment is under the cursor: ``payment`` says which."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "Retry", tooltip="Have the payment judged again at once. It asks."),
        Binding(
            "o",
            "allow",
            "Allow",
            tooltip="Allow a credit, posting on account, or a later date, for this one. It asks.",
        ),
        Binding("s", "skip", "Skip", tooltip="Never post this payment, with a reason."),
        Binding("u", "unskip", "Unskip", tooltip="Take a skipped payment in again. It asks."),
        Binding(
            "d",
            "settle",
            "Settle doubt",
            tooltip="Confirm that no PC still runs its request. It asks.",
        ),
        Binding(
            "x",
            "withdraw",
            "Withdraw",
            tooltip="Take the payment back before anything of it was sent. It asks.",
        ),
        Binding(
            "w",
            "who",
            "Match customer",
            tooltip="Say which customer of QuickBooks the payment's customer is.",
        ),
        Binding(
            "t",
            "hint",
            "Troubleshooting",
            tooltip="Everything known about what keeps the payment, and the remedy.",
        ),
    ]

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
            yield titled("t", "tells everything about this, and who does what.")

    def hint_code(self) -> str:
        payment = self.payment()
        return payment.code if payment is not None else ""

    def action_retry(self) -> None:
        """Say what retrying would do, and ask."""
        self._decide(payments.plan_retry)

    def action_allow(self) -> None:
        """Say what would let it go out, and ask."""
        payment = self.payment()
        if payment is not None:
            wanted = partial(payment_allowances.plan_way_out, payment_id=payment.id)
            self.decide(wanted, asks=True)

    def action_skip(self) -> None:
        """Ask for the reason, then skip."""
        payment = self.payment()
        if payment is None:
            return
        payment_ids = [payment.id]

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.decide(partial(payments.plan_skip, payment_ids=payment_ids, because=reason))

        self.app.push_screen(
            AskReason(
                f"Skip {payment.document}?",
                ["It is never posted to QuickBooks until somebody takes that back."],
                "The reason, for those who ask",
            ),
            answered,
        )

    def action_unskip(self) -> None:
        """Say what taking the skip back would do, and ask."""
        self._decide(payments.plan_unskip)

    def action_withdraw(self) -> None:
        """Say what withdrawing would do, and ask."""
        self._decide(payments.plan_withdraw)

    def action_settle(self) -> None:
        """Say exactly what is confirmed, and ask."""
        payment = self.payment()
        if payment is not None:
            self.decide(partial(payments.plan_settle, payment_id=payment.id))

    def _decide(self, plan_of: Callable[[Store, Iterable[int]], Plan[Outcome]]) -> None:
        payment = self.payment()
        if payment is not None:
            payment_ids = (payment.id,)
            self.decide(lambda store: plan_of(store, payment_ids), asks=True)

    def action_who(self) -> None:
        """Show whom the payment's customer may mean."""
        from console.tui.screens.customer_name import CustomerNameScreen

        payment = self.payment()
        if payment is not None:
            self.app.push_screen(CustomerNameScreen(payment.connection_id, payment.customer))


def _may_retry(payment: Payment) -> bool:
    return payment.status is not S.READY and payments.may_retry(payment)


def _is_skipped(payment: Payment) -> bool:
    return payment.status is S.SKIPPED


def _is_in_doubt(payment: Payment) -> bool:
    return payment.status is S.UNKNOWN


def _has_a_name_to_resolve(payment: Payment) -> bool:
    return payment.code in ABOUT_NAMES


_ABLE: Mapping[str, Callable[[Payment], bool]] = MappingProxyType(
    {
        "retry": _may_retry,
        "allow": payment_allowances.has_way_out,
        "skip": payments.may_skip,
        "unskip": _is_skipped,
        "withdraw": payments.may_be_withdrawn,
        "settle": _is_in_doubt,
        "who": _has_a_name_to_resolve,
    }
)
_CHOICES = (
    ("who", "w", "matches its customer to one in QuickBooks."),
    ("retry", "r", "judges it again at once. It says first what that means, and asks."),
    ("allow", "o", "allows what keeps it back, for this payment alone. It says what, and asks."),
    ("skip", "s", "never posts it, with your reason; u takes that back."),
    ("unskip", "u", "takes it in again. It asks."),
    ("withdraw", "x", "takes it back, where nothing of it was sent yet. It asks."),
    (
        "settle",
        "d",
        "ends the doubt now, where no PC can still be running its request. It asks.",
    ),
)

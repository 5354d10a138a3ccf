"""Retry, skip, unskip, settle: the same keys and questions wherever a payment is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.binding import Binding, BindingType

from console.tui.actions import payments as actions
from console.tui.screens.base import StoreScreen
from console.tui.screens.hint import HintScreen
from console.tui.snapshots import payments as snapshots
from console.tui.snapshots.payments import RetryPlan, SettlePlan
from console.tui.widgets.dialogs import AskReason, Confirm
from console.tui.words import titled
from shared.models.payments import states
from shared.rules.payments.judging import ABOUT_NAMES
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus

Snapshot = TypeVar("Snapshot")
S = PaymentStatus


class DecidesPayments(StoreScreen[Snapshot]):
    """A screen on which a payment is under the cursor: ``payment`` says which."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "Retry", tooltip="Have the payment judged again at once. It asks."),
        Binding("s", "skip", "Skip", tooltip="Never post this payment, with a reason."),
        Binding("u", "unskip", "Un-skip", tooltip="Take a skipped payment in again. It asks."),
        Binding(
            "d",
            "settle",
            "Settle doubt",
            tooltip="Vouch that no copy of its request is left on any PC. It asks.",
        ),
        Binding(
            "w",
            "who",
            "Who is meant",
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
        """Dim what cannot be done in the state that the payment is in."""
        if action not in _ABLE:
            return super().check_action(action, parameters)
        payment = self.payment()
        return True if payment is not None and _ABLE[action](payment) else None

    def choices(self, payment: Payment) -> Iterator[Text]:
        """What the keys would do to a payment, before one is pressed."""
        for action, key, told in _CHOICES:
            if _ABLE[action](payment):
                yield titled(key, told)

    def action_retry(self) -> None:
        """Say what retrying would do, and ask."""
        payment = self.payment()
        if payment is not None:
            question = partial(snapshots.plan_retry, payment_ids=[payment.id])
            self.look(question, self.retry_as_planned)

    def retry_as_planned(self, plan: RetryPlan) -> None:
        """Ask, then carry a plan out."""
        if not plan.payment_ids:
            self.say("None of this kind can be retried.")
            return
        self._ask(Confirm(plan.title, plan.told, "Retry"), partial(actions.retry, plan=plan))

    def action_skip(self) -> None:
        """Ask for the reason, then skip."""
        payment = self.payment()
        if payment is None:
            return
        payment_id = payment.id

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.carry_out(partial(actions.skip, payment_ids=[payment_id], because=reason))

        self.app.push_screen(
            AskReason(
                f"Skip {payment.document}?",
                ["It is never posted to QuickBooks until somebody takes that back."],
                "The reason, for those who ask",
            ),
            answered,
        )

    def action_unskip(self) -> None:
        """Ask, then take the skip back."""
        payment = self.payment()
        if payment is None:
            return
        told = (
            "It is judged again at once, and posted to QuickBooks by the next Payment Sync if"
            " nothing stands against it. One that was parked is parked again."
        )
        skipped = f"Skipped because: {payment.note}" + (
            f" (by {payment.changed_by})" if payment.changed_by else ""
        )
        self._ask(
            Confirm(f"Take {payment.document} in again?", [skipped, told], "Un-skip"),
            partial(actions.unskip, payment_ids=[payment.id]),
        )

    def action_settle(self) -> None:
        """Say exactly what is vouched for, and ask."""
        payment = self.payment()
        if payment is not None:
            self.look(partial(snapshots.plan_settle, payment_id=payment.id), self._settle)

    def _settle(self, plan: SettlePlan) -> None:
        self._ask(
            Confirm(plan.title, plan.told, "No copy is left"), partial(actions.settle, plan=plan)
        )

    def action_who(self) -> None:
        """Show whom the payment's customer may mean."""
        from console.tui.screens.customer_name import CustomerNameScreen

        payment = self.payment()
        if payment is not None:
            self.app.push_screen(CustomerNameScreen(payment.connection_id, payment.customer))

    def action_hint(self) -> None:
        """Open the troubleshooting entry."""
        payment = self.payment()
        if payment is not None:
            self.app.push_screen(HintScreen(payment.code))

    def _ask(self, question: Confirm, action: partial[str]) -> None:
        self.app.push_screen(question, lambda agreed: self.carry_out(action) if agreed else None)


def _may_retry(payment: Payment) -> bool:
    ours = payment.source is PaymentSource.INVOICED
    return ours and payment.status is not S.READY and states.may_retry(payment)


def _may_skip(payment: Payment) -> bool:
    return payment.source is PaymentSource.INVOICED and states.may_skip(payment)


def _is_skipped(payment: Payment) -> bool:
    return payment.status is S.SKIPPED


def _is_in_doubt(payment: Payment) -> bool:
    return payment.status is S.UNKNOWN


def _has_a_name_to_resolve(payment: Payment) -> bool:
    return payment.code in ABOUT_NAMES


def _has_a_hint(payment: Payment) -> bool:
    return bool(payment.code)


_ABLE: Mapping[str, Callable[[Payment], bool]] = MappingProxyType(
    {
        "retry": _may_retry,
        "skip": _may_skip,
        "unskip": _is_skipped,
        "settle": _is_in_doubt,
        "who": _has_a_name_to_resolve,
        "hint": _has_a_hint,
    }
)
_CHOICES = (
    ("who", "w", "says whom its customer's name means in QuickBooks."),
    ("retry", "r", "judges it again at once. It says first what that means, and asks."),
    ("skip", "s", "never posts it, with your reason; u takes that back."),
    ("unskip", "u", "takes it in again. It asks."),
    (
        "settle",
        "d",
        "ends the doubt now, where nothing of its request can be left on a PC. It asks.",
    ),
    ("hint", "t", "tells everything about this, and who does what."),
)

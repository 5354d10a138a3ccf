"""What a person may decide about a payment as it stands, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from shared.rules.payments.values import Payment, PaymentStatus

_S = PaymentStatus
_IN_DOUBT = "it may already be in QuickBooks; the next Payment Sync settles it"
_NO_RETRY: Mapping[PaymentStatus, str] = {
    _S.SENT: _IN_DOUBT,
    _S.UNKNOWN: _IN_DOUBT,
    _S.POSTED: "it is already in QuickBooks",
    _S.IMPORTED: "it comes from QuickBooks",
    _S.SKIPPED: "it is skipped; unskip it first",
    _S.WITHDRAWN: "it is withdrawn; adding it again brings it back",
}
_NO_SKIP: Mapping[PaymentStatus, str] = dict(_NO_RETRY) | {_S.SKIPPED: "it is already skipped"}


def why_no_retry(payment: Payment) -> str:
    """Why a payment cannot be retried, as a sentence; empty where it can."""
    return _sentence(payment, "retried", _NO_RETRY.get(payment.status, ""))


def why_no_skip(payment: Payment) -> str:
    """Why a payment cannot be skipped, as a sentence; empty where it can."""
    return _sentence(payment, "skipped", _NO_SKIP.get(payment.status, ""))


def why_no_unskip(payment: Payment) -> str:
    """Why a payment cannot be unskipped, as a sentence; empty where it can."""
    is_skipped = payment.status is _S.SKIPPED
    return _sentence(payment, "unskipped", "" if is_skipped else "it is not skipped")


def why_no_withdrawal(payment: Payment, *, left: bool) -> str:
    """Why a payment cannot be withdrawn, as a sentence; empty where it can.

    ``left``: a request of it was sent, or QuickBooks may have it for another reason.
    """
    why = _NO_WITHDRAWAL.get(payment.status, _LEFT if left else "")
    return _sentence(payment, "withdrawn", why)


_LEFT = "it was sent to QuickBooks"
_NO_WITHDRAWAL: Mapping[PaymentStatus, str] = {
    _S.IMPORTED: "it comes from QuickBooks",
    _S.WITHDRAWN: "it is already withdrawn",
}


def may_be_withdrawn(payment: Payment) -> bool:
    """Whether its state leaves it open that a payment can be withdrawn."""
    return payment.status in _NOT_THERE


_NOT_THERE = frozenset({_S.WAITING, _S.READY, _S.REFUSED, _S.NOT_ELIGIBLE, _S.SKIPPED})


def _sentence(payment: Payment, done: str, why: str) -> str:
    return f"{payment.document} cannot be {done}: {why}." if why else ""

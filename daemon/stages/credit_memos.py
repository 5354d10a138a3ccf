"""The stage of Invoice Sync that reads credit memos, where the connection wants them.

QuickBooks cannot be asked for what is left of a credit memo: used up ones are read and not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from daemon.stages.read_only import ReadOnlyStage
from daemon.stages.troubles import trouble
from shared.models.ledger import credit_memos
from shared.qbxml.requests import CreditMemoQuery, Iterator
from shared.qbxml.responses import CreditMemoRet, Ret
from shared.rules.currencies import currency_code
from shared.rules.ledger import CreditMemo, CreditUse
from shared.rules.values import Connection, Outcome, RecordKind, Trouble

ZERO = Decimal("0.00")
INCLUDE = (
    *("TxnID", "TimeModified", "CustomerRef", "TxnDate", "RefNumber", "IsPending", "TotalAmount"),
    *("CreditRemaining", "CurrencyRef", "LinkedTxn"),
)


class CreditMemoStage(ReadOnlyStage[CreditMemo]):
    """Credit memos of which something is left."""

    kind = RecordKind.CREDIT_MEMO
    doing = "Reading credit memos"
    not_read = "credit-memos-not-read"

    def is_wanted(self, connection: Connection) -> bool:
        return connection.credit_memos

    def query(
        self, request_id: str, *, size: int, since: str, start: date | None, iterator: Iterator
    ) -> CreditMemoQuery:
        return CreditMemoQuery(request_id, size, since, start, True, INCLUDE, iterator)

    def take(self, ret: Ret, home_currency: str) -> CreditMemo | Trouble | None:
        if not isinstance(ret, CreditMemoRet):
            return None
        total, remaining = ret.total_amount, ret.credit_remaining
        if not ret.customer.list_id or not ret.txn_date or total is None or remaining is None:
            reason = "QuickBooks left out CustomerRef, TxnDate, TotalAmount or CreditRemaining"
            return self.unreadable(ret.txn_id, ret.document, reason)
        return CreditMemo(
            txn_id=ret.txn_id,
            number=ret.ref_number,
            customer=ret.customer.full_name,
            customer_list_id=ret.customer.list_id,
            date=ret.txn_date,
            total=total,
            remaining=ZERO if ret.is_pending else remaining,  # pending: not posted, so no credit
            currency=currency_code(ret.currency) if ret.currency else home_currency,
            time_modified=ret.time_modified,
            uses=tuple(
                CreditUse(one.txn_id, one.txn_type, one.ref_number, abs(one.amount or ZERO))
                for one in ret.linked
            ),
        )

    def unreadable(self, txn_id: str, document: str, reason: str) -> Trouble:
        return trouble("credit-memo-unreadable", self.kind, txn_id, document, reason=reason)

    def keep(
        self, connection_id: int, sync_id: int, batch: Sequence[CreditMemo], *, of_all: bool
    ) -> Mapping[str, Outcome]:
        return credit_memos.store(connection_id, sync_id, batch, of_all=of_all)

    def forget_unseen(self, connection_id: int, sync_id: int) -> Sequence[CreditMemo]:
        return credit_memos.forget_unseen(connection_id, sync_id)

"""The JSON of payments and of ``reconcile``: every key, what it holds, where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from shared.operations.contracts.shapes import Json, Key, Shape
from shared.operations.describe.text import amount, iso_day, iso_instant

if TYPE_CHECKING:
    from shared.operations.payment_intake import Added, Note, Refusal, Report
    from shared.operations.payment_rules import Rules
    from shared.rules.payments.values import (
        Allowances,
        DepositRule,
        MethodRule,
        Payment,
        PaymentUse,
        PostingEvent,
        PostingUse,
    )
    from shared.rules.payments.views import PartDetail, PaymentDetail, PaymentLine

T = TypeVar("T")


def _amount_or_none(value: Decimal | None) -> str | None:
    return None if value is None else amount(value)


APPLIED: Shape[PaymentUse] = Shape(
    Key("invoice_txn_id", "TxnID of the invoice; empty: not known yet", lambda u: u.invoice_txn_id),
    Key("number", "its number; may be empty", lambda u: u.number),
    Key("amount", "what it gets, discount included", lambda u: amount(u.amount)),
    Key("document", "the invoice as the payment names it", lambda u: u.document),
    Key("discount", "the discount in it", lambda u: amount(u.discount)),
    Key("held", "whether we hold the invoice", lambda u: u.held),
)

OTHER_USE: Shape[PaymentUse] = Shape(
    Key("kind", "`credit_note` (recorded, not posted) or `other`", lambda u: u.kind.value),
    Key("document", "the document as the payment names it", lambda u: u.document),
    Key("amount", "what it gets", lambda u: amount(u.amount)),
)

PAYMENT: Shape[Payment] = Shape(
    Key("id", "number of the payment", lambda p: p.id),
    Key("external_id", "its id on the billing platform; empty: none", lambda p: p.external_id),
    Key("source", "where it was recorded: `invoiced` or `quickbooks`", lambda p: p.source.value),
    Key(
        "status",
        "`waiting`, `ready`, `sent`, `unknown`, `posted`, `refused`, `parked`, `skipped`, "
        "`not_eligible`, `imported` or `withdrawn`",
        lambda p: p.status.value,
    ),
    Key(
        "reason",
        "why it stands so, of a `ready` one what holds all posting of its connection; empty where "
        "all is well",
        lambda p: p.reason,
    ),
    Key("amount", "amount with two decimals, as text", lambda p: amount(p.amount)),
    Key("currency", "such as USD; empty: that of its invoices", lambda p: p.currency),
    Key("date", "the day of the payment", lambda p: iso_day(p.date)),
    Key("txn_id", "TxnID of QuickBooks; several parted by blanks", lambda p: p.txn_id),
    Key("ref_number", "RefNumber in QuickBooks, likewise", lambda p: p.ref_number),
    Key("applied", "the invoices that it pays", lambda p: _applied(p.uses), APPLIED),
    Key("customer", "who paid; empty: the customer of its invoices", lambda p: p.customer),
    Key("customer_list_id", "and the ListID, where known", lambda p: p.customer_list_id),
    Key("method", "payment method", lambda p: p.method),
    Key("reference", "the gateway's id or a check number", lambda p: p.reference),
    Key("gateway", "payment gateway", lambda p: p.gateway),
    Key("memo", "memo", lambda p: p.memo),
    Key("offline", "true: no charge stands behind it", lambda p: not p.charged),
    Key("charge_state", "`succeeded`, `pending` or `failed`", lambda p: p.charge_state.value),
    Key("from_quickbooks", "the platform has it from QuickBooks", lambda p: p.from_quickbooks),
    Key("refunded", "what was paid back of it since", lambda p: amount(p.refunded)),
    Key("disputed", "whether its charge is disputed", lambda p: p.disputed),
    Key("unused", "what is applied to nothing in QuickBooks", lambda p: amount(p.unused)),
    Key("code", "the hint behind the reason; empty: none", lambda p: p.code),
    Key("note", "why it is skipped or withdrawn", lambda p: p.note),
    Key("changed_by", "who last decided about it", lambda p: p.changed_by),
    Key("deleted", "whether it was deleted in QuickBooks", lambda p: p.deleted),
    Key("received_at", "when it came in", lambda p: iso_instant(p.received_at)),
    Key("changed_at", "when its status last changed", lambda p: iso_instant(p.changed_at)),
    Key("other_applied", "what else it pays", lambda p: _others(p.uses), OTHER_USE),
)


def _applied(uses: Sequence[PaymentUse]) -> list[Json]:
    return [APPLIED.of(use) for use in uses if use.kind == "invoice"]


def _others(uses: Sequence[PaymentUse]) -> list[Json]:
    return [OTHER_USE.of(use) for use in uses if use.kind != "invoice"]


PAYMENT_LINE: Shape[PaymentLine] = PAYMENT.within(
    lambda line: line.payment,
    Key("connection", "the connection", lambda line: line.connection),
    Key("remedy", "what to do; empty: nothing", lambda line: line.remedy),
)

PART_APPLIED: Shape[PostingUse] = Shape(
    Key("invoice_txn_id", "TxnID of the invoice", lambda u: u.invoice_txn_id),
    Key("number", "its number; may be empty", lambda u: u.number),
    Key("amount", "what it gets", lambda u: amount(u.amount)),
    Key(
        "expected_balance",
        "what it should owe right after; null: not posted yet",
        lambda u: _amount_or_none(u.expected),
    ),
    Key("paid", "what is put against it: the rest is kept as credit", lambda u: amount(u.paid)),
)

PART: Shape[PartDetail] = Shape(
    Key("part", "its number, from 1", lambda p: p.posting.part),
    Key(
        "state",
        "`planned`, `sent`, `unknown`, `posted`, `refused` or `parked`",
        lambda p: p.posting.state.value,
    ),
    Key("amount", "amount with two decimals, as text", lambda p: amount(p.posting.amount)),
    Key("currency", "such as USD", lambda p: p.posting.currency),
    Key("customer", "customer or job in QuickBooks", lambda p: p.posting.customer),
    Key("customer_list_id", "and its ListID", lambda p: p.posting.customer_list_id),
    Key("ar_account_list_id", "ListID of the A/R account", lambda p: p.posting.ar_account_list_id),
    Key("txn_id", "TxnID of QuickBooks; empty: not known to be there", lambda p: p.posting.txn_id),
    Key("ref_number", "its RefNumber", lambda p: p.posting.ref_number),
    Key("external_guid", "its ExternalGUID", lambda p: p.posting.external_guid),
    Key("generation", "how often a person had it posted anew", lambda p: p.posting.generation),
    Key("method", "payment method in QuickBooks", lambda p: p.posting.method),
    Key("deposit_account", "where it is deposited", lambda p: p.posting.deposit_account),
    Key("unused", "what is applied to nothing", lambda p: amount(p.posting.unused)),
    Key("code", "the hint behind its state; empty: none", lambda p: p.posting.code),
    Key("said", "QuickBooks' own words, unchanged", lambda p: p.posting.said),
    Key("attempts", "how often it was tried", lambda p: p.posting.attempts),
    Key("posted_at", "when it was posted", lambda p: iso_instant(p.posting.posted_at)),
    Key(
        "verified_at",
        "when the balances of its invoices were seen to be right",
        lambda p: iso_instant(p.posting.verified_at),
    ),
    Key(
        "set_id",
        "newMessageSetID of a request without a known outcome; null: none",
        lambda p: p.in_doubt.set_id if p.in_doubt else None,
    ),
    Key(
        "last_sent_at",
        "when that request last left; null: none",
        lambda p: iso_instant(p.in_doubt.last_sent_at) if p.in_doubt else None,
    ),
    Key(
        "applied",
        "the invoices that it pays",
        lambda p: [PART_APPLIED.of(use) for use in p.posting.uses],
        PART_APPLIED,
    ),
    Key(
        "date",
        "the day under which it is posted; null: not looked at yet",
        lambda p: iso_day(p.posting.date),
    ),
    Key(
        "credited",
        "what its invoices no longer owed, kept as the customer's credit",
        lambda p: amount(p.posting.credited),
    ),
)

EVENT: Shape[PostingEvent] = Shape(
    Key("at", "when", lambda e: iso_instant(e.at)),
    Key("event", "what happened", lambda e: e.event),
    Key("detail", "more on it", lambda e: e.detail),
    Key("who", "the person who did it; empty: nobody", lambda e: e.who),
    Key("set_id", "newMessageSetID of the request", lambda e: e.set_id),
)

ALLOWANCES: Shape[Allowances] = Shape(
    Key(
        "overpayment",
        "the rest of an overpayment: `refuse` or `credit`; null: as its connection has it",
        lambda a: a.overpayment and a.overpayment.value,
    ),
    Key(
        "on_account",
        "without an invoice: `refuse` or `post`; null: as its connection has it",
        lambda a: a.on_account and a.on_account.value,
    ),
    Key(
        "closed_period",
        "in a closed period: `hold` or `next-open-day`; null: as its connection has it",
        lambda a: a.closed_period and a.closed_period.value,
    ),
    Key(
        "closed_too",
        "whether the credit is kept even where an invoice owes nothing any more",
        lambda a: a.closed_too,
    ),
)

PAYMENT_DETAIL: Shape[PaymentDetail] = PAYMENT.within(
    lambda d: d.payment,
    Key("remedy", "what to do; empty: nothing", lambda d: d.remedy),
    Key("parts", "one for each payment in QuickBooks", lambda d: _all(PART, d.parts), PART),
    Key("events", "its life, oldest first", lambda d: _all(EVENT, d.events), EVENT),
    Key("connection", "the connection", lambda d: d.connection),
    Key(
        "allowances",
        "what a person allowed for this payment alone",
        lambda d: ALLOWANCES.of(d.payment.allowances),
        ALLOWANCES,
    ),
)


def _all(shape: Shape[T], values: Sequence[T]) -> list[Json]:
    return [shape.of(value) for value in values]


TAKEN: Shape[Added] = Shape(
    Key("id", "number of the payment", lambda t: t.payment.id),
    Key("status", "where it stands", lambda t: t.payment.status.value),
    Key("reason", "why it stands so; empty where all is well", lambda t: t.payment.reason),
    Key("external_id", "its id on the billing platform", lambda t: t.payment.external_id),
    Key("outcome", "`added`, `updated` or `unchanged`", lambda t: t.how),
)

REFUSED_ROW: Shape[Refusal] = Shape(
    Key("line", "where the row begins in the file", lambda r: r.line),
    Key("external_id", "its id on the billing platform; may be empty", lambda r: r.external_id),
    Key("reason", "why it is not taken in", lambda r: r.reason),
    Key("remedy", "what to do", lambda r: r.remedy),
)

ROW_NOTE: Shape[Note] = Shape(
    Key("line", "where the row begins in the file", lambda n: n.line),
    Key("note", "what is to be known about it", lambda n: n.sentence),
)

TAKEN_FILE: Shape[Report] = Shape(
    Key("new", "how many rows are new payments", lambda r: r.new),
    Key("changed", "how many changed a payment on file", lambda r: r.changed),
    Key("unchanged", "how many are on file as they are", lambda r: r.unchanged),
    Key(
        "refused", "rows that are not taken in", lambda r: _all(REFUSED_ROW, r.refused), REFUSED_ROW
    ),
    Key(
        "notes",
        "totals, titles, payments that are never posted",
        lambda r: _all(ROW_NOTE, r.notes),
        ROW_NOTE,
    ),
)

DEPOSIT_RULE: Shape[DepositRule] = Shape(
    Key("id", "number of the rule", lambda r: r.id),
    Key("method", "fits this payment method; empty: any", lambda r: r.method),
    Key("currency", "fits this currency; empty: any", lambda r: r.currency),
    Key("gateway", "fits this gateway; empty: any", lambda r: r.gateway),
    Key("account", "the account; empty: Undeposited Funds", lambda r: r.account),
)

METHOD_RULE: Shape[MethodRule] = Shape(
    Key("method", "payment method of the billing platform", lambda r: r.method),
    Key("quickbooks_method", "its name in QuickBooks; empty: none", lambda r: r.name),
)


RULES: Shape[Rules] = Shape(
    Key(
        "deposits",
        "where payments are deposited; of those that fit best the first counts",
        lambda r: [DEPOSIT_RULE.of(rule) for rule in r.deposits],
        DEPOSIT_RULE,
    ),
    Key(
        "methods",
        "payment methods that go by another name",
        lambda r: [METHOD_RULE.of(rule) for rule in r.methods],
        METHOD_RULE,
    ),
)

"""The JSON that scripts rely on: every key, what it holds and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.operations.contracts.payments import PAYMENT_LINE
from shared.operations.contracts.shapes import Key, Shape
from shared.operations.describe.text import amount, iso_day, iso_instant

if TYPE_CHECKING:
    from pathlib import Path

    from shared.hints import Hint
    from shared.models.store import Upgraded
    from shared.operations.connections import ConnectionView
    from shared.operations.issuing import Issued, IssuedFile
    from shared.rules.ledger import (
        CustomerDetail,
        InvoiceDetail,
        InvoiceSides,
        LeftOut,
        Listed,
        Owing,
        Resolved,
    )
    from shared.rules.payments.values import CustomerMapping, PaymentStatus
    from shared.rules.values import (
        Application,
        CompanyBinding,
        CustomerRow,
        Exchange,
        InvoiceLine,
        InvoiceRow,
        Problem,
        Record,
        Sync,
    )


CONNECTION: Shape[ConnectionView] = Shape(
    Key("name", "the name of the connection", lambda o: o.connection.name),
    Key("layout", "`two` applications or one `combined`", lambda o: o.connection.layout.value),
    Key(
        "company_file",
        "Windows path handed to the Web Connector; empty: the file that is open",
        lambda o: o.connection.company_file,
    ),
    Key("jobs", "`roll-up` to the top customer or `separate`", lambda o: o.connection.jobs.value),
    Key(
        "start_date",
        "invoices dated earlier are left out; null: none are",
        lambda o: iso_day(o.connection.start_date),
    ),
    Key(
        "run_every_minutes",
        "Auto-Run proposal in the .qwc files; 0: none",
        lambda o: o.connection.run_every_minutes,
    ),
    Key(
        "minimum_interval_seconds",
        "lower limit told to the Web Connector at login; 0: none",
        lambda o: o.connection.minimum_interval_seconds,
    ),
    Key("debug", "whether the answers of QuickBooks are kept", lambda o: o.connection.debug),
    Key("company", "company name of the bound file; null before it", lambda o: o.company),
    Key("open_problems", "problems that wait for a person", lambda o: o.open_problems),
    Key(
        "last_seen_at",
        "when the Web Connector last called; null: never",
        lambda o: iso_instant(o.last_seen_at),
    ),
    Key("created_at", "when it was added", lambda o: iso_instant(o.connection.created_at)),
    Key(
        "payments_out",
        "whether payments are posted to QuickBooks",
        lambda o: o.connection.payments_out,
    ),
    Key(
        "payments_in",
        "whether payments recorded in QuickBooks are imported",
        lambda o: o.connection.payments_in,
    ),
    Key(
        "missing_method",
        "a payment method that QuickBooks does not list: `create` it or use `other`",
        lambda o: o.connection.missing_method.value,
    ),
    Key(
        "overpayment",
        "the rest of an overpayment: `refuse` the payment or keep it as customer `credit`",
        lambda o: o.connection.overpayment.value,
    ),
    Key(
        "on_account",
        "a payment without an invoice: `refuse` it or `post` it on account",
        lambda o: o.connection.on_account.value,
    ),
    Key(
        "closed_period",
        "a payment dated in a closed period: `hold` it or post it on the `next-open-day`",
        lambda o: o.connection.closed_period.value,
    ),
    Key(
        "sample_company",
        "a QuickBooks sample company: `refuse` or `allow` it",
        lambda o: o.connection.sample_company.value,
    ),
    Key(
        "payments_held",
        "what keeps the payments that wait from QuickBooks; empty: nothing, or none waits",
        lambda o: o.hold.reason if o.hold else "",
    ),
)

APPLICATION: Shape[Application] = Shape(
    Key("application", "`invoice`, `payment` or `combined`", lambda a: a.kind.value),
    Key("username", "the user name that the Web Connector signs in with", lambda a: a.username),
    Key("app_name", "its row in the Web Connector", lambda a: a.app_name),
    Key("owner_id", "OwnerID of the .qwc file", lambda a: a.owner_id),
    Key("file_id", "FileID of the .qwc file", lambda a: a.file_id),
    Key(
        "password_generation",
        "how many passwords were made; 0: none yet",
        lambda a: a.password_generation,
    ),
    Key("last_seen_at", "when it last called", lambda a: iso_instant(a.last_seen_at)),
    Key("last_call", "what it last asked", lambda a: a.last_call),
    Key(
        "password_used",
        "whether somebody signed in with the present password",
        lambda a: a.password_used,
    ),
    Key(
        "locked_until",
        "until when too many wrong passwords lock its sign-in; null: it is not locked",
        lambda a: iso_instant(a.locked_until),
    ),
)

BINDING: Shape[CompanyBinding] = Shape(
    Key("company_name", "as QuickBooks names it", lambda b: b.company_name),
    Key("product_name", "the QuickBooks product", lambda b: b.product_name),
    Key("major_version", "of the product", lambda b: b.major_version),
    Key("minor_version", "of the product", lambda b: b.minor_version),
    Key("country", "edition: US, CA or UK", lambda b: b.country),
    Key("qbxml_version", "the version requests are written in", lambda b: b.qbxml_version),
    Key("home_currency", "currency of the company", lambda b: b.home_currency),
    Key("multicurrency", "whether it keeps several", lambda b: b.multicurrency),
    Key("bound_at", "when it was first read", lambda b: iso_instant(b.bound_at)),
)

CONNECTION_DETAIL: Shape[ConnectionView] = Shape(
    *CONNECTION.keys,
    Key(
        "applications",
        "what the Web Connector lists",
        lambda o: [APPLICATION.of(application) for application in o.applications],
        APPLICATION,
    ),
    Key(
        "binding",
        "the company file it is bound to; null before the first sync",
        lambda o: BINDING.of(o.connection.binding) if o.connection.binding else None,
        BINDING,
    ),
)


@dataclass(frozen=True)
class SyncDetail:
    """A sync with what it touched."""

    sync: Sync
    records: Sequence[Record]


SYNC: Shape[Sync] = Shape(
    Key("id", "number of the sync", lambda s: s.id),
    Key("connection", "its connection; empty for an unknown user name", lambda s: s.connection),
    Key("application", "which application ran", lambda s: s.application),
    Key(
        "state", "`pending`, `started`, `finished`, `failed` or `canceled`", lambda s: s.state.value
    ),
    Key("started_at", "when it began", lambda s: iso_instant(s.started_at)),
    Key("ended_at", "when it ended; null while it runs", lambda s: iso_instant(s.ended_at)),
    Key("position", "records done so far", lambda s: s.position),
    Key("total", "records to do; 0: not known", lambda s: s.total),
    Key("failed", "records that failed", lambda s: s.failed),
    Key("message", "the current step or the closing sentence", lambda s: s.message),
    Key("error", "why it failed; empty when it did not", lambda s: s.error),
    Key("error_code", "the hint that it leads to", lambda s: s.error_code),
    Key("stop_requested_by", "who asked it to stop; empty: nobody", lambda s: s.stop_requested_by),
)

RECORD: Shape[Record] = Shape(
    Key("kind", "`invoice`, `customer`, `payment` or `sync`", lambda r: r.kind.value),
    Key("id", "TxnID or ListID of QuickBooks", lambda r: r.object_id),
    Key("document", "what a person calls it", lambda r: r.document),
    Key(
        "outcome",
        "`imported`, `updated`, `closed`, `voided`, `deleted`, `left-out`, `skipped`, `posted`, "
        "`parked` or `failed`",
        lambda r: r.outcome.value,
    ),
    Key("reason", "why, where it did not go well", lambda r: r.reason),
    Key("remedy", "what to do about it", lambda r: r.remedy),
)

SYNC_DETAIL: Shape[SyncDetail] = SYNC.within(
    lambda d: d.sync,
    Key("records", "what it touched", lambda d: [RECORD.of(r) for r in d.records], RECORD),
)


@dataclass(frozen=True)
class Message:
    """A request with its answer; ``text`` is None when the answer was not kept."""

    exchange: Exchange
    text: str | None


MESSAGE: Shape[Message] = Shape(
    Key("sequence", "its place in the session, from 1", lambda m: m.exchange.sequence),
    Key("step", "what the sync was doing", lambda m: m.exchange.step),
    Key("request_id", "the requestID that it carried", lambda m: m.exchange.request_id),
    Key("sent_at", "when it was handed out", lambda m: iso_instant(m.exchange.sent_at)),
    Key(
        "answered_at",
        "when the answer came; null: it did not",
        lambda m: iso_instant(m.exchange.answered_at),
    ),
    Key("status", "QuickBooks' status code; null: none", lambda m: m.exchange.status_code),
    Key("hresult", "why QuickBooks refused it as a whole", lambda m: m.exchange.hresult),
    Key("answer_bytes", "size of the answer", lambda m: m.exchange.response_bytes),
    Key("request_bytes", "size of the request", lambda m: m.exchange.request_bytes),
    Key("request_digest", "the start of its SHA-256", lambda m: m.exchange.request_digest),
    Key(
        "request",
        "the request, word for word; null: not kept, since the sync went well",
        lambda m: m.exchange.request.decode() or None,
    ),
    Key("answer", "the answer, word for word; null: not kept", lambda m: m.text),
)

PROBLEM: Shape[Problem] = Shape(
    Key("id", "number of the problem", lambda p: p.id),
    Key("connection", "its connection", lambda p: p.connection),
    Key("code", "the hint that it leads to", lambda p: p.code),
    Key("kind", "`invoice`, `customer`, `payment` or `sync`", lambda p: p.kind.value),
    Key("document", "what a person calls the record", lambda p: p.document),
    Key("message", "what happened", lambda p: p.message),
    Key("remedy", "what to do", lambda p: p.remedy),
    Key(
        "state", "`open`, `retry`, `acknowledged`, `skipped` or `resolved`", lambda p: p.state.value
    ),
    Key("object_id", "TxnID or ListID of QuickBooks", lambda p: p.object_id),
    Key("said", "QuickBooks' own words, unchanged", lambda p: p.said),
    Key("first_seen_at", "when it was first met", lambda p: iso_instant(p.first_seen_at)),
    Key("last_seen_at", "when it was last met", lambda p: iso_instant(p.last_seen_at)),
    Key("sync_id", "the sync that met it last; null: forgotten", lambda p: p.sync_id),
    Key("note", "why it is skipped or acknowledged", lambda p: p.note),
    Key("changed_by", "who last decided about it", lambda p: p.changed_by),
    Key("changed_at", "and when; null: nobody did", lambda p: iso_instant(p.changed_at)),
    Key("first_sync_id", "the sync that met it first; null: none", lambda p: p.first_sync_id),
)

CUSTOMER: Shape[CustomerRow] = Shape(
    Key("list_id", "ListID of QuickBooks", lambda c: c.list_id),
    Key("name", "its own name", lambda c: c.name),
    Key("full_name", "with the customers above it, joined by colons", lambda c: c.full_name),
    Key("parent_list_id", "ListID of the customer above; empty: none", lambda c: c.parent_list_id),
    Key("active", "whether QuickBooks lists it as active", lambda c: c.active),
)

LISTED_CUSTOMER: Shape[Listed[CustomerRow]] = CUSTOMER.within(
    lambda listed: listed.row,
    Key("connection", "the connection", lambda listed: listed.connection),
)

CUSTOMER_MAPPING: Shape[CustomerMapping] = Shape(
    Key("name", "the customer's name on the billing platform", lambda m: m.name),
    Key("list_id", "ListID of the customer that it means, with its jobs", lambda m: m.list_id),
    Key("customer", "and its full name; empty: QuickBooks has it no more", lambda m: m.customer),
    Key("mapped_by", "who said so", lambda m: m.who),
    Key("mapped_at", "and when", lambda m: iso_instant(m.at)),
)

LISTED_MAPPING: Shape[Listed[CustomerMapping]] = CUSTOMER_MAPPING.within(
    lambda listed: listed.row,
    Key("connection", "the connection", lambda listed: listed.connection),
)

RESOLVED_NAME: Shape[Resolved] = CUSTOMER_MAPPING.within(
    lambda r: r.mapping,
    Key("ready", "how many payments of that name go out now", lambda r: _standing(r, "ready")),
    Key("waiting", "how many wait for something else", lambda r: _standing(r, "waiting")),
    Key("refused", "how many need a person still", lambda r: _standing(r, "refused")),
)


def _standing(resolved: Resolved, word: str) -> int:
    counts: Mapping[PaymentStatus, int] = resolved.payments
    return sum(count for status, count in counts.items() if status.value == word)


INVOICE: Shape[InvoiceRow | InvoiceSides] = Shape(
    Key("txn_id", "TxnID of QuickBooks", lambda i: i.txn_id),
    Key("number", "invoice number; may be empty", lambda i: i.number),
    Key("customer", "the customer it is billed to", lambda i: i.customer),
    Key("customer_list_id", "and its ListID", lambda i: i.customer_list_id),
    Key("date", "invoice date", lambda i: iso_day(i.date)),
    Key("due_date", "due date or null", lambda i: iso_day(i.due_date)),
    Key("total", "amount with two decimals, as text", lambda i: amount(i.total)),
    Key("balance", "what is still owed, likewise", lambda i: amount(i.balance)),
    Key("currency", "such as USD", lambda i: i.currency),
    Key("status", "`open`, `paid`, `void` or `deleted`", lambda i: i.status.value),
    Key("left_out", "why it is not imported (a hint); empty: it is", lambda i: i.left_out),
)

LISTED_INVOICE: Shape[Listed[InvoiceRow]] = INVOICE.within(
    lambda listed: listed.row,
    Key("connection", "the connection", lambda listed: listed.connection),
)

INVOICE_LINE: Shape[InvoiceLine] = Shape(
    Key("item", "the item in QuickBooks", lambda one: one.item),
    Key("description", "what it says", lambda one: one.description),
    Key("quantity", "as QuickBooks wrote it; may be empty", lambda one: one.quantity),
    Key("rate", "price of one, likewise", lambda one: one.rate),
    Key(
        "amount",
        "amount with two decimals, as text; null: none",
        lambda one: None if one.amount is None else amount(one.amount),
    ),
)

INVOICE_DETAIL: Shape[InvoiceDetail] = INVOICE.within(
    lambda detail: detail.sides,
    Key("connection", "the connection", lambda detail: detail.sides.connection),
    Key(
        "quickbooks_balance",
        "what QuickBooks last showed that it owes; null: it never did",
        lambda detail: None if detail.sides.seen is None else amount(detail.sides.seen),
    ),
    Key("job", "the customer or job on the invoice", lambda detail: detail.sides.named),
    Key(
        "lines",
        "its lines",
        lambda detail: [INVOICE_LINE.of(one) for one in detail.invoice.lines],
        INVOICE_LINE,
    ),
    Key(
        "payments",
        "payments applied to it, with the keys of `payments list`",
        lambda detail: [PAYMENT_LINE.of(one) for one in detail.payments],
    ),
    Key(
        "problem",
        "what is wrong with it (a hint); empty: nothing",
        lambda detail: detail.problem.code if detail.problem else "",
    ),
)

OWING: Shape[Owing] = Shape(
    Key("currency", "such as USD", lambda one: one.currency),
    Key("open_invoices", "how many are open", lambda one: one.open),
    Key("balance", "what is owed by them", lambda one: amount(one.balance)),
    Key("quickbooks", "what QuickBooks last showed of them", lambda one: amount(one.seen)),
)

CUSTOMER_LEFT_OUT: Shape[LeftOut] = Shape(
    Key("reason", "why (a hint)", lambda one: one.reason),
    Key("open_invoices", "how many", lambda one: one.count),
    Key("currency", "such as USD", lambda one: one.currency),
    Key("quickbooks", "what QuickBooks last showed of them", lambda one: amount(one.seen)),
)

CUSTOMER_DETAIL: Shape[CustomerDetail] = Shape(
    Key("list_id", "ListID of QuickBooks", lambda detail: detail.sides.list_id),
    Key("full_name", "its full name", lambda detail: detail.sides.full_name),
    Key("connection", "the connection", lambda detail: detail.sides.connection),
    Key("active", "whether QuickBooks lists it as active", lambda detail: detail.sides.active),
    Key(
        "owing",
        "what it owes by imported invoices, by currency",
        lambda detail: [OWING.of(one) for one in detail.sides.owing],
        OWING,
    ),
    Key(
        "left_out",
        "its open invoices that are not imported, by reason",
        lambda detail: [CUSTOMER_LEFT_OUT.of(one) for one in detail.sides.left_out],
        CUSTOMER_LEFT_OUT,
    ),
    Key(
        "also_called",
        "names of the platform that were matched to it",
        lambda detail: list(detail.also_called),
    ),
    Key(
        "formerly",
        "names that it had before; payments may still give them",
        lambda detail: list(detail.formerly),
    ),
    Key(
        "invoices",
        "its open invoices, imported or left out, with the keys of `invoices list`",
        lambda detail: [INVOICE.of(one) for one in (*detail.invoices, *detail.left_out)],
        INVOICE,
    ),
)

ISSUED_FILE: Shape[IssuedFile] = Shape(
    Key("application", "`invoice`, `payment` or `combined`", lambda f: f.application.kind.value),
    Key("path", "absolute path of the file", lambda f: str(f.path)),
    Key("username", "the user name in it", lambda f: f.application.username),
    Key("app_name", "its row in the Web Connector", lambda f: f.application.app_name),
)
ISSUED_FILES: Shape[Issued] = Shape(
    Key(
        "password",
        "the new password; it cannot be read again; null with --keep-password",
        lambda i: i.password or None,
    ),
    Key("files", "the files", lambda i: [ISSUED_FILE.of(f) for f in i.files], ISSUED_FILE),
    Key("connection", "the connection", lambda i: i.connection.name),
)

PASSWORD_OWNER: Shape[Application] = Shape(
    Key("application", "`invoice`, `payment` or `combined`", lambda a: a.kind.value),
    Key("username", "the user name that signs in with it", lambda a: a.username),
)
ISSUED_PASSWORD: Shape[Issued] = Shape(
    Key("password", "the new password; it cannot be read again", lambda i: i.password),
    Key(
        "applications",
        "what it opens",
        lambda i: [PASSWORD_OWNER.of(a) for a in i.applications],
        PASSWORD_OWNER,
    ),
    Key("connection", "the connection", lambda i: i.connection.name),
)

HINT: Shape[Hint] = Shape(
    Key("code", "the code", lambda h: h.code),
    Key(
        "kind",
        "who speaks: " + "`deskbridge`, `product`, `webconnector`, `hresult`, `status`",
        lambda h: h.kind.value,
    ),
    Key("title", "in a few words", lambda h: h.title),
    Key("happened", "what happened", lambda h: h.happened),
    Key("why", "the likely cause", lambda h: h.why),
    Key("remedy", "the steps, as a list of text", lambda h: list(h.remedy)),
    Key("actor", "who takes them", lambda h: h.actor.value),
    Key("see", "codes of related hints", lambda h: list(h.see)),
)

UPGRADE: Shape[Upgraded] = Shape(
    Key(
        "applied",
        "the steps that were taken, as a list; empty: up to date",
        lambda u: list(u.applied),
    ),
    Key(
        "backup",
        "where the store as it was is kept; null: none was needed",
        lambda u: str(u.backup) if u.backup else None,
    ),
)


@dataclass(frozen=True)
class Backup:
    """A copy of the store."""

    path: Path
    size_bytes: int


BACKUP: Shape[Backup] = Shape(
    Key("path", "absolute path of the copy", lambda b: str(b.path)),
    Key("size_bytes", "its size", lambda b: b.size_bytes),
)

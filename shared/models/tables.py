"""The tables. Rows never leave ``shared.models``; ``values`` says what the columns mean.

Money is ``*_cents``, an integer number of hundredths. Our own times are ``*_ms``,
milliseconds since 1970 in UTC; QuickBooks' times stay its own text. Days are ISO text.
A change here needs a numbered step in ``migrations``; a test compares the two.
"""

from __future__ import annotations

import functools
import operator
from enum import Enum
from typing import Any

from peewee import (
    SQL,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    ColumnBase,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    NodeList,
    fn,
)
from peewee import TextField as AnyTextField

from shared.models.statements import AnyOf, among, slot


class LastingIdField(BigAutoField):
    """An id that is never given to another row, not even after its row was deleted.

    PostgreSQL's sequences only go on; SQLite has to be told.
    """

    def ddl(self, ctx: Any) -> Any:
        """The column as the database's own dialect defines it."""
        column = super().ddl(ctx)
        on_sqlite = ctx.state.field_types[self.field_type] == "INTEGER"
        return NodeList((column, SQL("AUTOINCREMENT"))) if on_sqlite else column


class TextField(AnyTextField):
    """Text that is compared and sorted by its code points, on PostgreSQL as on SQLite.

    So one index finds what is equal and what begins alike, whatever language the server speaks.
    """

    def ddl_datatype(self, ctx: Any) -> Any:
        """The type as the database's own dialect writes it."""
        return SQL('TEXT COLLATE "C"') if _is_postgresql(ctx) else super().ddl_datatype(ctx)


class Lowered(ColumnBase):
    """Text without case: on PostgreSQL that of any language, on SQLite of ASCII."""

    def __init__(self, text: Any) -> None:
        self._text = text

    def __sql__(self, ctx: Any) -> Any:
        text = self._text
        if _is_postgresql(ctx):
            text = NodeList((text, SQL('COLLATE "default"')))
        return ctx.sql(fn.LOWER(text))


def _is_postgresql(ctx: Any) -> bool:
    return bool(ctx.state.field_types["BIGAUTO"] == "BIGSERIAL")


class Table(Model):
    """The base of all: no database is bound, statements name the one of the current unit."""

    class Meta:
        legacy_table_names = False
        primary_key = False  # each has its own: peewee copies that of the base, 2 ms for all

    @classmethod
    def select(cls, *columns: Any) -> Any:
        """Select columns, those of its own by their names, or other expressions."""
        fields = cls._meta.fields
        return super().select(*(fields[one] if isinstance(one, str) else one for one in columns))

    @classmethod
    def has(cls, *slots: str, **values: Any) -> Any:
        """True where columns hold what the slots of their names get, and others these values.

        A value may be an expression, a member of an enumeration, ``AnyOf`` a list, or None.
        """
        wanted = [cls._meta.fields[name] == slot(name) for name in slots]
        wanted += [_holds(cls._meta.fields[name], value) for name, value in values.items()]
        return functools.reduce(operator.and_, wanted)


def _holds(field: Any, value: Any) -> Any:
    if isinstance(value, AnyOf):
        return among(field, value.slot)
    return field == (value.value if isinstance(value, Enum) else value)


class Installation(Table):
    """One row: the random name of this store, made with it and restored with it.

    ``secret`` keys the proofs of passwords, 32 bytes in hexadecimal. ``events_forgotten`` is the
    number of the last event that was forgotten by its age.
    """

    id = BigAutoField()
    token = TextField()
    secret = TextField()
    events_forgotten = BigIntegerField(constraints=[SQL("DEFAULT 0")])


class Connection(Table):
    """A connection with the company it is bound to; ``bound_ms`` is null until it is.

    ``company_key`` stands for the company file itself: the stamp in it that a connection was
    bound by, and its name. Empty: it is still to be seen whether another connection belongs to the
    same file. ``platform_account`` names whose payments go through it, and never changes.
    """

    id = LastingIdField()
    name = TextField()
    name_key = TextField(unique=True)
    layout = TextField()
    company_file = TextField()
    jobs = TextField()
    start_date = TextField(null=True)
    run_every_minutes = IntegerField()
    minimum_interval_seconds = IntegerField()
    debug = BooleanField()
    created_ms = BigIntegerField()
    company_name = TextField()
    product_name = TextField()
    major_version = TextField()
    minor_version = TextField()
    country = TextField()
    qbxml_version = TextField()
    home_currency = TextField()
    multicurrency = BooleanField()
    bound_ms = BigIntegerField(null=True)
    company_key = TextField(constraints=[SQL("DEFAULT ''")], index=True)
    platform_account = TextField(unique=True)
    payments_out = BooleanField(constraints=[SQL("DEFAULT TRUE")])
    payments_in = BooleanField(constraints=[SQL("DEFAULT TRUE")])
    missing_method = TextField(constraints=[SQL("DEFAULT 'create'")])
    overpayment = TextField(constraints=[SQL("DEFAULT 'refuse'")])
    on_account = TextField(constraints=[SQL("DEFAULT 'refuse'")])
    closed_period = TextField(constraints=[SQL("DEFAULT 'hold'")])
    sample_company = TextField(constraints=[SQL("DEFAULT 'refuse'")])
    closing_date = TextField(constraints=[SQL("DEFAULT ''")])
    credit_memos = BooleanField(constraints=[SQL("DEFAULT FALSE")])
    quiet_hours = TextField(constraints=[SQL("DEFAULT ''")])
    time_budget_minutes = IntegerField(constraints=[SQL("DEFAULT 0")])
    paused_ms = BigIntegerField(null=True)
    paused_by = TextField(constraints=[SQL("DEFAULT ''")])


class Application(Table):
    """One row of the Web Connector. An empty ``password_hash`` lets nobody in."""

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    kind = TextField()
    username = TextField(unique=True)
    app_name = TextField()
    app_unique_name = TextField()
    owner_id = TextField()
    file_id = TextField()
    password_hash = TextField()
    previous_password_hash = TextField()
    password_proof = TextField()
    previous_password_proof = TextField()
    password_generation = IntegerField()
    password_used = BooleanField()
    failed_logins = IntegerField()
    locked_until_ms = BigIntegerField(null=True)
    last_seen_ms = BigIntegerField(null=True)
    last_call = TextField()

    class Meta:
        indexes = ((("connection", "kind"), True),)


class Sync(Table):
    """One run, or a refused login: then ``username`` is set and ``refusals`` counts."""

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", null=True, index=False)
    application = TextField()
    username = TextField(index=True)
    state = TextField()
    started_ms = BigIntegerField()
    ended_ms = BigIntegerField(null=True, index=True)
    position = IntegerField()
    total = IntegerField()
    failed = IntegerField()
    message = TextField()
    error = TextField()
    error_code = TextField()
    stop_requested_by = TextField()
    refusals = IntegerField()

    class Meta:
        indexes = ((("connection", "id"), False),)


class Record(Table):
    """What a sync did with one object; the latest word replaces the earlier."""

    id = BigAutoField()
    sync = ForeignKeyField(Sync, on_delete="CASCADE", index=False)
    kind = TextField()
    object_id = TextField()
    document = TextField()
    outcome = TextField()
    reason = TextField()
    remedy = TextField()

    class Meta:
        indexes = ((("sync", "kind", "object_id"), True),)


class Session(Table):
    """One update of the Web Connector. ``exchanges`` counts them; the latest has that number.

    ``cut_off``: the connection of its last call broke before our answer was taken.
    """

    id = LastingIdField()
    application = ForeignKeyField(Application, on_delete="CASCADE", index=False)
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    sync = ForeignKeyField(Sync, on_delete="CASCADE", null=True)
    ticket_hash = TextField(unique=True)
    phase = TextField()
    plan = TextField()
    opened_ms = BigIntegerField()
    last_call_ms = BigIntegerField()
    lease_expires_ms = BigIntegerField()
    ended_ms = BigIntegerField(null=True, index=True)
    peer = TextField()
    identified = BooleanField()
    waits = IntegerField()
    fallback_used = BooleanField()
    cut_off = BooleanField()
    error_code = TextField()
    error = TextField()
    closing = TextField()
    exchanges = IntegerField()

    class Meta:
        indexes = ((("connection", "ended_ms"), False),)


class Exchange(Table):
    """One qbXML request, by size and digest, and what is kept of the answer."""

    id = LastingIdField()
    session = ForeignKeyField(Session, on_delete="CASCADE", index=False)
    sync = ForeignKeyField(Sync, on_delete="CASCADE")
    sequence = IntegerField()
    step = TextField()
    request_id = TextField()
    request_bytes = IntegerField()
    request_digest = TextField()
    sent_ms = BigIntegerField()
    handed_out = IntegerField()
    answered_ms = BigIntegerField(null=True)
    digest = TextField()
    answer = IntegerField()
    hresult = TextField()
    status_code = IntegerField(null=True)
    response_bytes = BigIntegerField()

    class Meta:
        indexes = ((("session", "sequence"), True),)


class ExchangeRequest(Table):
    """The exact bytes of a request; let go once the sync went well, unless ``debug`` is on.

    A row of its own, so that nothing stays where it was: rows that shrink keep their room.
    """

    exchange = ForeignKeyField(Exchange, on_delete="CASCADE", primary_key=True)
    text = BlobField()


class ExchangeText(Table):
    """The answer itself, zlib-packed; kept only for connections with ``debug`` on."""

    exchange = ForeignKeyField(Exchange, on_delete="CASCADE", primary_key=True)
    packed = BlobField()


class Problem(Table):
    """Something a person must look at: one row per connection, code and object.

    ``sync`` met it last, ``first_sync`` first; no foreign key, since syncs are pruned. ``basis`` is
    what the trouble rests on: an acknowledged one opens again when that changes. ``found_cents`` is
    the amount that QuickBooks shows in place of ours.
    """

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    sync = ForeignKeyField(Sync, on_delete="SET NULL", null=True)
    first_sync = BigIntegerField(null=True)
    code = TextField()
    kind = TextField()
    object_id = TextField()
    document = TextField()
    basis = TextField()
    message = TextField()
    remedy = TextField()
    said = TextField()
    found_cents = BigIntegerField(null=True)
    state = TextField()
    first_seen_ms = BigIntegerField()
    last_seen_ms = BigIntegerField()
    note = TextField()
    changed_by = TextField()
    changed_ms = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("connection", "kind", "object_id", "code"), True),
            (("state", "last_seen_ms"), False),
        )


class Customer(Table):
    """A customer or job that an invoice or a job names.

    ``state`` is wanted (named, not read yet), held, missing (asked for, not there) or
    deleted. ``top_list_id`` is the one at the top above it, ``invoices_left_out`` the reason for
    which its invoices are left out, if any: both as the last settlement found, null until then.
    """

    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    list_id = TextField()
    state = TextField()
    name = TextField()
    full_name = TextField()
    parent_list_id = TextField()
    active = BooleanField()
    company_name = TextField()
    email = TextField()
    phone = TextField()
    bill_address = TextField()
    account_number = TextField()
    currency = TextField()
    edit_sequence = TextField()
    time_created = TextField()
    time_modified = TextField()
    top_list_id = TextField(null=True)
    invoices_left_out = TextField(null=True)

    class Meta:
        indexes = ((("connection", "list_id"), True), (("connection", "state"), False))


class CustomerAlias(Table):
    """A name that a customer bears or has borne, also by a merge.

    ``folded`` is ``name`` as names are compared. ``first_seen_ms`` is when it was read first.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    list_id = TextField()
    folded = TextField()
    name = TextField()
    first_seen_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "list_id", "folded")
        indexes = ((("connection", "folded"), False),)


class CustomerMove(Table):
    """An invoice moved from one customer to another: by hand, or since they were merged."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    from_list_id = TextField()
    to_list_id = TextField()

    class Meta:
        primary_key = CompositeKey("connection", "from_list_id", "to_list_id")


class Invoice(Table):
    """An invoice with what we made of it.

    ``left_out`` is empty for an imported invoice, else the reason; ``UNSETTLED`` before the
    settlement looked at it as it is now, ``UNSETTLED_LEFT_OUT`` when it was left out before
    it changed. ``seen_cents`` is the balance that QuickBooks last showed, be it in a list that
    is only compared; null until then. ``number_key`` is what close numbers share.
    ``note`` is what QuickBooks wrote in fields that could not be read, as text.
    """

    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    txn_id = TextField()
    number = TextField()
    number_key = TextField()
    customer_list_id = TextField()
    customer_full_name = TextField()
    date = TextField()
    due_date = TextField(null=True)
    subtotal_cents = BigIntegerField()
    tax_cents = BigIntegerField()
    applied_cents = BigIntegerField()
    balance_cents = BigIntegerField()
    total_cents = BigIntegerField()
    currency = TextField()
    exchange_rate = TextField()
    status = TextField()
    pending = BooleanField()
    ar_account_list_id = TextField()
    ar_account = TextField()
    terms = TextField()
    po_number = TextField()
    memo = TextField()
    note = TextField()
    edit_sequence = TextField()
    time_created = TextField()
    time_modified = TextField()
    bill_to_list_id = TextField()
    left_out = TextField()
    seen_cents = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("connection", "txn_id"), True),
            (("connection", "status", "id"), False),
            (("connection", "bill_to_list_id"), False),
            (("connection", "number_key"), False),
        )


class InvoiceLines(Table):
    """The lines of an invoice in the order of the form: JSON, an array of each InvoiceLineRet.

    Nobody looks for a single line, so all of an invoice are written and read at once.
    """

    invoice = ForeignKeyField(Invoice, on_delete="CASCADE", primary_key=True)
    lines = TextField()


class CreditMemo(Table):
    """A credit memo of which something is left; ``shown_in`` is the last sync that read it."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    txn_id = TextField()
    number = TextField()
    customer = TextField()
    customer_list_id = TextField()
    date = TextField()
    total_cents = BigIntegerField()
    remaining_cents = BigIntegerField()
    currency = TextField()
    time_modified = TextField()
    shown_in = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "txn_id")


class CreditUse(Table):
    """What a credit memo is applied to; ``position`` counts from 0 as QuickBooks tells it."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    memo_txn_id = TextField()
    position = IntegerField()
    txn_id = TextField()
    type = TextField()
    number = TextField()
    amount_cents = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "memo_txn_id", "position")


class SeenPage(Table):
    """Which invoices a sync saw open on one page: ``rows`` are their ids, packed."""

    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE")
    rows = BlobField()


class Reread(Table):
    """An object that the next sync reads again by its id, oldest wish first."""

    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    kind = TextField()
    object_id = TextField()

    class Meta:
        indexes = ((("connection", "kind", "object_id"), True),)


class Watermark(Table):
    """Up to which QuickBooks time a kind of record was read completely."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    kind = TextField()
    text = TextField()

    class Meta:
        primary_key = CompositeKey("connection", "kind")


class PaymentImport(Table):
    """A file of payments on its way in, by the process ``pid`` of ``host``, alive at ``beat_ms``.

    Its payments are written in many short transactions. As long as this row is there nobody sees
    them; deleting it shows all of them at once. ``disturbed``: one of them gave way to a payment
    of the same key that somebody added meanwhile, so it has to be planned anew.
    """

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False, unique=True)
    source = TextField()
    who = TextField()
    host = TextField()
    pid = BigIntegerField()
    beat_ms = BigIntegerField()
    disturbed = BooleanField()


class Payment(Table):
    """A payment: from the billing platform, or recorded in QuickBooks (``source``).

    ``key`` is the platform's id of it, or its TxnID. The terms (date, amount, applications …) of
    a platform's payment can be corrected until a request of it has left; what happens to its
    charge, ``status`` and reason change at any time.
    ``asking``: somebody said retry, so QuickBooks is asked before it is judged. ``waiting_ms``
    is since when it waits. ``overpayment``, ``on_account`` and ``closed_period`` are what was
    decided for it alone; empty: as its connection has it. ``closed_too``: also where an invoice
    owes nothing any more.
    The columns from ``edit_sequence`` on are QuickBooks' and empty for the platform's payments.
    ``import_id`` is the import that brought it, 0 for none; no foreign key, since that row goes.
    """

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    source = TextField()
    key = TextField()
    customer = TextField()
    customer_list_id = TextField()
    date = TextField()
    amount_cents = BigIntegerField()
    currency = TextField()
    method = TextField()
    reference = TextField()
    gateway = TextField()
    memo = TextField()
    charged = BooleanField()
    charge_state = TextField()
    from_quickbooks = BooleanField()
    refunded_cents = BigIntegerField()
    disputed = BooleanField()
    fee_cents = BigIntegerField(null=True)
    status = TextField()
    code = TextField()
    reason = TextField()
    note = TextField()
    changed_by = TextField()
    received_ms = BigIntegerField()
    changed_ms = BigIntegerField()
    edit_sequence = TextField()
    time_created = TextField()
    time_modified = TextField()
    external_guid = TextField()
    ar_account = TextField()
    deposit_account = TextField()
    unused_cents = BigIntegerField()
    deleted = BooleanField()
    read_by_sync = BigIntegerField()
    asking = TextField(constraints=[SQL("DEFAULT ''")])
    waiting_ms = BigIntegerField(null=True)
    overpayment = TextField(constraints=[SQL("DEFAULT ''")])
    on_account = TextField(constraints=[SQL("DEFAULT ''")])
    closed_period = TextField(constraints=[SQL("DEFAULT ''")])
    closed_too = BooleanField(constraints=[SQL("DEFAULT FALSE")])
    import_id = BigIntegerField(constraints=[SQL("DEFAULT 0")])

    class Meta:
        indexes = (
            (("connection", "source", "key"), True),
            (("connection", "status", "id", "import_id"), False),
        )

    @classmethod
    def select(cls, *fields: Any) -> Any:
        """Select payments, but for those of imports that are under way."""
        under_way = PaymentImport.select(PaymentImport.id)
        return super().select(*fields).where(cls.import_id.not_in(under_way))

    @classmethod
    def select_hidden_too(cls, *fields: Any) -> Any:
        """Select payments, those of imports that are under way among them."""
        return super().select(*fields)


NOT_ELIGIBLE = "status = 'not_eligible'"
Payment.add_index(
    Payment.index(
        *(Payment.connection, Payment.code, Payment.date),
        where=SQL(NOT_ELIGIBLE),
        name="payment_not_eligible",
    )
)
ASKING = "asking <> ''"
Payment.add_index(Payment.index(Payment.connection, where=SQL(ASKING), name="payment_asking"))
IN_QUICKBOOKS = "source = 'quickbooks' AND NOT deleted"
Payment.add_index(
    Payment.index(
        *(Payment.connection, Payment.time_modified, Payment.id),
        where=SQL(IN_QUICKBOOKS),
        name="payment_in_quickbooks",
    )
)


class PaymentUse(Table):
    """What a payment is applied to; ``invoice_txn_id`` is empty until the invoice is known.

    ``document`` is how the platform names it, number or TxnID. ``amount_cents`` includes the
    discount.
    """

    payment = ForeignKeyField(Payment, on_delete="CASCADE", index=False)
    position = IntegerField()
    kind = TextField()
    document = TextField()
    invoice_txn_id = TextField(index=True)
    number = TextField()
    amount_cents = BigIntegerField()
    discount_cents = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("payment", "position")


class Posting(Table):
    """One ReceivePayment that a payment becomes: a payment of two customers becomes two.

    ``part`` counts from 1. ``generation`` goes up when a person decides that it is posted anew
    after all, and makes new tags. ``deleted``: it was posted, and QuickBooks no longer has it.
    ``date`` is the day under which it is posted, empty until that is known. ``pause_ms``: put off
    by QuickBooks, it is not tried again before then.
    """

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    payment = ForeignKeyField(Payment, on_delete="CASCADE", index=False)
    part = IntegerField()
    generation = IntegerField()
    customer_list_id = TextField()
    customer = TextField()
    ar_account_list_id = TextField()
    currency = TextField()
    amount_cents = BigIntegerField()
    ref_number = TextField()
    external_guid = TextField()
    state = TextField()
    code = TextField()
    said = TextField()
    attempts = IntegerField()
    txn_id = TextField()
    edit_sequence = TextField()
    time_created = TextField()
    unused_cents = BigIntegerField()
    method = TextField()
    deposit_account = TextField()
    posted_ms = BigIntegerField(null=True)
    verified_ms = BigIntegerField(null=True)
    deleted = BooleanField()
    date = TextField(constraints=[SQL("DEFAULT ''")])
    pause_ms = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("payment", "part"), True),
            (("connection", "external_guid"), True),
            (("connection", "state", "id"), False),
            (("connection", "txn_id"), False),
        )


POSTED_THERE = "state = 'posted' AND NOT deleted"
Posting.add_index(
    Posting.index(
        *(Posting.connection, Posting.posted_ms, Posting.id),
        where=SQL(POSTED_THERE),
        name="posting_there",
    )
)
UNVERIFIED = f"{POSTED_THERE} AND verified_ms IS NULL"
Posting.add_index(
    Posting.index(
        *(Posting.connection, Posting.posted_ms, Posting.id),
        where=SQL(UNVERIFIED),
        name="posting_unverified",
    )
)
# QuickBooks compares RefNumbers without case.
Posting.add_index(
    Posting.index(
        Posting.connection, fn.LOWER(Posting.ref_number), unique=True, name="posting_ref_number"
    )
)


class PostingUse(Table):
    """An invoice that a posting pays; ``expected_cents`` is its balance right after that.

    ``fitting_cents`` is what it owed of the amount when it was looked at; null: all of it.
    """

    posting = ForeignKeyField(Posting, on_delete="CASCADE", index=False)
    position = IntegerField()
    invoice_txn_id = TextField(index=True)
    number = TextField()
    amount_cents = BigIntegerField()
    expected_cents = BigIntegerField(null=True)
    fitting_cents = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("posting", "position")


class MessageSet(Table):
    """A write to QuickBooks, byte for byte, from before it leaves until its outcome is known.

    ``phase`` belongs to the posting protocol; all but ``closed`` are open, and the database
    admits one open set for each connection, and one for each company file (``company`` is the
    connection's ``company_key``). ``doubted`` sets are never cleared in QuickBooks: a late copy of
    one must still find its record there.
    """

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    company = TextField()
    application = ForeignKeyField(Application, on_delete="CASCADE", index=False)
    posting = ForeignKeyField(Posting, on_delete="CASCADE")
    set_id = TextField(unique=True)
    request = BlobField()
    digest = TextField()
    phase = TextField()
    outcome = TextField()
    sends = IntegerField()
    first_sent_ms = BigIntegerField()
    last_sent_ms = BigIntegerField()
    session = BigIntegerField()
    doubted = BooleanField()
    ran = BooleanField()
    turned_away = BooleanField()
    settle_now_by = TextField()
    closed_ms = BigIntegerField(null=True)
    cleared = BooleanField()


OPEN_SET = SQL("(phase <> 'closed')")
CLEARABLE_SET = SQL("(phase = 'closed' AND NOT doubted AND NOT cleared)")
"""As the indexes say it: SQLite uses one of some rows only where a query has the very words."""

MessageSet.add_index(
    MessageSet.index(MessageSet.connection, unique=True, where=OPEN_SET, name="message_set_open")
)
MessageSet.add_index(
    MessageSet.index(MessageSet.application, where=CLEARABLE_SET, name="message_set_clearable")
)
MessageSet.add_index(
    MessageSet.index(MessageSet.connection, MessageSet.closed_ms, name="message_set_of_connection")
)
MessageSet.add_index(
    MessageSet.index(
        MessageSet.company,
        unique=True,
        where=SQL("phase <> 'closed' AND company <> ''"),
        name="message_set_open_company",
    )
)
MessageSet.add_index(
    MessageSet.index(MessageSet.company, MessageSet.closed_ms, name="message_set_of_company")
)


class PostingEvent(Table):
    """What happened to a posting, in its order; rows are only ever added."""

    id = BigAutoField()
    posting = ForeignKeyField(Posting, on_delete="CASCADE")
    set_id = TextField()
    at_ms = BigIntegerField()
    event = TextField()
    detail = TextField()
    who = TextField()


class DeletedNumber(Table):
    """A RefNumber of ours that QuickBooks listed among deleted payments in this session."""

    session = ForeignKeyField(Session, on_delete="CASCADE", index=False)
    number = TextField()

    class Meta:
        primary_key = CompositeKey("session", "number")


class DepositRule(Table):
    """Which account a payment is deposited to; an empty condition fits anything.

    An empty ``account`` is Undeposited Funds.
    """

    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    method = TextField()
    currency = TextField()
    gateway = TextField()
    account = TextField()

    class Meta:
        indexes = ((("connection", "method", "currency", "gateway"), True),)


class FileProfile(Table):
    """How files of payments of a connection are read, as a person saved it under a label.

    ``base`` is the shipped profile below it, ``maps`` JSON of ``HEADER=field`` texts.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    label = TextField()
    base = TextField()
    maps = TextField()
    date_order = TextField()
    time_zone = TextField()
    who = TextField()
    at_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "label")


class MethodRule(Table):
    """The QuickBooks payment method that a payment of the platform's method gets."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    method = TextField()
    name = TextField()

    class Meta:
        primary_key = CompositeKey("connection", "method")


class ListEntry(Table):
    """An account or a payment method of the company, as the last Payment Sync read it."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    kind = TextField()
    list_id = TextField()
    full_name = TextField()
    type = TextField()
    special = TextField()
    currency = TextField()
    active = BooleanField()

    class Meta:
        primary_key = CompositeKey("connection", "kind", "list_id")


class Audit(Table):
    """Who did what. Keeps the connection's name: entries outlive connections."""

    id = BigAutoField()
    at_ms = BigIntegerField()
    who = TextField()
    action = TextField()
    connection = TextField()
    detail = TextField()

    class Meta:
        indexes = ((("action", "id"), False),)


class Event(Table):
    """What happened to a record, in short; rows are only ever added, and pruned by age.

    ``connection`` is 0 for none. No foreign key: checking it would cost an import more than the
    row itself. ``object_id`` is the TxnID, ListID or number of the record, ``document`` what it is
    called. No text of people or of QuickBooks beyond that, and never a secret.
    """

    id = LastingIdField()
    at_ms = BigIntegerField()
    connection = BigIntegerField()
    kind = TextField()
    object_id = TextField()
    document = TextField()
    amount_cents = BigIntegerField(null=True)
    before_cents = BigIntegerField(null=True)
    currency = TextField()
    state = TextField()
    code = TextField()

    class Meta:
        indexes = ((("connection", "id"), False),)


class Outlet(Table):
    """Somewhere that events are delivered to; ``position`` is the last one that it has passed.

    The daemon ``held_by`` delivers, until ``held_until_ms`` at least. ``pause_until_ms``: nothing
    can be delivered before then, which was so ``attempts`` times in a row; ``reason`` says why.
    One that is of a ``connection`` goes with it.
    """

    id = LastingIdField()
    name = TextField(unique=True)
    connection = ForeignKeyField(Connection, on_delete="CASCADE", null=True)
    position = BigIntegerField()
    held_by = TextField()
    held_until_ms = BigIntegerField()
    pause_until_ms = BigIntegerField()
    attempts = IntegerField()
    reason = TextField()
    delivered_ms = BigIntegerField(null=True)


class Delivery(Table):
    """An event that an outlet has passed without delivering it.

    ``state`` is waiting or parked. ``next_ms`` is null where it waits behind an earlier event of
    the same ``record``. ``overtaken``: it is parked, and a later one of its record was delivered.
    """

    outlet = ForeignKeyField(Outlet, on_delete="CASCADE", index=False)
    event = ForeignKeyField(Event, on_delete="CASCADE")
    record = TextField()
    state = TextField()
    attempts = IntegerField()
    first_ms = BigIntegerField()
    next_ms = BigIntegerField(null=True)
    reason = TextField()
    overtaken = BooleanField()

    class Meta:
        primary_key = CompositeKey("outlet", "event")
        indexes = ((("outlet", "record"), False),)


class Webhook(Table):
    """An address of somebody's program that events of a connection are sent to.

    ``events`` are the kinds that it wants, blanks between; none: all. No secret is kept: what its
    deliveries are signed with is worked out of ``salt`` and the installation's own secret.
    """

    id = LastingIdField()
    outlet = ForeignKeyField(Outlet, on_delete="CASCADE", unique=True)
    url = TextField()
    events = TextField()
    salt = TextField()
    created_ms = BigIntegerField()
    created_by = TextField()


class AlertRecipient(Table):
    """Somebody who is told of alerts; ``address`` is a mail address or a URL.

    Its connection is that of its outlet. No secret is kept: what a URL gets is signed with what is
    worked out of ``salt``. ``test_asked_ms`` and ``test_done_ms``: a test was asked for, and made;
    ``test_reason`` says why it failed.
    """

    id = LastingIdField()
    outlet = ForeignKeyField(Outlet, on_delete="CASCADE", unique=True)
    address = TextField()
    salt = TextField()
    audience = TextField()
    digest = TextField()
    digest_time = TextField()
    quiet = TextField()
    amounts = BooleanField()
    created_ms = BigIntegerField()
    created_by = TextField()
    digest_ms = BigIntegerField(null=True)
    sent_ms = BigIntegerField(null=True)
    test_asked_ms = BigIntegerField(null=True)
    test_done_ms = BigIntegerField(null=True)
    test_reason = TextField()


class Alert(Table):
    """Something that is wrong, from when it was first seen until it was away for a while.

    ``connection`` is 0 for Deskbridge as a whole. One is open for each kind, connection and
    ``about``: ``open_key`` is those three, and null once it is closed.
    """

    id = LastingIdField()
    open_key = TextField(null=True, unique=True)
    kind = TextField()
    connection = BigIntegerField()
    about = TextField()
    subject = TextField()
    told = TextField()
    plain = TextField()
    remedy = TextField()
    code = TextField()
    size = IntegerField()
    opened_ms = BigIntegerField()
    gone_ms = BigIntegerField(null=True)
    closed_ms = BigIntegerField(null=True, index=True)


class AlertTold(Table):
    """What a recipient was told of an alert, until it got the all-clear."""

    recipient = ForeignKeyField(AlertRecipient, on_delete="CASCADE", index=False)
    alert = ForeignKeyField(Alert, on_delete="CASCADE")
    times = IntegerField()
    last_ms = BigIntegerField()
    size = IntegerField()

    class Meta:
        primary_key = CompositeKey("recipient", "alert")


class ApiToken(Table):
    """What lets a program in: ``digest`` is the SHA-256 of the secret, which is kept nowhere.

    ``every_connection``: also those that are added later.
    """

    id = LastingIdField()
    label = TextField()
    digest = TextField(unique=True)
    access = TextField()
    every_connection = BooleanField()
    created_ms = BigIntegerField()
    created_by = TextField()
    expires_ms = BigIntegerField(null=True)
    last_used_ms = BigIntegerField(null=True)
    revoked_ms = BigIntegerField(null=True)


class TokenConnection(Table):
    """A connection that a token opens."""

    token = ForeignKeyField(ApiToken, on_delete="CASCADE", index=False)
    connection = ForeignKeyField(Connection, on_delete="CASCADE")

    class Meta:
        primary_key = CompositeKey("token", "connection")


class ApiAnswer(Table):
    """What a program was answered under an ``Idempotency-Key``, so that asking again is harmless.

    ``request`` is the digest of route and body.
    """

    token = ForeignKeyField(ApiToken, on_delete="CASCADE", index=False)
    key = TextField()
    request = TextField()
    status = IntegerField()
    body = BlobField()
    at_ms = BigIntegerField(index=True)

    class Meta:
        primary_key = CompositeKey("token", "key")


class Daemon(Table):
    """A daemon process; ``stopped_ms`` is null until it says that it ends.

    ``listening`` holds the addresses that it is bound to, joined by blanks.
    ``certificate_expires_ms`` is null where it serves no TLS itself.
    """

    id = BigAutoField()
    instance = TextField(unique=True)
    host = TextField()
    pid = BigIntegerField()
    version = TextField()
    listening = TextField()
    public_url = TextField()
    certificate_expires_ms = BigIntegerField(null=True)
    started_ms = BigIntegerField()
    beat_ms = BigIntegerField()
    stopped_ms = BigIntegerField(null=True)


class Operator(Table):
    """Who may do what: a user or a group of the operating system.

    ``every_connection``: also those that are added later.
    """

    id = BigAutoField()
    name = TextField(unique=True)
    role = TextField()
    user = TextField()
    group = TextField()
    every_connection = BooleanField()
    added_ms = BigIntegerField()
    added_by = TextField()


class OperatorConnection(Table):
    """A connection that an operator is for."""

    operator = ForeignKeyField(Operator, on_delete="CASCADE", index=False)
    connection = ForeignKeyField(Connection, on_delete="CASCADE")

    class Meta:
        primary_key = CompositeKey("operator", "connection")


class Throttle(Table):
    """Whoever guessed wrong too often, or what was guessed at; see ``rules/throttling``.

    ``name`` is an address or a network, or the digest of a user name.
    """

    source = TextField()
    name = TextField()
    guesses = IntegerField()
    guessed_ms = BigIntegerField(index=True)
    locked_until_ms = BigIntegerField(index=True)

    class Meta:
        primary_key = CompositeKey("source", "name")


class ClockLook(Table):
    """How the store's clock stood when a machine had run for ``uptime_ms`` since it was started.

    ``boot`` names that start of the machine; the last look of each is kept.
    """

    id = BigAutoField()
    boot = TextField(unique=True)
    uptime_ms = BigIntegerField()
    wall_ms = BigIntegerField()


class Backup(Table):
    """The latest backup of a ``kind``, and why the daemon could not make one after it.

    It is too old from ``old_ms`` on. ``failure`` is empty where it did not fail since. A row of
    the kind ``check`` is the latest check of the whole store, and ``failure`` what is damaged.
    """

    kind = TextField(primary_key=True)
    made_ms = BigIntegerField(null=True)
    old_ms = BigIntegerField(null=True)
    path = TextField()
    failed_ms = BigIntegerField(null=True)
    failure = TextField()


class Download(Table):
    """A file that waits to be fetched once; the token in its link is kept as a hash alone."""

    id = BigAutoField()
    token_hash = TextField(unique=True)
    file_name = TextField()
    content = BlobField()
    who = TextField()
    created_ms = BigIntegerField()
    expires_ms = BigIntegerField(index=True)
    used_ms = BigIntegerField(null=True)


class PlatformAccount(Table):
    """The account of a connection on a billing platform.

    ``sealed_key`` is the encrypted key where ``key_source`` is ``store``. ``identity`` names the
    account that the platform showed; ``looking``: a dry run was asked for.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", primary_key=True)
    platform = TextField()
    url = TextField()
    sandbox = BooleanField()
    key_source = TextField()
    sealed_key = BlobField()
    state = TextField()
    is_looking = BooleanField()
    identity = TextField()
    company = TextField()
    currency = TextField()
    time_zone = TextField()
    warning = TextField()
    connected_ms = BigIntegerField()
    connected_by = TextField()
    convenience_fees = TextField()


class PlatformRecord(Table):
    """A record on both sides; ``identity`` is that of the account, which may be left and come back.

    ``baseline_cents`` is what an invoice had been paid, when it was sent first, by what is not
    sent itself.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    identity = TextField()
    kind = TextField()
    our_id = TextField()
    their_id = TextField()
    document = TextField()
    owner = TextField()
    baseline_cents = BigIntegerField(null=True)
    created_ms = BigIntegerField()
    changed_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "identity", "kind", "our_id")
        indexes = ((("connection", "identity", "kind", "their_id"), True),)


class BaselineUse(Table):
    """What a payment of QuickBooks pays of an invoice and is in the invoice's baseline already."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    identity = TextField()
    payment_txn_id = TextField()
    invoice_txn_id = TextField()
    amount_cents = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "identity", "payment_txn_id", "invoice_txn_id")
        indexes = ((("connection", "identity", "invoice_txn_id"), False),)


class Outgoing(Table):
    """A record on its way to the platform; see ``Outgoing`` in ``rules/connectors``.

    ``place`` orders the kinds. While ``request`` is there the outcome of a write is not known: the
    very same bytes go out again under ``request_key`` before anything else about the record.
    ``look_ms``: then it is looked at once more, since such a write may be carried out late.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    kind = TextField()
    object_id = TextField()
    place = IntegerField()
    document = TextField()
    state = TextField()
    reason = TextField()
    waits_for = TextField()
    would = TextField()
    choice = TextField()
    wanted = IntegerField()
    attempts = IntegerField()
    due_ms = BigIntegerField()
    changed_ms = BigIntegerField()
    sent_ms = BigIntegerField(null=True)
    digest = TextField()
    request = BlobField(null=True)
    request_key = TextField()
    request_digest = TextField()
    baseline_cents = BigIntegerField(null=True)
    look_ms = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("connection", "kind", "object_id")
        indexes = (
            (("connection", "look_ms"), False),
            (("connection", "state", "place", "due_ms"), False),
            (("connection", "waits_for"), False),
        )


class InboxCursor(Table):
    """How far a feed of the platform was read, in the words of the platform."""

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    feed = TextField()
    position = TextField()

    class Meta:
        primary_key = CompositeKey("connection", "feed")


class InboxStanding(Table):
    """How receiving from an account goes: when it worked last, and why it does not now.

    ``failing_ms``: since when it does not work; null: it does.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    identity = TextField()
    received_ms = BigIntegerField(null=True)
    failing_ms = BigIntegerField(null=True)
    reason = TextField()

    class Meta:
        primary_key = CompositeKey("connection", "identity")


class Watched(Table):
    """A record of the platform that is looked at again at ``due_ms``.

    No feed tells its change, or it could not be taken in.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    identity = TextField()
    their_id = TextField()
    reason = TextField()
    since_ms = BigIntegerField()
    due_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "identity", "their_id")
        indexes = ((("connection", "identity", "due_ms"), False),)


class CustomerMapping(Table):
    """Whom a name of the billing platform means in QuickBooks, as a person decided.

    ``folded`` is ``name`` as names are compared.
    """

    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    folded = TextField()
    name = TextField()
    list_id = TextField()
    who = TextField()
    at_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "folded")


# What screens and Health ask of all connections at once.
Sync.add_index(Sync.index(Sync.connection, Sync.application, Sync.id, name="sync_of_application"))
Problem.add_index(Problem.index(Problem.connection, Problem.state, name="problem_connection_state"))
Payment.add_index(
    Payment.index(
        *(Payment.status, Payment.changed_ms, Payment.import_id), name="payment_status_age"
    )
)
Payment.add_index(Payment.index(Payment.status, Payment.id, name="payment_of_status"))
Payment.add_index(
    Payment.index(
        *(Payment.connection, Payment.status, Payment.currency, Payment.deleted),
        *(Payment.amount_cents, Payment.changed_ms, Payment.import_id),
        name="payment_figures",
    )
)
# Ids of the platform mind their case, people who look for one do not.
Payment.add_index(Payment.index(fn.LOWER(Payment.key), Payment.id, name="payment_key"))
Payment.add_index(Payment.index(fn.LOWER(Payment.reference), Payment.id, name="payment_reference"))
Invoice.add_index(Invoice.index(Invoice.status, Invoice.id, name="invoice_of_status"))
Customer.add_index(
    Customer.index(
        Customer.connection, Lowered(Customer.full_name), Customer.id, name="customer_name"
    )
)

# Few invoices are in these, and none while it is imported.
LEFT_OUT = "left_out NOT IN ('', 'unsettled', 'unsettled-left-out')"
DIFFERING = "balance_cents <> COALESCE(seen_cents, 0)"
Invoice.add_index(Invoice.index(Invoice.connection, where=SQL(LEFT_OUT), name="invoice_left_out"))
Invoice.add_index(Invoice.index(Invoice.connection, where=SQL(DIFFERING), name="invoice_differing"))

UNSETTLED_CLOSED = "left_out IN ('unsettled', 'unsettled-left-out') AND status <> 'open'"
Invoice.add_index(
    Invoice.index(Invoice.connection, where=SQL(UNSETTLED_CLOSED), name="invoice_unsettled_closed")
)

UNSETTLED = "unsettled"
UNSETTLED_LEFT_OUT = "unsettled-left-out"
NOT_SETTLED = (UNSETTLED, UNSETTLED_LEFT_OUT)
"""What ``left_out`` of an invoice says that no list and no total shows."""

TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
"""In the order in which they are declared."""

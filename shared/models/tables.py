"""The tables. Rows never leave ``shared.models``; ``values`` says what the columns mean.

Money is ``*_cents``, an integer number of hundredths. Our own times are ``*_ms``,
milliseconds since 1970 in UTC; QuickBooks' times stay its own text. Days are ISO text.
A change here needs a numbered step in ``migrations``; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    NodeList,
    TextField,
)


class LastingIdField(BigAutoField):
    """An id that is never given to another row, not even after its row was deleted.

    PostgreSQL's sequences only go on; SQLite has to be told.
    """

    def ddl(self, ctx: Any) -> Any:
        """The column as the database's own dialect defines it."""
        column = super().ddl(ctx)
        on_sqlite = ctx.state.field_types[self.field_type] == "INTEGER"
        return NodeList((column, SQL("AUTOINCREMENT"))) if on_sqlite else column


class Table(Model):
    """The base of all: no database is bound, statements name the one of the current unit."""

    class Meta:
        legacy_table_names = False


class Connection(Table):
    """A connection with the company it is bound to; ``bound_ms`` is null until it is."""

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
    password_generation = IntegerField()
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
    """One update of the Web Connector. ``exchanges`` counts them; the latest has that number."""

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
    error_code = TextField()
    error = TextField()
    closing = TextField()
    exchanges = IntegerField()

    class Meta:
        indexes = ((("connection", "ended_ms"), False),)


class Exchange(Table):
    """One qbXML request with its exact bytes, and what is kept of the answer."""

    id = LastingIdField()
    session = ForeignKeyField(Session, on_delete="CASCADE", index=False)
    sync = ForeignKeyField(Sync, on_delete="CASCADE")
    sequence = IntegerField()
    step = TextField()
    request_id = TextField()
    request = BlobField()
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


class ExchangeText(Table):
    """The answer itself, zlib-packed; kept only for connections with ``debug`` on."""

    exchange = ForeignKeyField(Exchange, on_delete="CASCADE", primary_key=True)
    packed = BlobField()

    class Meta:
        table_name = "exchange_text"


class Problem(Table):
    """Something a person must look at: one row per connection, code and object."""

    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    sync = ForeignKeyField(Sync, on_delete="SET NULL", null=True)
    code = TextField()
    kind = TextField()
    object_id = TextField()
    document = TextField()
    message = TextField()
    remedy = TextField()
    said = TextField()
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
    deleted.
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
    currency = TextField()
    edit_sequence = TextField()
    time_created = TextField()
    time_modified = TextField()

    class Meta:
        indexes = (
            (("connection", "list_id"), True),
            (("connection", "state"), False),
        )


class Invoice(Table):
    """An invoice with what we made of it.

    ``left_out`` is empty for an imported invoice, else the reason; ``UNSETTLED`` before the
    settlement looked at it as it is now, ``UNSETTLED_LEFT_OUT`` when it was left out before
    it changed. ``seen_by_sync`` is the number of the last sync that saw it open; no
    foreign key, since syncs are pruned.
    """

    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    txn_id = TextField()
    number = TextField()
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
    edit_sequence = TextField()
    time_created = TextField()
    time_modified = TextField()
    seen_by_sync = BigIntegerField()
    bill_to_list_id = TextField()
    left_out = TextField()

    class Meta:
        indexes = (
            (("connection", "txn_id"), True),
            (("connection", "status"), False),
            (("connection", "bill_to_list_id"), False),
        )


class InvoiceLine(Table):
    """A line of an invoice; ``position`` counts from 0 as on the form."""

    invoice = ForeignKeyField(Invoice, on_delete="CASCADE", index=False)
    position = IntegerField()
    line_id = TextField()
    group_line_id = TextField()
    item = TextField()
    description = TextField()
    quantity = TextField()
    rate = TextField()
    amount_cents = BigIntegerField(null=True)
    service_date = TextField(null=True)
    tax_code = TextField()

    class Meta:
        table_name = "invoice_line"
        primary_key = CompositeKey("invoice", "position")


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


class Audit(Table):
    """Who did what. Keeps the connection's name: entries outlive connections."""

    id = BigAutoField()
    at_ms = BigIntegerField()
    who = TextField()
    action = TextField()
    connection = TextField()
    detail = TextField()


UNSETTLED = "unsettled"
UNSETTLED_LEFT_OUT = "unsettled-left-out"

TABLES: tuple[type[Table], ...] = (
    Connection,
    Application,
    Sync,
    Record,
    Session,
    Exchange,
    ExchangeText,
    Problem,
    Customer,
    Invoice,
    InvoiceLine,
    Reread,
    Watermark,
    Audit,
)

"""Payment Sync: payments, what is written to QuickBooks for them, and the rules they follow.

A frozen copy of the tables as they were; later steps change the store, never this file.
"""

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
    fn,
)


class LastingIdField(BigAutoField):
    def ddl(self, ctx):
        column = super().ddl(ctx)
        on_sqlite = ctx.state.field_types[self.field_type] == "INTEGER"
        return NodeList((column, SQL("AUTOINCREMENT"))) if on_sqlite else column


class Table(Model):
    class Meta:
        legacy_table_names = False


class Connection(Table):
    id = LastingIdField()


class Application(Table):
    id = LastingIdField()


class Payment(Table):
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

    class Meta:
        indexes = (
            (("connection", "source", "key"), True),
            (("connection", "status", "id"), False),
        )


class PaymentUse(Table):
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

    class Meta:
        indexes = (
            (("payment", "part"), True),
            (("connection", "external_guid"), True),
            (("connection", "state", "id"), False),
            (("connection", "txn_id"), False),
        )


Posting.add_index(
    Posting.index(
        Posting.connection, fn.LOWER(Posting.ref_number), unique=True, name="posting_ref_number"
    )
)


class PostingUse(Table):
    posting = ForeignKeyField(Posting, on_delete="CASCADE", index=False)
    position = IntegerField()
    invoice_txn_id = TextField(index=True)
    number = TextField()
    amount_cents = BigIntegerField()
    expected_cents = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("posting", "position")


class MessageSet(Table):
    id = LastingIdField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
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


MessageSet.add_index(
    MessageSet.index(
        MessageSet.connection,
        unique=True,
        where=SQL("phase <> 'closed'"),
        name="message_set_open",
    )
)


class PostingEvent(Table):
    id = BigAutoField()
    posting = ForeignKeyField(Posting, on_delete="CASCADE")
    set_id = TextField()
    at_ms = BigIntegerField()
    event = TextField()
    detail = TextField()
    who = TextField()


class DepositRule(Table):
    id = BigAutoField()
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    method = TextField()
    currency = TextField()
    gateway = TextField()
    account = TextField()

    class Meta:
        indexes = ((("connection", "method", "currency", "gateway"), True),)


class MethodRule(Table):
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    method = TextField()
    name = TextField()

    class Meta:
        primary_key = CompositeKey("connection", "method")


class ListEntry(Table):
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


TABLES = (
    Payment,
    PaymentUse,
    Posting,
    PostingUse,
    MessageSet,
    PostingEvent,
    DepositRule,
    MethodRule,
    ListEntry,
)

CHANGES = (
    "ALTER TABLE connection ADD COLUMN payments_out {BOOL} NOT NULL DEFAULT TRUE",
    "ALTER TABLE connection ADD COLUMN payments_in {BOOL} NOT NULL DEFAULT TRUE",
    "ALTER TABLE connection ADD COLUMN missing_method TEXT NOT NULL DEFAULT 'create'",
    "ALTER TABLE connection ADD COLUMN closing_date TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE invoice ADD COLUMN seen_cents {BIGINT}",
    "UPDATE invoice SET seen_cents = balance_cents",
    "CREATE INDEX invoice_number ON invoice (connection_id, LOWER(number))",
)


def up(migrator, db):
    with db.bind_ctx([Connection, Application, *TABLES]):
        db.create_tables(TABLES, safe=False)
    types = db.get_sql_context().state.field_types
    for statement in CHANGES:
        db.execute_sql(statement.format_map(types))

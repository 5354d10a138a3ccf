"""What the console shows beside the ledger: daemons that run, files to fetch, faster listings.

A frozen copy of the tables as they were; later steps change the store, never this file.
"""

from peewee import (
    SQL,
    BigAutoField,
    BigIntegerField,
    BlobField,
    CompositeKey,
    ForeignKeyField,
    Model,
    NodeList,
    TextField,
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


class Daemon(Table):
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


class Download(Table):
    id = BigAutoField()
    token_hash = TextField(unique=True)
    file_name = TextField()
    content = BlobField()
    who = TextField()
    created_ms = BigIntegerField()
    expires_ms = BigIntegerField(index=True)
    used_ms = BigIntegerField(null=True)


class CustomerMapping(Table):
    connection = ForeignKeyField(Connection, on_delete="CASCADE", index=False)
    folded = TextField()
    name = TextField()
    list_id = TextField()
    who = TextField()
    at_ms = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("connection", "folded")


TABLES = (Daemon, Download, CustomerMapping)

INDICES = (
    "CREATE INDEX sync_of_application ON sync (connection_id, application, id)",
    "CREATE INDEX problem_connection_state ON problem (connection_id, state)",
    "CREATE INDEX payment_status_age ON payment (status, changed_ms)",
    "CREATE INDEX payment_of_status ON payment (status, id)",
    "CREATE INDEX payment_figures ON payment"
    " (connection_id, status, currency, deleted, amount_cents, changed_ms)",
    "CREATE INDEX invoice_of_status ON invoice (status, id)",
    "CREATE INDEX customer_name ON customer (connection_id, LOWER(full_name), id)",
    "CREATE INDEX invoice_left_out ON invoice (connection_id)"
    " WHERE left_out NOT IN ('', 'unsettled', 'unsettled-left-out')",
    "CREATE INDEX invoice_differing ON invoice (connection_id)"
    " WHERE balance_cents <> COALESCE(seen_cents, 0)",
)


def up(migrator, db):
    with db.bind_ctx([Connection, *TABLES]):
        db.create_tables(TABLES, safe=False)
    for statement in INDICES:
        db.execute_sql(statement)

"""What the console shows beside the ledger: daemons that run, files to fetch, faster listings.

A frozen copy of the tables as they were; later steps change the store, never this file.
"""

from peewee import BigAutoField, BigIntegerField, BlobField, Model, TextField


class Table(Model):
    class Meta:
        legacy_table_names = False


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


TABLES = (Daemon, Download)

INDICES = (
    "CREATE INDEX sync_of_application ON sync (connection_id, application, id)",
    "CREATE INDEX problem_connection_state ON problem (connection_id, state)",
    "CREATE INDEX payment_status_age ON payment (status, changed_ms)",
)


def up(migrator, db):
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES, safe=False)
    for statement in INDICES:
        db.execute_sql(statement)

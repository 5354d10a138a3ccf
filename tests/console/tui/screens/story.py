"""The store that the pictures of the console show: five companies, one noon in June.

Nothing in it is drawn by lot, and nothing depends on the machine: the same pictures every time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.models import applications, audit, backups, connections, daemons, mappings, problems
from shared.models.convert import millis
from shared.models.daemons import DaemonFacts
from shared.models.payments import from_quickbooks
from shared.rules.backups import BY_HAND_EVERY, BackupKind
from shared.rules.payments.values import PostingState
from shared.rules.values import Connection, JobMode, Layout, RecordKind, SyncState, Trouble
from tests.console.tui.screens.office import Office, imported
from tests.models.builders import NOON, customer, invoice, later, paid, swept, trouble
from tests.models.payments.builders import Till, applied, money, pays, received

ADDRESS = "https://deskbridge.example.com"
REQUEST = b"""<?xml version="1.0"?><?qbxml version="13.0"?>
<QBXML><QBXMLMsgsRq onError="stopOnError"><InvoiceQueryRq requestID="4-3" iterator="Start">
<MaxReturned>200</MaxReturned><ModifiedDateRangeFilter>
<FromModifiedDate>2024-06-12T08:29:41</FromModifiedDate></ModifiedDateRangeFilter>
<IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq></QBXMLMsgsRq></QBXML>"""
ANSWER = """<QBXML><QBXMLMsgsRs><InvoiceQueryRs requestID="4-3" statusCode="0"
statusSeverity="Info" statusMessage="Status OK" iteratorRemainingCount="0">
<InvoiceRet><TxnID>1A-1042</TxnID><TimeModified>2024-06-12T11:02:17</TimeModified>
<CustomerRef><ListID>80-1</ListID><FullName>Fern Interiors</FullName></CustomerRef>
<TxnDate>2024-06-03</TxnDate><RefNumber>1042</RefNumber>
<BillAddress><Addr1>1 Quarry Road</Addr1></BillAddress>
<BalanceRemaining>100.00</BalanceRemaining><Memo>for the lobby</Memo></InvoiceRet>
</InvoiceQueryRs></QBXMLMsgsRs></QBXML>"""
FERN = {"customer_list_id": "80-1", "customer_full_name": "Fern Interiors"}
JUNIPER = {"customer_list_id": "80-2", "customer_full_name": "Juniper Yoga"}
LOBBY = {"customer_list_id": "80-4", "customer_full_name": "Fern Interiors:Lobby"}
GONE = {"customer_list_id": "80-5", "customer_full_name": "Old Mill Cafe"}


class Shop(Till):
    """The books of a connection that is there already."""

    def __init__(self, office: Office, connection: Connection) -> None:
        self.store = office.store
        self.connection = connection
        self.id = connection.id
        self.sync = office.sync(connection, at=later(days=-2), message="Finished: 9 records")
        with self.store.reading():
            self.applications = [one.id for one in connections.applications(self.id)]


def arrange(folder: Path) -> Office:
    """Make the store in ``folder``."""
    office = Office(folder)
    add = _adding(office)
    larkspur = add("Larkspur Tile", company_file=r"D:\Books\Larkspur.qbw", debug=True)
    aster = add("Aster & Sons", layout=Layout.COMBINED, jobs=JobMode.SEPARATE)
    bramble = add("Bramble Bakery")
    harbor = add("Harbor Dental")
    for one in (larkspur, aster, bramble, harbor):
        _with_files(office, one)
    add("Quarry Stone")
    office.bind(larkspur)
    office.bind(aster, company_name="Aster & Sons Ltd", country="CA", qbxml_version="CA13.0")
    office.bind(bramble, company_name="Bramble Bakery Inc.")
    shop = Shop(office, larkspur)
    _invoices(shop)
    _payments(shop)
    _yesterday(office, larkspur, aster)
    _this_morning(office, bramble, harbor)
    _lately(office, larkspur, aster)
    _rig(office)
    return office


def _with_files(office: Office, connection: Connection) -> None:
    with office.store.transaction():
        found = connections.applications(connection.id)
        applications.set_password([one.id for one in found], "a hash")


def _adding(office: Office) -> Callable[..., Connection]:
    """A function that adds connections whose ids are counted, not drawn."""
    numbers = itertools.count(0xA5)

    def add(name: str, **fields: Any) -> Connection:
        with office.store.transaction():
            return connections.add(
                name,
                now=later(days=-30),
                run_every_minutes=30,
                new_id=lambda: UUID(int=next(numbers) << 96),
                **fields,
            )

    return add


def _invoices(shop: Shop) -> None:
    shop.hold(
        customer("80-1", "Fern Interiors"),
        customer("80-2", "Juniper Yoga"),
        customer("80-4", "Fern Interiors:Lobby", parent_list_id="80-1"),
        customer("80-5", "Old Mill Cafe", active=False),
    )
    shop.owes(
        invoice("1A-1038", "1250.00", **JUNIPER),
        invoice("1A-1040", "480.00", **FERN),
        invoice("1A-1041", "96.40", **LOBBY),
        invoice("1A-1042", "250.00", **FERN),
        invoice("1A-1043", "75.00", pending=True, **JUNIPER),
        invoice("1A-1044", "310.00", **GONE),
        paid(invoice("1A-1030", "99.00", **FERN)),
    )
    shop.sweep(swept(invoice("1A-1038", **JUNIPER), balance=money("1150.00")))


def _payments(shop: Shop) -> None:
    shop.take_in(
        pays("pay_8Kd2", "150.00", ("1042", "150.00"), currency="USD"),
        pays("pay_8Kd3", "480.00", ("1040", "480.00"), currency="USD", gateway="gocardless"),
        pays("pay_8Kd4", "100.00", ("1038", "100.00"), currency="USD"),
        pays("pay_8Kd5", "64.00", ("1099", "64.00"), currency="USD"),
        pays("pay_8Kd6", "35.00", ("1038", "35.00"), currency="USD", disputed=True),
        pays("pay_8Kd7", "40.00", ("1041", "40.00"), currency="USD", charged=False),
        pays("pay_8Kd8", "20.00", ("1041", "20.00"), currency="USD", customer="Lobby Ltd"),
        pays("pay_8Kd9", "56.40", ("1041", "56.40"), currency="USD"),
        now=later(days=-1),
    )
    _posted(shop, "pay_8Kd2")
    _parked(shop, "pay_8Kd3")
    _in_doubt(shop, "pay_8Kd4")
    with shop.store.transaction():
        mappings.map_name(shop.id, "Fern Int.", "80-1", "mara", later(days=-7))
        theirs = received("7B-1", applied("1A-1038", "100.00"), customer="Juniper Yoga")
        from_quickbooks.store(shop.id, shop.sync.id, [theirs], later(days=-1))


def _posted(shop: Shop, payment: str) -> None:
    one = shop.write("DB24061200001", payment, now=later(hours=-3))
    shop.post(payment, txn_id="9A-77", now=later(hours=-3))
    shop.save(one, phase="closed", outcome="posted", closed_at=later(hours=-3))
    shop.move(
        PostingState.POSTED,
        payment,
        now=later(hours=-3),
        event="verified",
        verified_at=later(hours=-3),
        deposit_account="Stripe Clearing",
        method="Credit Card",
        unused=money("0.00"),
    )
    left = {"subtotal": money("250.00"), "total": money("250.00"), "applied": money("-150.00")}
    shop.owes(invoice("1A-1042", "100.00", edit_sequence="2", **left, **FERN))


def _parked(shop: Shop, payment: str) -> None:
    told = "2 payments in QuickBooks carry the tags of this one."
    shop.move(PostingState.SENT, payment, now=later(hours=-2))
    shop.move(
        PostingState.PARKED,
        payment,
        now=later(hours=-2),
        code="payment-found-several",
        reason=told,
    )


def _in_doubt(shop: Shop, payment: str) -> None:
    told = "QuickBooks did not tell whether it saved the payment."
    now = later(minutes=-20)
    one = shop.write("DB24061200002", payment, now=now)
    shop.move(PostingState.SENT, payment, now=now, set_id="DB24061200002")
    shop.save(one, phase="doubt", doubted=True)
    shop.move(PostingState.UNKNOWN, payment, now=now, code="payment-unknown", reason=told)


def _yesterday(office: Office, larkspur: Connection, aster: Connection) -> None:
    at = later(days=-1)
    office.sync(larkspur, application="payment", at=at, position=1, message="Finished: 1 payment")
    office.sync(aster, application="combined", at=at, message="Finished: up to date")


def _this_morning(office: Office, bramble: Connection, harbor: Connection) -> None:
    """One went well and was the last to come; one was refused."""
    office.seen(bramble, later(hours=-5))
    finished = office.sync(
        bramble, at=later(hours=-5), position=4, total=4, message="Finished: 4 records up to date"
    )
    with office.store.transaction():
        alike = [_twin(number) for number in (88, 89)]
        problems.report(bramble.id, finished.id, alike, later(hours=-5))
    office.seen(harbor, later(minutes=-40))
    told = "The password is not right. Type the one that came with the latest .qwc file."
    refused = office.failed_sync(harbor, "wrong-password", told, at=later(minutes=-40))
    office.trouble(
        harbor,
        refused,
        code="wrong-password",
        kind=RecordKind.SYNC,
        object_id="invoice",
        document="Invoice Sync",
        message="The password is not right.",
        remedy="Type the password that came with the latest .qwc file.",
        said="nvu",
    )


def _twin(number: int) -> Trouble:
    return trouble(
        code="invoice-duplicate-number",
        object_id=f"2B-{number}",
        document=f"Invoice {number}, Oven & Co",
        message="Another open invoice has this number.",
        remedy="Give one of the two another number in QuickBooks.",
        said="",
    )


def _lately(office: Office, larkspur: Connection, aster: Connection) -> None:
    """One ended with an invoice that failed; one is running."""
    failed = office.sync(
        larkspur,
        at=later(minutes=-31),
        position=3,
        total=3,
        failed=1,
        message="Finished: 2 records up to date, 1 failed",
    )
    office.touched(
        failed,
        imported("1A-1042", "Invoice 1042, Fern Interiors"),
        imported("1A-1041", "Invoice 1041, Fern Interiors:Lobby"),
    )
    office.trouble(
        larkspur,
        failed,
        object_id="1A-1045",
        document="Invoice 1045, Juniper Yoga",
        message="The amount cannot be read: 12,5O.",
    )
    office.exchange(failed, REQUEST, ANSWER)
    office.seen(larkspur, later(minutes=-31))
    office.seen(aster, later(minutes=-1))
    office.sync(
        aster,
        application="combined",
        at=later(minutes=-1),
        state=SyncState.STARTED,
        position=900,
        total=2000,
        message="Reading invoices",
    )


def _rig(office: Office) -> None:
    """The daemon, the nightly backup, who did what."""
    facts = DaemonFacts(
        instance="a1",
        host="books",
        pid=4711,
        version=version("deskbridge"),
        listening=("http://127.0.0.1:8085",),
        public_url=ADDRESS,
        certificate_expires_at=None,
        started_at=later(days=-3),
    )
    did = (
        ("mara", "connection.add", "Larkspur Tile", "layout two, jobs roll-up", timedelta(days=30)),
        ("mara", "qwc", "Larkspur Tile", "generation 1: invoice, payment", timedelta(days=30)),
        ("root (sudo by ben)", "db.backup", "", "/backups/deskbridge.sqlite3", timedelta(hours=9)),
        (
            "ben",
            "problem.skip",
            "Bramble Bakery",
            "problem 2, Invoice 71",
            timedelta(hours=4),
        ),
        ("mara", "sync.stop", "Aster & Sons", "sync 3", timedelta(hours=1)),
    )
    with office.store.transaction():
        daemons.beat(facts, later(seconds=-4))
        made_ms, old_ms = millis(later(hours=-9)), millis(later(hours=-9) + BY_HAND_EVERY)
        copy = "/backups/deskbridge.sqlite3"
        backups._MADE.many([(BackupKind.BY_HAND.value, made_ms, old_ms, copy, None, "")])
        for who, action, name, detail, ago in did:
            audit.add(who, action, name, detail, NOON - ago)

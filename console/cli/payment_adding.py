"""``deskbridge payments add`` and ``import``: payments of the billing platform come in."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.errors import Refused, WrongUsage
from console.cli.json_option import json_option
from console.cli.params import (
    FROM_STANDARD_INPUT,
    NO_DATE,
    Day,
    Money,
    Share,
    chosen_connection,
    name_argument,
)
from shared.operations.contracts.payments import TAKEN, TAKEN_FILE, Taken
from shared.operations.describe.text import count

if TYPE_CHECKING:
    from datetime import datetime

    from console.cli.payment_files import FileRow
    from shared.models.payments.receiving import Received
    from shared.rules.payments.values import NewPayment

CHARGE_STATES = ("succeeded", "pending", "failed")
FORMATS = ("csv", "jsonl")
NOTHING = Decimal("0.00")


@click.command()
@name_argument
@click.option("--external-id", metavar="ID", required=True, help="Its id on the platform.")
@click.option("--amount", type=Money(), required=True, help="What was paid, such as 1234.50.")
@click.option(
    "--invoice", metavar="NUMBER|TXNID", help="The invoice that gets what --applied leaves of it."
)
@click.option(
    "--applied",
    type=Share(),
    metavar="INVOICE=AMOUNT",
    multiple=True,
    help="What one invoice, by number or TxnID, gets of it; may be repeated.",
)
@click.option(
    "--credit-note",
    "credit_notes",
    type=Share(),
    metavar="DOCUMENT=AMOUNT",
    multiple=True,
    help="A credit note used with it, recorded but not posted; may be repeated.",
)
@click.option("--customer", metavar="NAME", help="Who paid. Default: the invoices' customer.")
@click.option("--currency", metavar="CODE", help="Such as USD. Default: that of the invoices.")
@click.option("--method", metavar="METHOD", help="Such as credit_card, ach or check.")
@click.option("--reference", metavar="TEXT", help="The gateway's id of it, or a check number.")
@click.option("--gateway", metavar="GATEWAY", help="Such as stripe.")
@click.option("--date", "day", type=Day(), metavar="DATE", help="Its day. Default: today.")
@click.option("--offline", is_flag=True, help="No charge stands behind it: it is never posted.")
@click.option("--from-quickbooks", is_flag=True, help="It is in QuickBooks: it is never posted.")
@click.option(
    "--charge-state",
    type=click.Choice(CHARGE_STATES),
    default="succeeded",
    show_default=True,
    help="What became of its charge.",
)
@click.option("--refunded", type=Money(), default=NOTHING, help="What was paid back of it since.")
@click.option("--disputed", is_flag=True, help="Its charge is disputed.")
@click.option("--memo", metavar="TEXT", help="A note that goes into QuickBooks.")
@json_option(TAKEN)
@pass_desk
def add(desk: Desk, /, name: str | None, day: date | None, as_json: bool, **given: Any) -> None:
    """Take one payment of the billing platform in.

    The same external id again changes nothing: it prints the same number. What happened to its
    charge since (--charge-state, --refunded, --disputed) is taken over; other terms that
    differ are refused. NAME may be left out where there is exactly one connection.
    """
    from shared.models.payments import listing

    now = desk.store.now()
    undated = day is None or day == NO_DATE
    payment = _given(given, _today(now) if day is None or day == NO_DATE else day)
    with desk.store.transaction():
        connection = chosen_connection(name)
        if undated:
            [payment] = _dated(connection.id, [payment], [True])
        received = _receive(connection.id, [payment], now)
        taken = Taken(listing.get(received.ids[0]), _how(received))
        _note(desk, "payment.add", connection.name, payment.external_id, received, now)
    if as_json:
        output.say_json(TAKEN.of(taken))
    else:
        output.say_wrapped(_told(taken))


def _today(now: datetime) -> date:
    return now.astimezone().date()


def _given(given: Mapping[str, Any], day: date) -> NewPayment:
    """Make the payment of the options; raises WrongUsage naming all that cannot be meant."""
    from console.cli.payment_files import in_columns
    from console.cli.payment_terms import Unreadable, uses_of
    from shared.rules.payments import checking
    from shared.rules.payments.values import ChargeState, NewPayment

    if not (given["invoice"] or given["applied"] or given["credit_notes"]):
        raise WrongUsage("Which invoice does it pay?", "--invoice NUMBER, or --applied INVOICE=…")
    invoice = (given["invoice"] or "").strip()
    try:
        uses = uses_of(given["amount"], invoice, given["applied"], given["credit_notes"])
    except Unreadable as fault:
        raise WrongUsage(f"{str(fault).capitalize()}.") from fault
    texts = ("external_id", "customer", "currency", "method", "reference", "gateway", "memo")
    payment = NewPayment(
        date=day,
        amount=given["amount"],
        uses=uses,
        **{name: (given[name] or "").strip() for name in texts},
        charged=not given["offline"],
        charge_state=ChargeState(given["charge_state"]),
        from_quickbooks=given["from_quickbooks"],
        refunded=given["refunded"],
        disputed=given["disputed"],
    )
    if faults := checking.faults(payment):
        raise WrongUsage("\n".join(str(in_columns(fault)) for fault in faults))
    return payment


def _dated(
    connection_id: int, batch: Sequence[NewPayment], undated: Sequence[bool]
) -> list[NewPayment]:
    """Give payments that came without a date the one that they have on file."""
    from console.cli.payment_terms import dated
    from shared.models.payments import listing
    from shared.rules.payments.values import PaymentSource

    if not any(undated):
        return list(batch)
    held = listing.payments(connection_id, source=PaymentSource.INVOICED)
    known = {payment.external_id: payment.date for payment in held}
    return [
        dated(payment, known) if without else payment
        for payment, without in zip(batch, undated, strict=True)
    ]


def _receive(connection_id: int, batch: Sequence[NewPayment], now: datetime) -> Received:
    """Take the payments in; raises Refused with all that is wrong with them."""
    from console.cli.payment_files import in_columns
    from shared.models.payments import receiving
    from shared.models.payments.receiving import BadPayments

    try:
        return receiving.receive(connection_id, batch, now)
    except BadPayments as bad:
        told = [f"{batch[at].external_id}: {in_columns(fault)}" for at, fault in bad.faults]
        raise Refused("\n".join(told), "Nothing was taken in; its terms never change") from bad


def _how(received: Received) -> str:
    return "added" if received.added else "updated" if received.updated else "unchanged"


def _note(
    desk: Desk, action: str, connection: str, what: str, received: Received, now: datetime
) -> None:
    from shared.models import audit

    if received.added or received.updated:
        audit.add(desk.who, action, connection, f"{what}: {_numbers(received)}", now)


def _numbers(received: Received) -> str:
    return (
        f"{received.added:,} added, {received.updated:,} updated, {received.unchanged:,} unchanged"
    )


_HOW = {
    "added": "is taken in",
    "updated": "is changed",
    "unchanged": "was there already, nothing changed",
}


def _told(taken: Taken) -> str:
    payment = taken.payment
    stands = f"It is {payment.status.replace('_', ' ')}"
    why = f": {payment.reason}" if payment.reason else "."
    return f"{payment.document} {_HOW[taken.how]} as number {payment.id}. {stands}{why}"


@click.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Of standard input, or of a file whose name does not end in .csv or .jsonl.",
)
@json_option(TAKEN_FILE)
@pass_desk
def import_file(desk: Desk, name: str, file: Path, form: str | None, as_json: bool) -> None:
    """Take a FILE of payments in, .csv or .jsonl; - is standard input, with --format.

    Columns (or keys) are named as the options of `payments add`, with underscores:
    external_id and amount are needed; invoice, applied, credit_notes, customer, currency,
    method, reference, gateway, date, offline, charge_state, refunded, disputed,
    from_quickbooks and memo may be left out. Shares are written A=1.00;B=2.00 or as JSON.

    Either all rows are taken in or none is: every bad row is told with its line. The same file
    again adds nothing.
    """
    from shared.models import connections

    rows = _read(file, form, _today(desk.store.now()))
    with desk.store.transaction():
        now = desk.store.now()
        connection = connections.get(name)
        received = _receive_rows(connection.id, rows, str(file), now)
        _note(desk, "payment.import", connection.name, file.name, received, now)
    if as_json:
        output.say_json(TAKEN_FILE.of(received))
        return
    output.say_wrapped(f"{count(len(rows), 'row')}: {_numbers(received)}.")
    output.say_wrapped(f"How they stand: deskbridge payments list {quote(connection.name)}")


def _read(file: Path, form: str | None, today: date) -> list[FileRow]:
    from console.cli.payment_files import read_rows

    suffix = file.suffix.casefold().removeprefix(".")
    form = form or (suffix if suffix in FORMATS else None)
    if form is None:
        raise WrongUsage(f"Is {file} CSV or JSON lines?", "Say it with --format csv or jsonl")
    if file == Path(FROM_STANDARD_INPUT):
        return read_rows(sys.stdin.buffer.read(), form, today)
    return read_rows(file.read_bytes(), form, today)


def _receive_rows(
    connection_id: int, rows: Sequence[FileRow], source: str, now: datetime
) -> Received:
    """Take all rows in; raises Refused that tells every fault of every bad row."""
    from console.cli.payment_files import in_columns
    from shared.models.payments import receiving
    from shared.models.payments.receiving import BadPayments

    faults = {row.line: list(row.faults) for row in rows if row.faults}
    good = [(row.line, row.payment, row.undated) for row in rows if row.payment]
    batch = _dated(connection_id, [row[1] for row in good], [row[2] for row in good])
    try:
        received = receiving.receive(connection_id, batch, now)
    except BadPayments as bad:
        for at, fault in bad.faults:
            faults.setdefault(good[at][0], []).append(str(in_columns(fault)))
    if faults:
        raise _bad_rows(source, len(rows), faults)
    return received


def _bad_rows(source: str, rows: int, faults: Mapping[int, Sequence[str]]) -> Refused:
    bad = f"{len(faults):,} of {count(rows, 'row')} cannot be taken in, so none was."
    told = [f"line {line}: {fault}" for line in sorted(faults) for fault in faults[line]]
    return Refused(
        "\n".join([f"{source}: {bad}", *told]), "Correct these rows and run the same command again"
    )

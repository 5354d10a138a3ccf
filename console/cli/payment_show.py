"""``deskbridge payments show``: the whole life of a payment."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.errors import NotThere, WrongUsage
from console.cli.json_option import json_option
from shared.operations.contracts.payments import PAYMENT_DETAIL, Life, Part
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, grouped, iso_day, local_time

if TYPE_CHECKING:
    from shared.rules.payments.values import Payment, PaymentUse, PostingEvent


@click.command()
@click.argument("which", metavar="ID|EXTERNAL_ID")
@click.option("--connection", "name", metavar="NAME", help="Look only among those of NAME.")
@json_option(PAYMENT_DETAIL)
@pass_desk
def show(desk: Desk, which: str, name: str | None, as_json: bool) -> None:
    """Show the whole life of one payment: terms, parts, what QuickBooks holds, what to do.

    It is named by its number, its id on the billing platform, or its TxnID.
    """
    with desk.store.reading():
        life = _life(_chosen(which, name))
    if as_json:
        output.say_json(PAYMENT_DETAIL.of(life))
        return
    output.say(output.strong(_plain_title(life.payment)))
    output.say_pairs(_lines(life))
    _say_uses(life.payment)
    _say_parts(life)
    _say_events(life)


def _chosen(which: str, name: str | None) -> Payment:
    """The payment of that number, platform id or TxnID.

    Raises NotThere for none, WrongUsage where several connections have one, NotPossible where
    one connection has several.
    """
    from shared.errors import NotFound
    from shared.models import connections
    from shared.models.payments import listing

    found = {}
    for connection in [connections.get(name)] if name is not None else connections.all():
        with contextlib.suppress(NotFound):
            payment = listing.find(connection.id, which)
            found[payment.id] = (connection.name, payment)
    if not found:
        raise NotThere(f'There is no payment "{which}".', "All: deskbridge payments list")
    if len(found) > 1:
        told = ", ".join(f"{id_} ({owner})" for id_, (owner, _payment) in sorted(found.items()))
        raise WrongUsage(f'Several payments answer to "{which}": {told}.', "Add --connection NAME")
    [(_owner, only)] = found.values()
    return only


def _life(payment: Payment) -> Life:
    from shared.models.payments import postings, sets

    open_set = sets.open_set(payment.connection_id)
    return Life(
        payment=payment,
        remedy=_remedy(payment),
        parts=[
            Part(one, open_set if open_set and open_set.posting_id == one.id else None)
            for one in postings.of_payment(payment.id)
        ],
        events=postings.life(payment.id),
    )


def _remedy(payment: Payment) -> str:
    """What to do: the open problem knows the particulars, else the hint tells it in general."""
    from shared import hints
    from shared.models import problems
    from shared.rules.values import RecordKind

    for problem in problems.list_problems(payment.connection_id):
        if problem.kind is RecordKind.PAYMENT and problem.object_id == str(payment.id):
            return problem.remedy
    return hints.tell(payment.code).remedy if payment.code else ""


def _plain_title(payment: Payment) -> str:
    from shared.operations.describe.text import plain

    return plain(payment.document)


def _lines(life: Life) -> list[tuple[str, str]]:
    payment = life.payment
    charge = payment.charge_state.value if payment.charged else "none: an offline payment"
    ours = payment.source == "invoiced"
    lines = [
        ("Payment", str(payment.id)),
        ("Status", payment.status.replace("_", " ")),
        ("Reason", payment.reason),
        ("What to do", life.remedy),
        ("Skipped because", payment.note),
        ("Recorded in", "QuickBooks" if not ours else "the billing platform"),
        ("Deleted", "in QuickBooks" * payment.deleted),
        ("Customer", payment.customer),
        ("Date", iso_day(payment.date) or ""),
        ("Amount", f"{grouped(payment.amount)} {payment.currency}".rstrip()),
        ("Not applied", grouped(payment.unused) if payment.unused else ""),
        ("Method", payment.method),
        ("Gateway", payment.gateway),
        ("Reference", payment.reference),
        ("Charge", charge if ours else ""),
        ("Refunded", grouped(payment.refunded) if payment.refunded else ""),
        ("Disputed", "yes" * payment.disputed),
        ("TxnID", payment.txn_id),
        ("RefNumber", payment.ref_number),
        ("Memo", payment.memo),
        ("Came in", local_time(payment.received_at)),
        ("Changed by", payment.changed_by),
        ("More on it", f"deskbridge hints {payment.code}" if payment.code else ""),
    ]
    return [(title, value) for title, value in lines if value]


USE_COLUMNS = (
    Column("Pays", least=12),
    Column("TxnID", least=10, drop=1),
    Column("Amount", right=True),
    Column("Discount", right=True, drop=2),
    Column(""),
)


def _say_uses(payment: Payment) -> None:
    if not payment.uses:
        return
    output.say()
    output.say_table(USE_COLUMNS, [_use_row(use) for use in payment.uses])


def _use_row(use: PaymentUse) -> Row:
    held = "" if use.held else "not imported"
    kinds = {"invoice": ("Invoice", held), "credit_note": ("Credit note", "not posted")}
    kind, told = kinds.get(use.kind.value, ("", "no invoice"))
    name = f"{kind} {use.number or use.document}".strip()
    discount = grouped(use.discount) if use.discount else ""
    return Row((name, use.invoice_txn_id, grouped(use.amount), discount, told))


PART_COLUMNS = (
    Column("Part", right=True),
    Column("State", paint=output.state),
    Column("Customer", least=12),
    Column("TxnID"),
    Column("RefNumber", drop=1),
    Column("Amount", right=True),
)


def _say_parts(life: Life) -> None:
    if not life.parts:
        return
    output.say()
    if len(life.parts) > 1:
        output.say_wrapped(
            f"QuickBooks takes a payment of one customer and one A/R account only, so this one "
            f"is {count(len(life.parts), 'payment')} there:"
        )
    output.say_table(PART_COLUMNS, [_part_row(part) for part in life.parts])


def _part_row(part: Part) -> Row:
    one = part.posting
    cells = (str(one.part), one.state, one.customer, one.txn_id, one.ref_number)
    return Row((*cells, grouped(one.amount)), below=[told for told in _particulars(part) if told])


def _particulars(part: Part) -> list[str]:
    """What is known of the payment in QuickBooks, one sentence each; empty ones are none."""
    one = part.posting
    shares = ", ".join(
        f"{use.number or use.invoice_txn_id} {grouped(use.amount)}" for use in one.uses
    )
    open_ = part.open_set
    return [
        f"Pays {shares}." if shares else "",
        f"Deposited to {one.deposit_account}." if one.deposit_account else "",
        f"Method in QuickBooks: {one.method}." if one.method else "",
        f"{grouped(one.unused)} of it is applied to nothing." if one.unused else "",
        f"QuickBooks said: {one.said}" if one.said else "",
        f"Posted {local_time(one.posted_at)}." if one.posted_at else "",
        f"Balances were right at {local_time(one.verified_at)}." if one.verified_at else "",
        f"A request without a known outcome left at {local_time(open_.last_sent_at)} (message set "
        f"{open_.set_id})."
        if open_
        else "",
    ]


EVENT_COLUMNS = (Column("When"), Column("What happened", least=20), Column("Who", least=8))


def _say_events(life: Life) -> None:
    if life.events:
        output.say()
        output.say_table(EVENT_COLUMNS, [_event_row(event) for event in life.events])


def _event_row(event: PostingEvent) -> Row:
    told = event.event.replace("-", " ")
    return Row(
        (local_time(event.at), told, event.who), below=[event.detail] if event.detail else []
    )

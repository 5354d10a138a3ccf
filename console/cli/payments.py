"""``deskbridge payments``: payments of the billing platform and of QuickBooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.json_option import json_option
from console.cli.params import chosen_connection, name_argument
from console.cli.payment_adding import add, import_file
from console.cli.payment_decisions import retry, settle, skip, unskip
from console.cli.payment_show import show
from console.cli.rules import rules
from shared.operations.contracts.payments import PAYMENT
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, grouped, iso_day

if TYPE_CHECKING:
    from shared.rules.payments.values import Payment

STATUSES = (
    *("waiting", "ready", "sent", "unknown", "posted", "refused", "parked", "skipped"),
    *("not_eligible", "imported"),
)
SOURCES = ("invoiced", "quickbooks")


@click.group()
def payments() -> None:
    """Payments: what goes into QuickBooks, what came from there, and how each stands."""


for command in (add, import_file, retry, rules, settle, show, skip, unskip):
    payments.add_command(command)


@payments.command("list")
@name_argument
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    help="Only these; may be repeated. Default: all.",
)
@click.option("--source", type=click.Choice(SOURCES), help="Only those recorded there first.")
@click.option("--deleted", is_flag=True, help="Those that were deleted in QuickBooks instead.")
@json_option(PAYMENT, many=True)
@pass_desk
def list_payments(
    desk: Desk,
    name: str | None,
    statuses: tuple[str, ...],
    source: str | None,
    deleted: bool,
    as_json: bool,
) -> None:
    """List the payments of NAME, of both sides, in the order in which they came in.

    NAME may be left out where there is exactly one connection.
    """
    chosen: dict[str, Any] = {"statuses": statuses, "source": source, "deleted": deleted}
    if as_json:
        output.say_json_lines(_found(desk, name, _json_line, **chosen))
        return
    found: list[Payment] = _found(desk, name, lambda payment: payment, **chosen)
    if not found:
        output.say_wrapped(_nothing(statuses, source, deleted))
        return
    output.say_table(COLUMNS, [payment_row(payment) for payment in found])
    output.say()
    output.say_wrapped(_summary(found))
    output.say_wrapped("All of one: deskbridge payments show ID")


def _found(
    desk: Desk,
    name: str | None,
    show: Callable[[Payment], Any],
    *,
    statuses: Sequence[str],
    source: str | None,
    deleted: bool,
) -> list[Any]:
    """Read the payments and show each; the store is released before anything is printed."""
    from shared.models.payments import listing
    from shared.rules.payments.values import PaymentSource, PaymentStatus

    with desk.store.reading(), output.progress("Reading payments") as tell:
        shown = []
        for payment in listing.payments(
            chosen_connection(name).id,
            source=PaymentSource(source) if source else None,
            statuses=[PaymentStatus(word) for word in statuses] or None,
            deleted=deleted,
        ):
            shown.append(show(payment))
            tell(len(shown))
    return shown


def _json_line(payment: Payment) -> str:
    return output.json_text(PAYMENT.of(payment))


COLUMNS = (
    Column("ID", right=True),
    Column("Status", paint=output.state),
    Column("Payment", least=12),
    Column("Customer", least=10, drop=2),
    Column("Date", drop=1),
    Column("Amount", right=True),
    Column("", drop=3),
)


def payment_row(payment: Payment) -> Row:
    """A row under COLUMNS, the reason below."""
    return Row(
        (
            str(payment.id),
            status_word(payment),
            name_of(payment),
            payment.customer,
            iso_day(payment.date) or "",
            grouped(payment.amount),
            payment.currency,
        ),
        below=[payment.reason] if payment.reason else [],
    )


def status_word(payment: Payment) -> str:
    """The status as people read it."""
    return payment.status.replace("_", " ")


def name_of(payment: Payment) -> str:
    """What people call the payment: its id on the platform, else QuickBooks' number of it."""
    return payment.external_id or payment.ref_number or payment.txn_id


def _summary(found: Sequence[Payment]) -> str:
    numbers = Counter(status_word(payment) for payment in found)
    told = ", ".join(f"{number:,} {word}" for word, number in sorted(numbers.items()))
    return f"{count(len(found), 'payment')}: {told}."


def _nothing(statuses: Sequence[str], source: str | None, deleted: bool) -> str:
    if deleted:
        return "No payment is known to be deleted in QuickBooks."
    if statuses or source:
        words = " or ".join(word.replace("_", " ") for word in statuses)
        which = f" that is {words}" if words else ""
        where = f" from {source}" if source else ""
        return f"No payment{where}{which}. All: deskbridge payments list"
    return (
        "No payment yet. Next: deskbridge payments import NAME FILE, or run Payment Sync in the "
        "Web Connector for those that QuickBooks has."
    )

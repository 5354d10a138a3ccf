"""What a person decides about payments: retry, allow, skip, withdraw, and that doubt is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decides
from console.cli.errors import WrongUsage
from console.cli.params import name_argument, option, payment_option, words_given
from shared.operations import payment_allowances, payment_views, payments
from shared.rules.values import ClosedPeriod, OnAccount, Overpayment

Command = TypeVar("Command", bound=Callable[..., Any])


def ids_argument(command: Command) -> Command:
    """The payments, ``-`` for those on standard input, and ``--connection``."""
    return click.argument("ids", metavar="ID...", nargs=-1)(payment_option(command))


@click.command()
@ids_argument
@decides(asks=True)
@pass_command_context
def retry(context: CommandContext, ids: tuple[str, ...], connection: str | None) -> PlanOf:
    """Retry payments that are waiting, refused or parked.

    A parked payment is posted as a new one: first make sure that QuickBooks does not have it. The
    command asks you to confirm that; without a terminal it needs --yes. Either all are retried or
    none is.

    ID is the payment's number, its ID on the billing platform, or - to read them from standard
    input. Digits are the number, with --connection an external ID first; #12 is always the number.
    """
    return partial(payments.plan_retry, payment_ids=_found(context, ids, connection))


@click.command()
@ids_argument
@click.option(
    "--overpayment", type=click.Choice(["refuse", "credit"]), help="What exceeds its invoices."
)
@click.option("--on-account", type=click.Choice(["refuse", "post"]), help="When it has no invoice.")
@click.option(
    "--closed-period",
    type=click.Choice(["hold", "next-open-day"]),
    help="When it is dated in a closed period.",
)
@decides(asks=True)
@pass_command_context
def allow(
    context: CommandContext,
    ids: tuple[str, ...],
    connection: str | None,
    overpayment: str | None,
    on_account: str | None,
    closed_period: str | None,
) -> PlanOf:
    """Allow for single payments what their connection does not allow, and retry them.

    Keep what an invoice no longer owes as the customer's credit; post on account without an
    invoice; post on the first open day what is dated in a closed period. deskbridge connection edit
    NAME allows it for all. If the invoice is already paid, it asks first; without a terminal it
    needs --yes. ID is as for retry.
    """
    if not (overpayment or on_account or closed_period):
        raise WrongUsage("Nothing was named to allow.", "--overpayment credit")
    return partial(
        payment_allowances.plan_allow,
        payment_ids=_found(context, ids, connection),
        overpayment=Overpayment(overpayment) if overpayment else None,
        on_account=OnAccount(on_account) if on_account else None,
        closed_period=ClosedPeriod(closed_period) if closed_period else None,
    )


@click.command()
@ids_argument
@option("--because", "TEXT", "The reason, for the record.", required=True)
@decides(then="Undo with: deskbridge payments unskip ID")
@pass_command_context
def skip(
    context: CommandContext, ids: tuple[str, ...], connection: str | None, because: str
) -> PlanOf:
    """Do not post these payments; unskip undoes that.

    A payment that may already be in QuickBooks cannot be skipped. Either all are skipped or none
    is. ID is as for retry.
    """
    return partial(
        payments.plan_skip, payment_ids=_found(context, ids, connection), because=because
    )


@click.command()
@ids_argument
@decides()
@pass_command_context
def unskip(context: CommandContext, ids: tuple[str, ...], connection: str | None) -> PlanOf:
    """Unskip payments; the next sync checks them again.

    Either all are unskipped or none is. ID is as for retry.
    """
    return partial(payments.plan_unskip, payment_ids=_found(context, ids, connection))


@click.command()
@ids_argument
@option("--because", "TEXT", "The reason, for the record.", default="")
@decides()
@pass_command_context
def withdraw(
    context: CommandContext, ids: tuple[str, ...], connection: str | None, because: str
) -> PlanOf:
    """Withdraw payments before anything is sent to QuickBooks.

    They are not posted, and no import brings them back; only payments add with the same external ID
    does. A payment that was already sent is refused, and what is on file is shown. Either all are
    withdrawn or none is. ID is as for retry.
    """
    return partial(
        payments.plan_withdraw, payment_ids=_found(context, ids, connection), because=because
    )


def _found(context: CommandContext, words: Sequence[str], connection: str | None) -> list[int]:
    """The numbers of the payments that are meant."""
    if not words:
        raise WrongUsage("No payment was named.", "deskbridge payments list")
    given = words_given(words, "id of a payment")
    with context.store.reading():
        return [payment_views.find(context.store, word, connection) for word in given]


@click.command()
@name_argument
@decides(asks=True)
def settle(name: str | None) -> PlanOf:
    """Confirm that no PC is still running the open request, to settle a payment in doubt now.

    If a request got no answer and QuickBooks does not have the payment, it is sent again only after
    a while, because the first request may still be running. If the PC was restarted and no other PC
    has the company open, no request can be running: confirm that here. Asks first; without a
    terminal it needs --yes.
    """
    return partial(payments.plan_settle_of, which=name)

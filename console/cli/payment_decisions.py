"""What a person decides about payments: retry, skip, unskip, and that a doubt is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import click

from console.cli import output
from console.cli.deciding import decide, yes_option
from console.cli.desk import Desk, pass_desk
from console.cli.errors import WrongUsage
from console.cli.params import chosen_connection, name_argument, numbers_given


def numbers_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The numbers of the payments; ``-`` reads them from standard input."""
    return click.argument("numbers", metavar="ID...", nargs=-1)(command)


@click.command()
@numbers_argument
@yes_option
@pass_desk
def retry(desk: Desk, numbers: tuple[str, ...], yes: bool) -> None:
    """Have payments that wait, were refused or are parked tried again by the next sync.

    A parked one is posted as a new payment: see first that QuickBooks does not have it. That
    is asked, and needs --yes without a terminal. ID may be - to read the numbers from standard
    input. Either all are retried or none is.
    """
    from shared.operations import payments

    wanted = _numbered(numbers)
    done = decide(desk, partial(payments.plan_retry, payment_ids=wanted), yes=yes)
    output.say_wrapped(done.sentence)


@click.command()
@numbers_argument
@click.option("--because", metavar="TEXT", required=True, help="The reason, for those who ask.")
@pass_desk
def skip(desk: Desk, numbers: tuple[str, ...], because: str) -> None:
    """Never post these payments; unskip takes it back.

    What may be in QuickBooks already cannot be skipped. ID may be - to read the numbers from
    standard input. Either all are skipped or none is.
    """
    from shared.operations import payments

    wanted = _numbered(numbers)
    done = decide(desk, partial(payments.plan_skip, payment_ids=wanted, because=because))
    output.say_wrapped(f"{done.sentence} Taken back by: deskbridge payments unskip ID")


@click.command()
@numbers_argument
@pass_desk
def unskip(desk: Desk, numbers: tuple[str, ...]) -> None:
    """Take skipped payments in again; the next sync looks at them.

    ID may be - to read the numbers from standard input. Either all are taken in or none is.
    """
    from shared.operations import payments

    wanted = _numbered(numbers)
    output.say_wrapped(decide(desk, partial(payments.plan_unskip, payment_ids=wanted)).sentence)


def _numbered(words: Sequence[str]) -> list[int]:
    if not words:
        raise WrongUsage("No number of a payment was given.", "deskbridge payments list")
    return numbers_given(words, "payment")


@click.command()
@name_argument
@yes_option
@pass_desk
def settle(desk: Desk, name: str | None, yes: bool) -> None:
    """Confirm that no PC is still running the open request, so that a doubt is settled now.

    A payment whose request got no answer is looked for in QuickBooks; where it is not there, it
    is sent again only after a while, since the first request may still run. Where the PC was
    restarted and no other one has the company open, nothing can still run, and this says so.
    Asks first; without a terminal it needs --yes.
    """
    from shared.operations import payments

    with desk.store.reading():
        connection_id = chosen_connection(name).id
    plan_of = partial(payments.plan_settle_of, connection_id=connection_id)
    output.say_wrapped(decide(desk, plan_of, yes=yes).sentence)

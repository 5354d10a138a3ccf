"""What a person decides about payments: retry, skip, unskip, and that a doubt is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shlex import quote
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.errors import NotThere, Refused, WrongUsage
from console.cli.params import chosen_connection, name_argument, numbers_given
from shared.operations.describe.text import count

if TYPE_CHECKING:
    from shared.rules.payments.values import MessageSet, Payment
    from shared.rules.values import Connection


def numbers_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The numbers of the payments; ``-`` reads them from standard input."""
    return click.argument("numbers", metavar="ID...", nargs=-1)(command)


@click.command()
@numbers_argument
@click.option("--yes", is_flag=True, help="Do not ask before a parked one is posted anew.")
@pass_desk
def retry(desk: Desk, numbers: tuple[str, ...], yes: bool) -> None:
    """Have payments that wait, were refused or are parked tried again by the next sync.

    A parked one is posted as a new payment: see first that QuickBooks does not have it. That
    is asked, and needs --yes without a terminal. ID may be - to read the numbers from standard
    input. Either all are queued or none is.
    """
    from shared.models.payments import deciding

    payment_ids = _numbered(numbers)
    with desk.store.reading():
        parked = [one for one in _payments(payment_ids) if one.status == "parked"]
    if parked and not yes:
        _ask_to_post_anew(parked)
    agreed = {payment.id for payment in parked}

    def decide(payment: Payment) -> object:
        if payment.status == "parked" and payment.id not in agreed:
            raise Refused(
                f"{payment.document} was parked meanwhile. Nothing was changed.",
                f"deskbridge payments show {payment.id}",
            )
        return deciding.retry(payment.id, desk.who, desk.store.now())

    done = _decide(desk, payment_ids, "payment.retry", decide)
    output.say_wrapped(f"{count(done, 'payment')} will be tried again by the next Payment Sync.")


def _ask_to_post_anew(parked: Sequence[Payment]) -> None:
    if not output.is_terminal():
        raise WrongUsage(
            f"{_listed(parked)}: QuickBooks may have it already, and retrying posts it as a new "
            "payment.",
            "See in QuickBooks that it is not there, then say that you mean it with --yes",
        )
    for payment in parked:
        output.say_wrapped(
            f"{payment.document}: {payment.reason} Retrying posts it to QuickBooks as a NEW "
            "payment. If QuickBooks has it already, it is there twice then."
        )
    if not click.confirm(f"Post {_listed(parked)} as new?", default=False):
        raise Refused("Nothing was changed.")


def _listed(chosen: Sequence[Payment]) -> str:
    return "; ".join(payment.document for payment in chosen)


@click.command()
@numbers_argument
@click.option("--because", metavar="TEXT", required=True, help="The reason, for those who ask.")
@pass_desk
def skip(desk: Desk, numbers: tuple[str, ...], because: str) -> None:
    """Never post these payments; unskip takes it back.

    What may be in QuickBooks already cannot be skipped. ID may be - to read the numbers from
    standard input. Either all are skipped or none is.
    """
    from shared.models.payments import deciding

    if not because.strip():
        raise WrongUsage("The reason is empty.", "--because 'recorded by hand in May'")

    def decide(payment: Payment) -> object:
        return deciding.skip(payment.id, because.strip(), desk.who, desk.store.now())

    done = _decide(desk, _numbered(numbers), "payment.skip", decide, because.strip())
    output.say_wrapped(
        f"{count(done, 'payment')} will not be posted. Taken back by: deskbridge payments unskip ID"
    )


@click.command()
@numbers_argument
@pass_desk
def unskip(desk: Desk, numbers: tuple[str, ...]) -> None:
    """Take skipped payments in again; the next sync looks at them.

    ID may be - to read the numbers from standard input. Either all are taken in or none is.
    """
    from shared.models.payments import deciding

    def decide(payment: Payment) -> object:
        return deciding.unskip(payment.id, desk.who, desk.store.now())

    done = _decide(desk, _numbered(numbers), "payment.unskip", decide)
    output.say_wrapped(f"{count(done, 'payment')} will be looked at by the next Payment Sync.")


def _numbered(words: Sequence[str]) -> list[int]:
    if not words:
        raise WrongUsage("No number of a payment was given.", "deskbridge payments list")
    return numbers_given(words, "payment")


def _payments(payment_ids: Sequence[int]) -> list[Payment]:
    from shared.models.payments import listing

    return [listing.get(payment_id) for payment_id in payment_ids]


def _decide(
    desk: Desk,
    payment_ids: Sequence[int],
    action: str,
    decide: Callable[[Payment], object],
    because: str = "",
) -> int:
    """Carry one decision out for all these payments, or for none; returns how many."""
    from shared.errors import NotPossible
    from shared.models import audit, connections

    with desk.store.transaction():
        for payment in _payments(payment_ids):
            try:
                decide(payment)
            except NotPossible as refused:
                raise NotThere(
                    f"{refused.sentence} Nothing was changed.",
                    refused.remedy or f"deskbridge payments show {payment.id}",
                ) from refused
            told = f"{payment.document} ({payment.id})" + (f": {because}" if because else "")
            connection = connections.by_id(payment.connection_id)
            audit.add(desk.who, action, connection.name, told, desk.store.now())
    return len(payment_ids)


@click.command()
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_desk
def settle(desk: Desk, name: str | None, yes: bool) -> None:
    """Vouch that no copy of the open request is left, so that a doubt is settled now.

    A payment whose request got no answer is looked for in QuickBooks; where it is not there, it
    is sent again only after a while, since the first request may still run. Where the PC was
    restarted and no other one has the company open, nothing can still run, and this says so.
    Asks first; without a terminal it needs --yes.
    """
    from shared.models import audit
    from shared.models.payments import sets

    with desk.store.reading():
        connection = chosen_connection(name)
        doubtful = _in_doubt(connection)
        payment = _payment_of(doubtful)
    if not yes:
        _ask_to_settle(payment)
    with desk.store.transaction():
        now = desk.store.now()
        _refuse_another(doubtful, sets.settle_now(connection.id, desk.who, now))
        audit.add(desk.who, "payment.settle", connection.name, payment.document, now)
    output.say_wrapped(
        f"{payment.document} will be settled by the next Payment Sync: it is looked for once "
        "more, and sent again if QuickBooks does not have it."
    )


def _in_doubt(connection: Connection) -> MessageSet:
    """The request without a known outcome; raises NotThere where nothing is in doubt."""
    from shared.models.payments import sets

    found = sets.open_set(connection.id)
    if found is None:
        raise NotThere(
            f"No payment of {connection.name} is in doubt: there is nothing to settle.",
            f"How they stand: deskbridge payments list {quote(connection.name)}",
        )
    if found.phase == "sent":
        raise NotThere(
            f"{_payment_of(found).document} is out at this moment, and not in doubt yet.",
            "Wait for the end of the sync; the next Payment Sync looks for it",
        )
    return found


def _payment_of(doubtful: MessageSet) -> Payment:
    from shared.models.payments import listing, postings

    return listing.get(postings.get(doubtful.posting_id).payment_id)


def _refuse_another(asked: MessageSet, vouched: MessageSet) -> None:
    """What was agreed to is one request as it stood, sent so often; nothing else."""
    if (vouched.set_id, vouched.sends) != (asked.set_id, asked.sends):
        raise Refused("A sync went on meanwhile: it is another doubt now. Nothing was changed.")


def _ask_to_settle(payment: Payment) -> None:
    if not output.is_terminal():
        raise WrongUsage(
            f"{payment.document} may be posted twice if a copy of its request is left on a PC.",
            "Restart that PC, then say that you mean it with --yes",
        )
    output.say_wrapped(
        f"{payment.document}: its request got no answer. If a copy of it is still at work on any "
        "PC, settling now can post it twice. Restart the PC of the Web Connector first, and see "
        "that no other PC runs one for this company."
    )
    if not click.confirm(f"Is no copy of {payment.document} left on any PC?", default=False):
        raise Refused("Nothing was changed.")

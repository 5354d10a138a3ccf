"""``deskbridge invoiced-server``: a simulated Invoiced to rehearse with."""

from __future__ import annotations

import functools
import secrets
import string
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from simulator import screen
from simulator.invoiced import acts
from simulator.invoiced.account import Account, Profile, Record, create
from simulator.invoiced.acts import Done, NotThere
from simulator.invoiced.audit import audit
from simulator.invoiced.errors import ApiError, BadState
from simulator.invoiced.faults import FaultKind, FaultPlan, FaultUnreadable, parse_fault
from simulator.invoiced.money import ZERO
from simulator.screen import (
    AS_JSON,
    MOST_PROBLEMS_SHOWN,
    STATE,
    Failure,
    Parameter,
    add_act,
    option,
    show,
)

KEY_LENGTH = 32


class _Amount(click.ParamType[Decimal]):
    name = "amount"

    def convert(self, value: Any, *_: Any) -> Decimal:
        if isinstance(value, Decimal):
            return value
        whole, _dot, part = value.partition(".")
        if not whole.isdecimal() or len(part) not in (0, 2) or not f"0{part}".isdecimal():
            raise click.BadParameter(f"{value!r} is not an amount; write 12 or 12.50.")
        return Decimal(value)


AMOUNT = _Amount()


speaking = screen.speaking(missing=(NotThere,), refused=(BadState, FaultUnreadable))


@click.group("invoiced-server")
def invoiced_server() -> None:
    """A simulated Invoiced account, kept in one STATE file.

    Create one, serve its REST API, act as people who pay and make corrections there, and audit it.
    Commands work while it is being served. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not
    found.
    """


@invoiced_server.command()
@STATE
@click.option("--key", help="The API key. Default: a new one.")
@option("--name", default="Harbor & Vale Supply", help="Company name.")
@option("--currency", default="usd", help="Code of its currency.")
@option("--zone", default="America/New_York", help="Its time zone.")
@click.option(
    "--previous-beside", is_flag=True, help="Events have previous values beside data, not inside."
)
@click.option(
    "--mapping-touches", is_flag=True, help="Adding only an accounting ID changes updated_at."
)
@click.option("--force", is_flag=True, help="Replace an existing STATE.")
@AS_JSON
@speaking
def new(
    state: Path, *, key: str | None, zone: str, force: bool, as_json: bool, **more: Any
) -> None:
    """Create an empty account in STATE."""
    if state.exists() and not force:
        raise Failure(f"{state} already exists. --force replaces it.")
    letters = string.ascii_letters + string.digits
    key = key or "".join(secrets.choice(letters) for _ in range(KEY_LENGTH))
    create(state, Profile(key=key, time_zone=zone, **more))
    show({"state": str(state), "key": key}, f"Created {state}.\nAPI key  {key}", as_json=as_json)


@invoiced_server.command()
@STATE
@option("--port", type=click.IntRange(0, 65535), default=8088, help="0 means a free port.")
@option("--interface", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--latency", type=click.FloatRange(0), default=0.0, help="Delay of each answer, in seconds."
)
@click.option(
    "--fault", "faults", multiple=True, metavar="KIND[:WHERE[:TURN[:SECONDS]]]",
    help=f"What goes wrong; repeat for more. Kinds: {', '.join(FaultKind)}.",
)  # fmt: skip
@click.option(
    "--fault-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Chance of a fault for each request, from 0 to 1.",
)
@option("--fault-seed", type=int, default=0, help="Same seed, same faults.")
@speaking
def serve(
    state: Path,
    *,
    port: int,
    interface: str,
    latency: float,
    faults: tuple[str, ...],
    fault_rate: float,
    fault_seed: int,
) -> None:
    """Serve the account of STATE until stopped."""
    from twisted.internet import reactor as the_reactor

    from simulator.invoiced.service import Service
    from simulator.invoiced.web import make_site

    reactor: Any = the_reactor
    plan = FaultPlan([parse_fault(one) for one in faults], seed=fault_seed, rate=fault_rate)
    service = Service(Account.open(state, time.time), reactor, plan, latency)
    listening = reactor.listenTCP(port, make_site(service), interface=interface)
    click.echo(f"Listening on http://{interface}:{listening.getHost().port}")
    reactor.run()


@invoiced_server.command("audit")
@STATE
@AS_JSON
@speaking
def audit_command(state: Path, *, as_json: bool) -> None:
    """Check that balances and applications add up; exits with 1 if not.

    The JSON holds "ok", "problems", and all customers, invoices, credit notes and payments with
    balances, what is applied to what, and the accounting IDs that they are mapped to.
    """
    found = audit(Account.open(state, time.time))
    counts = [f"{name.replace('_', ' '):<13} {len(found[name])}" for name in _KINDS]
    ended = "Everything adds up." if found["ok"] else "The books do not add up."
    lines = [*counts, *found["problems"][:MOST_PROBLEMS_SHOWN], ended]
    show(found, "\n".join(lines), as_json=as_json)
    if not found["ok"]:
        raise click.exceptions.Exit(Failure.exit_code)


_KINDS = ("customers", "invoices", "credit_notes", "payments")


@invoiced_server.group()
@STATE
@click.pass_context
def act(context: click.Context, state: Path) -> None:
    """Act on Invoiced: as customers who pay, staff who make corrections, or the bank.

    INVOICE is a number or ID, PAYMENT an ID, CUSTOMER a number. What Invoiced would refuse is
    refused with exit code 1.
    """
    context.obj = state


def _add(act_on: Callable[..., Done | list[Done]], *parameters: Parameter, name: str = "") -> None:
    """A command that runs an act on the account, which keeps what it did."""

    @speaking
    def do(state: Path, given: dict[str, Any]) -> Done | list[Done]:
        try:
            return act_on(Account.open(state, time.time), **given)
        except ApiError as refused:
            raise Failure(f"Invoiced refuses it: {refused.message}") from refused

    add_act(act, act_on, do, *parameters, name=name)


def _add_on(find: Callable[..., Record], act_on: Callable[..., Done], *more: Parameter) -> None:
    """A command about the one record that ``find`` has for what is named first."""
    what = find.__name__.partition("_")[0]

    @functools.wraps(act_on)
    def run(account: Account, **given: Any) -> Done:
        with account.change():
            return act_on(account, find(account, given.pop(what)), **given)

    _add(run, click.argument(what), *more)


def pay(account: Account, invoices: tuple[str, ...], **options: Any) -> Done:
    """A customer pays; by bank it is pending, and a check or cash is recorded by staff."""
    with account.change():
        paid = [acts.invoice_named(account, one) for one in invoices]
        return acts.pay(account, paid, **options)


def add_customer(account: Account, **given: Any) -> Done:
    """Staff adds a customer, even under a name that exists."""
    with account.change():
        return acts.add_customer(account, **given)


_add(
    pay,
    click.argument("invoices", nargs=-1, required=True, metavar="INVOICE..."),
    option(
        "--by", type=click.Choice(list(acts.METHODS)), default="card", help="How the customer pays."
    ),
    click.option("--amount", type=AMOUNT, help="What is paid of each. Default: all that is left."),
    click.option("--fee", type=AMOUNT, default=ZERO, help="A convenience fee on top."),
    click.option(
        "--over",
        type=AMOUNT,
        default=ZERO,
        help="An amount beyond the invoices, which becomes credit.",
    ),
)
_add_on(
    acts.payment_named,
    acts.settle,
    option("--succeeds/--fails", default=True, help="How it ended."),
)
_add_on(
    acts.payment_named,
    acts.refund,
    click.option("--amount", type=AMOUNT, help="Default: all of it."),
)
for on_payment in (acts.dispute, acts.win, acts.void_payment, acts.delete_payment):
    _add_on(acts.payment_named, on_payment)
_add_on(acts.invoice_named, acts.void)
_add_on(acts.invoice_named, acts.delete)
_add_on(
    acts.invoice_named,
    acts.edit,
    click.option("--add", type=AMOUNT, default=ZERO, help="Add a line of this amount."),
    click.option("--notes", default="", help="New notes."),
)
_add_on(acts.invoice_named, acts.renumber, click.argument("number"))
_add_on(acts.customer_named, acts.delete_customer)
_add(
    add_customer,
    click.argument("name"),
    click.option("--contact", default="", help="Name of a contact."),
)
_add(
    acts.random_acts,
    option("--count", type=click.IntRange(1), default=50, help="How many."),
    option("--seed", type=int, default=3, help="Same seed, same acts."),
    name="random",
)

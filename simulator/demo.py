"""``deskbridge demo``: QuickBooks, Deskbridge and Invoiced on one machine, all three books equal.

Every step is a command that a person could type, run as a process of its own: the demo knows
of the daemon only its command line, its JSON and its address.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from simulator import third_book
from simulator.comparison import compare_invoices, compare_payments
from simulator.report import Ending, show
from simulator.screen import option
from simulator.stage import Stage, StepFailed, free_port, made_for_us
from simulator.story import Payment, Story, as_csv, choose
from simulator.webconnector import HttpTransport

CONNECTION = "Demo"
START_SECONDS = 60.0
STOP_SECONDS = 25.0
_POLL_SECONDS = 0.05
_VISIT_SECONDS = 1.0
_LOG_LINES = 20
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


@click.command()
@click.option("--headless", is_flag=True, help="Only print plain lines; do not offer the console.")
@option("--seed", type=int, default=7, help="Seed of the simulated company.")
@option("--customers", type=click.IntRange(min=1), default=300, help="How many.")
@option("--invoices", type=click.IntRange(min=1), default=2000, help="How many.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use this folder (new or empty) and keep it. Default: a temporary folder.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of the daemon on this machine. Default: a free one.",
)
def demo(
    headless: bool, seed: int, customers: int, invoices: int, keep: Path | None, port: int | None
) -> None:
    """Show both syncs, both ways, with a simulated QuickBooks company.

    Creates a company, starts a daemon with a store of its own, adds a connection, and simulates the
    Web Connector: Invoice Sync, then Payment Sync, with payments from the billing platform and one
    recorded in QuickBooks. Sends open invoices to a simulated Invoiced account. Then compares all
    totals with the company's own audit. Exits with 0 only if they match. In a terminal, it then
    offers to open the console.
    """
    signal.signal(signal.SIGTERM, _stop)
    if port is not None:
        _refuse_taken(port)
    with _folder(keep) as folder:
        stage = Stage(folder, port or free_port())
        try:
            ending = play(stage, seed=seed, customers=customers, invoices=invoices)
        except StepFailed as failure:
            raise click.ClickException(str(failure)) from failure
        show(ending)
        if keep is not None:
            click.echo("Everything is kept. To look around:")
            click.echo(f"  DESKBRIDGE_CONFIG={stage.config} deskbridge console")
        if not headless and _at_terminal():
            _offer_console(stage)
    sys.exit(1 if ending.differences else 0)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _offer_console(stage: Stage) -> None:
    """Show the demo's company in the console, with a daemon, before its folder goes."""
    if not click.confirm("Open the console to look around?", default=False):
        return
    with _daemon(stage, "daemon-of-console.log"):
        subprocess.run(
            [sys.executable, "-m", "deskbridge", "console"],
            cwd=stage.folder,
            env=stage.environment(),
            check=False,
        )


def play(stage: Stage, *, seed: int, customers: int, invoices: int) -> Ending:
    """Go through all steps; raises StepFailed. The daemon is stopped in any case."""
    stage.set()
    stage.tell(f"Creating a company with {customers:,} customers and {invoices:,} invoices")
    size = ("--seed", str(seed), "--customers", str(customers), "--invoices", str(invoices))
    made = stage.run_json("company", "new", str(stage.company), *size)
    stage.tell(f"Starting the daemon on {stage.address}")
    with _daemon(stage), third_book.serving(stage) as invoiced:
        stage.tell(f"Adding the connection {CONNECTION} and its .qwc files")
        stage.run("connection", "add", CONNECTION)
        files = _make_qwc(stage)
        _sync(stage, "Invoice Sync", files["invoice"])
        story = choose(stage.run_json("invoices", "list", CONNECTION))
        _connect_invoiced(stage, invoiced)
        _take_in(stage, story.platform, made["now"][:10])
        _record_by_hand(stage, story.by_hand)
        _sync(stage, "Payment Sync", files["payment"])
        third_book.wait(stage, CONNECTION)
        stage.tell("Comparing the totals of all three")
        return _ending(stage, story)


def _connect_invoiced(stage: Stage, address: str) -> None:
    """Look what the third book would get, then have it sent."""
    stage.tell(f"Connecting Invoiced at {address}, with a dry run")
    found = third_book.connect(stage, CONNECTION, address)
    stage.tell(
        f"It would create {found['create']:,} records and not send {found['refuse']:,}; going live"
    )


def _make_qwc(stage: Stage) -> Mapping[str, Path]:
    """The .qwc files; their password goes into a file that only we can read."""
    made = stage.run_json("qwc", CONNECTION, "--out", str(stage.folder))
    with os.fdopen(made_for_us(_password_file(stage)), "w") as file:
        file.write(made["password"] + "\n")
    return {one["application"]: stage.folder / str(one["path"]) for one in made["files"]}


def _sync(stage: Stage, name: str, qwc: Path) -> None:
    """Have the Web Connector run one application, and tell what its status column shows."""
    stage.tell(f"The Web Connector runs {name}")
    for update in _web_connector(stage, qwc):
        stage.tell(f"Its status column shows: {update['status']}")


def _take_in(stage: Stage, payments: Sequence[Payment], day: str) -> None:
    """Import the payments of the billing platform from a file."""
    if not payments:
        return
    file = stage.folder / "payments.csv"
    file.write_text(as_csv(payments, day))
    stage.tell(f"Importing {len(payments)} payments from the billing platform: {file.name}")
    stage.run("payments", "import", CONNECTION, str(file))


def _record_by_hand(stage: Stage, payment: Payment | None) -> None:
    """Have the bookkeeper record a payment in QuickBooks."""
    if payment is None:
        return
    (share,) = payment.shares
    stage.tell(f"The bookkeeper records check {payment.case.name} in QuickBooks")
    stage.run(
        *("company", "act", str(stage.company), "pay", share.txn_id),
        *("--amount", str(share.amount), "--number", payment.case.name),
        *("--method", payment.case.method),
    )


def _password_file(stage: Stage) -> Path:
    return stage.folder / "password"


def _web_connector(stage: Stage, qwc: Path) -> list[Mapping[str, Any]]:
    ended = stage.run_json(
        "webconnector",
        *("--qwc", str(qwc)),
        *("--password-file", str(_password_file(stage))),
        *("--company", str(stage.company)),
        *("--log", str(stage.folder / "QWCLog.txt")),
    )
    updates: list[Mapping[str, Any]] = ended["updates"]
    return updates


def _ending(stage: Stage, story: Story) -> Ending:
    """Both sides as they are now, and what `reconcile` says of them."""
    audit = stage.run_json("company", "audit", str(stage.company))
    payments = stage.run_json("payments", "list", CONNECTION)
    invoices = compare_invoices(
        audit,
        stage.run_json("invoices", "list", CONNECTION),
        stage.run_json("customers", "list", CONNECTION),
    )
    books = invoices.plus(compare_payments(audit, payments))
    books = books.plus(third_book.compare(stage, CONNECTION, audit, stage.tell))
    return Ending(story, payments, books, *_reconciled(stage))


def _reconciled(stage: Stage) -> tuple[str, bool]:
    """The first line of `reconcile`, and whether it found no difference."""
    done = stage.tried("reconcile", CONNECTION)
    first, *_ = (done.stdout + done.stderr).splitlines() or [""]
    return first, done.returncode == 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="deskbridge-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty; name a new folder or empty it first.")
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield keep.resolve()


@contextmanager
def _daemon(stage: Stage, log_name: str = "daemon.log") -> Iterator[None]:
    """A running daemon that listens; it is stopped with SIGTERM, at worst with SIGKILL."""
    log_path = stage.folder / log_name
    with os.fdopen(made_for_us(log_path), "wb") as log:
        daemon = stage.start("daemon", out=log)
    try:
        _wait_until_up(stage, daemon)
        yield
    except StepFailed as failure:
        lines = log_path.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        raise StepFailed(
            f"{failure}\nThe daemon's log ends with:\n" + "\n".join(lines)
        ) from failure
    finally:
        _terminate(daemon)


def _wait_until_up(stage: Stage, daemon: subprocess.Popen[bytes]) -> None:
    visit = HttpTransport(timeout_seconds=_VISIT_SECONDS)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _refuse_ended(daemon)
        try:
            visit(f"{stage.address}/support", {}, None)
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            _refuse_ended(daemon)  # it was not ours that answered
            return  # whether rightly is the Web Connector's to say
        finally:
            visit.close()
    raise StepFailed(
        f"The daemon did not start listening on {stage.address} within {START_SECONDS:.0f} seconds."
    )


def _refuse_ended(daemon: subprocess.Popen[bytes]) -> None:
    if daemon.poll() is not None:
        raise StepFailed(f"The daemon ended with exit code {daemon.returncode} before it listened.")


def _terminate(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _refuse_taken(port: int) -> None:
    """Refuse a port on which something else answers to ``localhost``, in either family."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((address, port))
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY:
                continue
            taken = error.errno == errno.EADDRINUSE
            said = "is in use" if taken else f"cannot be used: {error.strerror}"
            raise click.ClickException(
                f"Port {port} {said}. Choose another, or leave --port out to take a free one."
            ) from error


def _stop(signum: int, frame: FrameType | None) -> None:
    """End as after any failure, so that the daemon is stopped and the folder removed."""
    sys.exit(128 + signum)

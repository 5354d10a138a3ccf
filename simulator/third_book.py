"""The demo's third book: an account on the fake Invoiced, connected, filled and compared."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulator.comparison import Comparison, Line
from simulator.stage import Stage, made_for_us

Record = Mapping[str, Any]
_PATIENCE_SECONDS, _POLL_SECONDS, _SAME = 90.0, 0.5, 4


@contextmanager
def serving(stage: Stage) -> Iterator[str]:
    """A fake Invoiced with an empty account; gives its address."""
    made = stage.run_json("invoiced-server", "new", str(_state(stage)))
    with os.fdopen(made_for_us(_key(stage)), "w") as file:
        file.write(made["key"])
    words = ("invoiced-server", "serve", str(_state(stage)), "--port", "0")
    server = stage.start(*words, out=subprocess.PIPE)
    try:
        assert server.stdout is not None, "it is a pipe"
        yield server.stdout.readline().decode().rpartition(" ")[2].strip()
    finally:
        server.terminate()
        server.communicate()


def _state(stage: Stage) -> Path:
    return stage.folder / "invoiced.state"


def _key(stage: Stage) -> Path:
    return stage.folder / "invoiced.key"


def connect(stage: Stage, name: str, address: str) -> Record:
    """Connect the account, look what would be sent, and go live; gives what was found."""
    stage.run("invoiced", "connect", name, "--key-file", str(_key(stage)), "--url", address)
    found: Record = stage.run_json("invoiced", "preview", name)
    stage.run("invoiced", "resume", name)
    return found


def wait(stage: Stage, name: str) -> None:
    """Wait until all that happened was looked at, and no more is sent.

    What still waits then, waits for a person.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    sent, same = -1, 0
    while same < _SAME and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
        status = stage.run_json("invoiced", "status", name)
        if not status["behind"] and not status["waiting"]:
            return
        same = same + 1 if status["sent"] == sent and not status["behind"] else 0
        sent = status["sent"]


def compare(stage: Stage, name: str, company: Record, tell: Callable[[str], None]) -> Comparison:
    """Compare the books of Invoiced with those of QuickBooks: every open invoice is there.

    Invoices in another currency, or with a number that another one has, cannot be: it says so.
    """
    audit = stage.run_json("invoiced-server", "audit", str(_state(stage)))
    held_up = stage.run_json("invoiced", "status", name)["held_up"]
    kept = {one["object_id"] for one in held_up if one["kind"] == "invoice"}
    if kept:
        tell(
            f"{len(kept)} invoices are not sent: another currency, or a number that is taken there"
        )
    return compare_books(company, audit, kept)


def compare_books(company: Record, audit: Record, kept: set[str]) -> Comparison:
    """As ``compare``: ``kept`` are the TxnIDs of invoices that are not to be on Invoiced."""
    theirs = {
        one["txn_id"]: one for one in company["importable"]["invoices"] if one["txn_id"] not in kept
    }
    there = {
        one["accounting_id"]: one
        for one in audit["invoices"]
        if not one["voided"] and Decimal(one["balance"]) > 0
    }
    lines = (
        Line("open invoices", f"{len(theirs):,}", f"{len(there):,}", "Invoiced"),
        Line("balance USD", _total(theirs.values()), _total(there.values()), "Invoiced"),
    )
    return Comparison(lines, tuple(_differences(theirs, there, audit)))


def _total(records: Any) -> str:
    return f"{sum((Decimal(one['balance']) for one in records), Decimal(0)):,.2f}"


def _differences(
    theirs: Mapping[str, Record], there: Mapping[str, Record], audit: Record
) -> Iterator[str]:
    yield from (f"Invoiced: {problem}" for problem in audit["problems"])
    for txn_id in sorted(theirs.keys() | there.keys()):
        owed = theirs[txn_id]["balance"] if txn_id in theirs else "nothing"
        open_there = there[txn_id]["balance"] if txn_id in there else "nothing"
        if owed != open_there:
            yield f"invoice {txn_id}: {owed} is open in QuickBooks and {open_there} on Invoiced"

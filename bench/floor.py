"""The least that an import can cost: one pass over the same bytes, then executemany.

Reads the SOAP bodies of a real run from files, takes the response out with lxml, walks
each invoice once and inserts what the daemon also stores. No session, no checks, no
problems, no commit but the last. Prints both seconds of ``Floor`` as JSON.

    python -m bench.floor FOLDER STORE
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

try:
    import pysqlite3 as sqlite3
except ImportError:
    import sqlite3

NAMESPACE = "{http://developer.intuit.com/}"
INVOICE = (
    "TxnID", "RefNumber", "CustomerRef", "TxnDate", "DueDate", "Subtotal", "SalesTaxTotal",
    "AppliedAmount", "BalanceRemaining", "CurrencyRef", "ExchangeRate", "IsPaid", "IsPending",
    "ARAccountRef", "TermsRef", "PONumber", "Memo", "EditSequence", "TimeCreated", "TimeModified",
)  # fmt: skip
LINE = (
    "TxnLineID", "ItemRef", "Desc", "Quantity", "Rate", "Amount", "ServiceDate", "SalesTaxCodeRef",
)  # fmt: skip
COLUMNS = {name: place for place, name in enumerate(INVOICE)}
LINE_COLUMNS = {name: place for place, name in enumerate(LINE)}


class Floor(NamedTuple):
    """What the floor came to: on the clock, and at work."""

    seconds: float
    cpu_seconds: float


def floor_of(bodies: Path, store: Path) -> Floor:
    """The floor over the same bodies, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.floor", str(bodies), str(store)],
        check=True,
        capture_output=True,
    )
    return Floor(*json.loads(done.stdout))


def rows_of(body: bytes) -> tuple[list[list[Any]], list[list[Any]]]:
    """Invoices and lines of one receiveResponseXML body."""
    envelope = etree.fromstring(body, etree.XMLParser(huge_tree=True))
    text = envelope.findtext(f".//{NAMESPACE}response") or ""
    invoices: list[list[Any]] = []
    lines: list[list[Any]] = []
    for ret in etree.fromstring(text.encode()).iter("InvoiceRet"):
        invoice: list[Any] = [None] * len(INVOICE)
        for child in ret:
            place = COLUMNS.get(child.tag)
            if place is not None:
                invoice[place] = child.text if not len(child) else child[0].text
            elif child.tag == "InvoiceLineRet":
                line: list[Any] = [None] * (len(LINE) + 1)
                for part in child:
                    place = LINE_COLUMNS.get(part.tag)
                    if place is not None:
                        line[place] = part.text if not len(part) else part[0].text
                line[-1] = invoice[0]
                lines.append(line)
        invoices.append(invoice)
    return invoices, lines


def main() -> None:
    """Time the floor over all bodies of a folder."""
    paths = sorted(Path(sys.argv[1]).glob("*.xml"))
    store = sqlite3.connect(sys.argv[2])
    store.execute("PRAGMA journal_mode=wal")
    store.execute("PRAGMA synchronous=full")
    store.execute(f"CREATE TABLE invoice ({', '.join(INVOICE)}, PRIMARY KEY (TxnID))")
    store.execute(
        f"CREATE TABLE line ({', '.join(LINE)}, invoice, PRIMARY KEY (invoice, TxnLineID))"
    )
    seconds = cpu = 0.0
    for path in paths:
        body = path.read_bytes()  # what a daemon has in memory already
        started, worked = time.perf_counter(), time.process_time()
        invoices, lines = rows_of(body)
        store.executemany(f"INSERT INTO invoice VALUES ({','.join('?' * len(INVOICE))})", invoices)
        store.executemany(f"INSERT INTO line VALUES ({','.join('?' * (len(LINE) + 1))})", lines)
        seconds += time.perf_counter() - started
        cpu += time.process_time() - worked
    started, worked = time.perf_counter(), time.process_time()
    store.commit()
    seconds += time.perf_counter() - started
    cpu += time.process_time() - worked
    print(json.dumps([seconds, cpu]))


if __name__ == "__main__":
    main()

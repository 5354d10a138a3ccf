"""One case: both syncs of a small company, some of whose answers are spoiled on their way.

What must hold: each sync ends within some requests and says why, nothing raises in the daemon,
no payment is ever twice in the books, memory stays under a bound, and syncs that are left alone
make everything equal again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from twisted.logger import globalLogPublisher

from shared.models import connections
from shared.models.payments import payment_pages
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus
from shared.rules.values import ApplicationKind, InvoiceStatus, SyncState
from simulator.company import Company, acts
from tests.fuzz.around import Around, Spoiler
from tests.fuzz.mutations import MUTATIONS
from tests.fuzz.wrong import Wrong, bounded_memory, check_words, must
from tests.whole.bookkeeping import owes
from tests.whole.payments.builders import WINDOW, payment, receive
from tests.whole.rig import Rig

KINDS = (ApplicationKind.INVOICE, ApplicationKind.PAYMENT)
MOST_REQUESTS = 150
MOST_SYNCS = 5
"""So many pairs of syncs may pass until all is well again."""
ON_ITS_WAY = (PaymentStatus.SENT, PaymentStatus.UNKNOWN, PaymentStatus.READY)


def play(seed: int, folder: Path, way: str = "", *, outside: bool = True) -> list[str]:
    """Play one case; how answers were spoiled. ``way`` spoils each of them in that way alone.

    ``outside``: so is what is said around the answers. Raises Wrong, with all that was done in it.
    """
    random = Random(seed)
    ways = (way,) if way else tuple(random.sample(sorted(MUTATIONS), 3))
    spoiler = Spoiler(random, random.choice((0.15, 0.4, 1.0)), ways)
    rig = _rig(folder / f"{seed}-{way}.sqlite3")
    # Numbers of its own: a case that is kept goes on spoiling its answers as it did.
    around = Around(Random(f"around {seed}"), spoiler) if outside else None
    try:
        with _nothing_raised(), bounded_memory():
            _spoil(rig, random, spoiler, around)
            _mend(rig)
    except Exception as error:
        told = "\n".join(spoiler.done)
        raise Wrong(f"seed {seed} {way}: {type(error).__name__}: {error}\n{told}") from error
    finally:
        rig.close()
    return spoiler.done


def _rig(store: Path) -> Rig:
    rig = Rig(f"sqlite:///{store}", Company.create(seed=1, customers=0, invoices=0))
    books = rig.company.books
    for name in ("Larkspur Tile", "Juniper Yoga"):
        acts.add_customer(books, name)
    acts.add_customer(books, "Lobby", parent="Larkspur Tile")
    for number in range(1042, 1047):
        owes(rig, str(number), 10_000, ("Larkspur Tile", "Juniper Yoga")[number % 2])
    acts.receive(books, "Juniper Yoga", 2_500, invoices=[("1043", 2_500)])
    rig.add_connection()
    return rig


def _spoil(rig: Rig, random: Random, spoiler: Spoiler, around: Around | None) -> None:
    """Some syncs whose answers are spoiled, after none or one that was not."""
    if random.random() < 0.5:
        for kind in KINDS:
            _sync(rig, kind)
        books = rig.company.books
        owes(rig, "1050", 5_000, "Larkspur Tile:Lobby")
        acts.delete(books, "1046")
        acts.pay(books, "1045", 1_000)
    receive(rig, payment("pay_1", pays={"1042": "50.00"}), payment("pay_2", pays={"1044": "60.00"}))
    rig.alter_with_request = spoiler if around is None else around.answer
    for kind in random.choice((KINDS, KINDS[::-1], (*KINDS, *KINDS))):
        _sync(rig, kind, around)
        if around is not None:
            around.call_by_hand(rig, kind)
            _once(rig)
    rig.alter_with_request = None


def _sync(rig: Rig, kind: ApplicationKind, around: Around | None = None) -> bool:
    """One sync: it ends, within some requests, and the store knows how."""
    rig.later(minutes=20)
    before = len(rig.requests)
    connector, row = rig.web_connector(kind=kind)
    if around is not None:
        rig.before_opening, rig.alter_introduction = around.opening, around.introduction
    outcome = connector.update(row)
    rig.before_opening = rig.alter_introduction = None
    must(len(rig.requests) - before <= MOST_REQUESTS, "a sync does not end")
    must(outcome.ok or bool(outcome.status.strip()), "a sync fails without a word")
    check_words(outcome.status)
    last = rig.syncs()[0]
    must(last.state is not SyncState.STARTED, f"a sync never ends: {outcome.status}")
    well = outcome.ok or last.state is SyncState.FINISHED
    must(well or bool(last.error), f"the store does not know of: {outcome.status}")
    _once(rig)
    return outcome.ok


def _mend(rig: Rig) -> None:
    """With answers as they are, all becomes well."""
    why = ""
    for _ in range(MOST_SYNCS):
        rig.later(**WINDOW)
        ok = [_sync(rig, kind) for kind in KINDS]
        why = "a sync goes on failing" if not all(ok) else _unequal(rig)
        if not why:
            return
    raise Wrong(why)


def _unequal(rig: Rig) -> str:
    """What is not yet as it is in the books, or empty."""
    held = {
        row.txn_id: row.balance
        for row in rig.invoices().values()
        if row.status is InvoiceStatus.OPEN
    }
    audit = rig.company.audit()
    theirs = {one.txn_id: Decimal(one.balance) / 100 for one in audit.importable}
    if held != theirs:
        return f"invoices: held {held}, in the books {theirs}"
    told = {one.object_id for one in rig.problems()}
    ours = _of(rig, PaymentSource.INVOICED)
    live = {one.txn_id for one in audit.payments}
    for one in ours:
        if one.status in ON_ITS_WAY:
            return f"{one.document} is {one.status.value}"
        if one.status is not PaymentStatus.POSTED and str(one.id) not in told and not one.reason:
            return f"{one.document} is {one.status.value} and nobody is told"
        if one.status is PaymentStatus.POSTED and one.txn_id not in live:
            return f"{one.document} is posted as {one.txn_id}, which is not in the books"
    imported = {one.txn_id: one.amount for one in _of(rig, PaymentSource.QUICKBOOKS)}
    posted = {one.txn_id for one in ours}
    by_hand = {
        one.txn_id: Decimal(one.amount) / 100
        for one in audit.payments
        if one.txn_id not in posted and not _is_ours(one)
    }
    missing = {key: by_hand[key] for key in by_hand if imported.get(key) != by_hand[key]}
    return f"payments of QuickBooks: {imported}, in the books {missing}" if missing else ""


def _of(rig: Rig, source: PaymentSource) -> list[Payment]:
    with rig.store.reading():
        return list(payment_pages.each(connections.get("Larkspur").id, source=source))


def _is_ours(received: Any) -> bool:
    return bool(received.external_guid) or "[db:" in received.memo


def _once(rig: Rig) -> None:
    """The books add up, and no payment of ours is in them twice."""
    audit = rig.company.audit()
    must(audit.ok, f"the books do not add up: {audit.problems}")
    ours = sorted(one.amount for one in audit.payments if _is_ours(one))
    must(ours in ([], [5_000], [6_000], [5_000, 6_000]), f"payments in the books: {ours}")


@contextmanager
def _nothing_raised() -> Iterator[None]:
    """No failure is logged meanwhile: each is a bug."""
    failures: list[str] = []

    def see(event: Any) -> None:
        if "log_failure" in event:
            failures.append(str(event["log_failure"].getTraceback())[-1500:])

    globalLogPublisher.addObserver(see)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(see)
    must(not failures, "\n".join(failures[:1]))

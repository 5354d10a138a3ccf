"""The seam: what a billing platform must offer, and may not do.

A platform is a class with the methods of ``Platform``, in a folder of its own; ``platforms`` in
``daemon/connectors/service.py`` names it. Outbox, dry run, mapping and screens know no more of it
than stands here. It

- only talks to its service: it sees no store, keeps nothing in memory that matters, decides
  nothing about QuickBooks. Whatever it is told is in the arguments, all it found out is in the
  answer. It may be made anew between any two calls;
- reads in ``prepare`` and writes in ``send`` alone. ``prepare`` is the dry run: what it answers is
  shown to people, so it may be called as often as one likes, and must refuse what ``send`` would
  do wrong (a document written over another one, a customer taken for somebody else);
- writes exactly the bytes of the ``Request``, under the key that comes with them. The outbox has
  kept both before, and repeats them until it is told how that ended: so bytes sent twice must be
  as bytes sent once, by whatever means the service offers;
- never says that something is done, or not done, unless the service said so: ``Unknown`` is the
  answer to silence. What it does not offer, it says in ``capabilities``;
- raises nothing that is to be expected, and never puts its key into a text or a repr.

The outbox, once a record is wanted there (``sending.py``):

    read the record  ->  prepare  ->  keep request and key  ->  send  ->  write down the answer
       (reads)           (network)       (short unit)         (network)       (short unit)

The inbox is the other half, of a platform with the capability ``arrivals``. While the account is
live, ``receiving.py`` asks every ``invoiced_poll_seconds`` what happened there since a cursor:

    arrivals(cursor, watched)  ->  numbers(invoices not ours)  ->  all on file, and the cursor
       (network)                       (network, seldom)              (short units)

Payments go in through ``shared/operations/platform_intake.py``, which uses the door that files and
the API use. What is brought again is known by its id, so a cursor that was not kept costs a
repetition. Records whose changes no feed shows (pending charges) are in the watch list
(``shared/models/platforms/inbox.py``), and are handed over as ``watched`` when they are due. Who
owns a record is in ``shared/models/platforms/records.py``: what came in belongs to the platform, so
the outbox leaves it alone, and what QuickBooks owns is passed over. ``note_posted`` writes back
what became of a payment in QuickBooks.

A platform with the capability ``balances`` tells what is due there. Once a day ``comparing.py``
puts that beside the ledger, so that a person hears of what nothing else tells: what somebody
changed there, or what the platform did by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Protocol

from twisted.internet.defer import Deferred

from shared.rules.arrivals import Arrival, NumberedThere
from shared.rules.connectors import Change, Watched, Would
from shared.rules.outlets import Refused
from shared.structs import Value


class Capabilities(Value):
    """What a platform can do with a record that it has; what it cannot is left as it is."""

    updates: bool = True
    voids: bool = True
    deletions: bool = True
    payments: bool = True
    arrivals: bool = False
    balances: bool = False


class Company(Value):
    """Whom the key opens the door to. ``identity`` is the same for every key of the account.

    ``warnings`` are settings there that may surprise.
    """

    identity: str
    name: str
    currency: str
    time_zone: str
    warnings: tuple[str, ...] = ()


class Request(Value):
    """A write, ready to be sent. ``digest`` stands for what it says: the same is not sent twice.

    ``would`` is what it does there. It never holds the key of the account.
    """

    HIDDEN: ClassVar = ("body",)

    body: bytes
    digest: str
    would: Would


class Ambiguous(Value):
    """Several records there may be meant: a person has to choose, or say that it is a new one."""

    reason: str


class LeaveAlone(Value):
    """The platform keeps its record as it is, such as a paid invoice; ``their_id`` if known."""

    reason: str
    their_id: str = ""


class NotNow(Value):
    """Nothing was done, and it may go through later.

    ``whole``: nothing else would go through now. ``after``: so long it wants to be left alone.
    """

    reason: str
    whole: bool = False
    after: timedelta = timedelta()


class Unknown(Value):
    """Nobody can tell whether it was done."""

    reason: str
    whole: bool = False
    after: timedelta = timedelta()


class Done(Value):
    """It has what was sent, as ``their_id``; empty where it is gone, as was wanted.

    ``differs`` is what it has otherwise than QuickBooks all the same; empty: nothing. It is looked
    at once more after ``look_after``, where that is given: what differs may pass by itself.
    """

    their_id: str
    differs: str = ""
    look_after: timedelta = timedelta()


class FoundAgain(Value):
    """A record that was sent before, which nobody here knows, as after a restored backup.

    Of an invoice, ``baseline`` is what had been paid when it was sent first. ``payments`` are those
    of ours on it, or the payment itself: (TxnID, its id there). ``prepared`` is what sending the
    record would do.
    """

    prepared: Request | Done | LeaveAlone | Refused | NotNow
    payments: tuple[tuple[str, str], ...]
    baseline: Decimal | None = None


Prepared = Request | Done | Ambiguous | LeaveAlone | Refused | NotNow | FoundAgain
Answer = Done | LeaveAlone | Refused | NotNow | Unknown


class Arrivals(Value):
    """A part of what happened there; ``has_more``: ask again at once with this ``cursor``."""

    cursor: str
    arrived: tuple[Arrival, ...] = ()
    has_more: bool = False


class Balances(Value):
    """A part of what is due there: amounts by the ids of invoices that have a balance.

    ``following``: where the next part begins; empty: this was the last one.
    """

    due: Mapping[str, Decimal]
    following: str = ""


class Platform(Protocol):
    """A billing platform, with the key of one account; see above for what it may not do."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def company(self) -> Deferred[Company | Refused | NotNow]:
        """Ask whom the key opens the door to; Refused where it opens none."""

    def prepare(self, change: Change) -> Deferred[Prepared]:
        """Look what is there, and say what sending a record would do. Only reads.

        Done: nothing is to be sent, it has it just so.
        """

    def send(self, body: bytes, key: str) -> Deferred[Answer]:
        """Write the bytes that ``prepare`` made, maybe long ago and in another process."""

    def close(self) -> Deferred[None]:
        """Let connections go."""


class Inbox(Protocol):
    """What a platform with the capability ``arrivals`` offers besides."""

    def arrivals(self, cursor: str, watched: Sequence[Watched]) -> Deferred[Arrivals | NotNow]:
        """Return what happened after ``cursor`` (empty: from now on), and what is watched."""

    def numbers(self, invoices: Collection[str]) -> Deferred[Mapping[str, NumberedThere] | NotNow]:
        """Return what invoices there are called, by their ids; one that is gone is not in it."""

    def note_posted(self, their_id: str, txn_id: str, key: str) -> Deferred[Answer]:
        """Write back, under a new key, that QuickBooks has a payment under this TxnID."""


class Books(Protocol):
    """What a platform with the capability ``balances`` offers besides."""

    def balances(self, place: str) -> Deferred[Balances | NotNow]:
        """Return a part of what is due there, from ``place`` on; empty: from the beginning."""

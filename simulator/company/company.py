"""A simulated company file: made from a seed, kept in one state file, asked like QuickBooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from shared.structs import asdict, replace
from simulator.company import audit as auditing
from simulator.company import generator, state
from simulator.company.acts.finding import checked_day, find_id
from simulator.company.answers import storable
from simulator.company.books import BookError, Books
from simulator.company.clock import ZONES
from simulator.company.errors import OPEN, SITUATIONS, QuickBooksError
from simulator.company.generator import Size
from simulator.company.product import (
    CURRENCIES,
    HABITS,
    HOME_CURRENCY,
    USUAL_CURRENCIES,
    USUAL_YEAR,
    USUAL_ZONE,
    Edition,
    Habits,
    Product,
    Profile,
)
from simulator.company.records import Fault, LateCall
from simulator.company.session import QuickBooksSession

TODAY = "2025-06-30"
MAX_COMPANY_NAME = 59
_MORNING = 9 * 3600


class Company:
    """One company file with the QuickBooks that opens it."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @classmethod
    def create(
        cls,
        *,
        seed: int = 7,
        customers: int = 300,
        invoices: int = 2000,
        edition: str = "us",
        currencies: Sequence[str] | None = None,
        name: str = "Harbor & Vale Supply",
        lines: int = 0,
        all_open: bool = False,
        today: str = TODAY,
        zone: str = "",
        profile: Profile | None = None,
    ) -> Company:
        """Make a company; the same arguments always make the same one.

        ``currencies`` are the codes beside the home currency: None for the usual two of the
        edition, none at all for a company without multicurrency. ``today`` is the date at
        which its story ends, at nine in the morning. ``lines`` and ``all_open`` make
        uniform books for measurements. A ``profile`` replaces edition, currencies, name and zone.
        Raises BookError for arguments that no company can have.
        """
        profile = profile or make_profile(edition, currencies, name, zone)
        size = Size(customers, invoices, lines, all_open)
        if min(customers, invoices, lines) < 0:
            raise BookError("The numbers of customers, invoices and lines cannot be negative.")
        if invoices and not customers:
            raise BookError("Invoices need a customer. Set --customers to at least 1.")
        where = ZONES[profile.zone]
        days = (date.fromisoformat(today) - date(1970, 1, 1)).days
        now = where.epoch(days * 86400 + _MORNING)
        return cls(generator.generate(seed, size, profile, now))

    @classmethod
    def load(cls, path: Path | str) -> Company:
        """Read a state file. Raises BadState."""
        return cls(state.load(Path(path)))

    def save(self, path: Path | str) -> None:
        """Write the state file, mode 0600; a crash leaves the old one whole."""
        state.save(self.books, Path(path))

    @classmethod
    @contextmanager
    def changing(
        cls, path: Path | str, waiting: Callable[[], object] = lambda: None
    ) -> Iterator[Company]:
        """Load, change and save under a lock; nothing is saved when the block raises.

        ``waiting`` is called when somebody else holds the lock. Raises BadState.
        """
        with state.locked(Path(path), waiting):
            company = cls.load(path)
            yield company
            company.save(path)

    def connect(
        self, application_name: str, *, owner_id: str = "", company_file: str = ""
    ) -> QuickBooksSession:
        """Open a session. Raises QuickBooksError in every situation but ``open``.

        ``company_file`` is the Windows path that is asked for; empty means the open file.
        """
        situation = self.books.situation
        if situation != OPEN:
            raise QuickBooksError(*SITUATIONS[situation], reason=f"the situation is {situation!r}")
        ours = self.books.profile.file_path
        if company_file and company_file.casefold() != ours.casefold():
            raise QuickBooksError(*SITUATIONS["other-file"], reason=f"the open file is {ours!r}")
        return QuickBooksSession(self.books, application_name, owner_id)

    def set_situation(self, situation: str) -> None:
        """Say what state QuickBooks is in: ``open``, or a key of SITUATIONS. Raises BookError."""
        if situation != OPEN and situation not in SITUATIONS:
            known = ", ".join((OPEN, *SITUATIONS))
            raise BookError(f"There is no situation {situation!r}; there are: {known}.")
        self.books.situation = situation

    def fail_next(
        self,
        code: str,
        request: str = "",
        *,
        times: int = 1,
        done: bool = False,
        message: str = "",
        after: int | None = None,
        late: bool = False,
    ) -> None:
        """Plan a ``Fault`` for the next requests."""
        self.books.faults.append(Fault(code, request, times, done, message, after, late))

    def run_late(self) -> list[str]:
        """Do now what applications gave up on, oldest first; the answers, that nobody reads.

        A message set with an id that is remembered by now is not done again.
        """
        calls, self.books.late = self.books.late, []
        return [self._run_late(call) for call in calls]

    def _run_late(self, call: LateCall) -> str:
        self.books.writes += 1
        session = QuickBooksSession(self.books, call.application, "", rehearsed=False)
        try:
            return session.process(call.document)
        except QuickBooksError as refused:
            return refused.explained

    # Backups of the company file.

    def backup(self) -> str:
        """The company file as it is now: its books, and the message sets it remembers."""
        return state.dump(self.books)

    def restore(self, backup: str) -> None:
        """Put a backup in the place of the company file. Raises BadState.

        All sessions end. The clock goes on, as do the program on the PC and what is rehearsed.
        """
        old, books = self.books, state.parse(backup, Path("the backup"))
        was = old.profile
        books.profile = replace(
            books.profile, product=was.product, habits=was.habits, file_path=was.file_path
        )
        books.now = max(books.now, old.now)
        books.sessions = max(books.sessions, old.sessions)
        books.situation, books.faults, books.late = old.situation, old.faults, old.late
        books.locks = set()
        old.closed = True
        self.books = books

    # How the file and the program are set up.

    def set_habits(self, **habits: str | bool) -> None:
        """Choose how QuickBooks behaves where that is not known; see Habits. Raises BookError."""
        for name, value in habits.items():
            if value not in HABITS.get(name, ()):
                known = "; ".join(f"{key}: {values}" for key, values in HABITS.items())
                raise BookError(f"There is no habit {name}={value!r}; there are {known}.")
        profile = self.books.profile
        becomes = Habits(**{**asdict(profile.habits), **habits})
        self.books.profile = replace(profile, habits=becomes)

    def set_closing_date(self, day: str, *, password: bool = False) -> None:
        """Close the books up to an ISO date, "" for none; without a password it only warns."""
        if day:
            checked_day(day)
        profile = self.books.profile
        self.books.profile = replace(
            profile, closing_date=day, closing_password=password and bool(day)
        )

    def lock(self, reference: str) -> str:
        """Open a document or customer in a window, and answer its id. Raises NotInBooks."""
        object_id = find_id(self.books, reference)
        self.books.locks.add(object_id)
        return object_id

    def unlock(self, reference: str) -> str:
        """Close the window again. Raises NotInBooks."""
        object_id = find_id(self.books, reference)
        self.books.locks.discard(object_id)
        return object_id

    @property
    def file_path(self) -> str:
        """The Windows path of the company file."""
        return self.books.profile.file_path

    def set_data_ext(self, owner_id: str, name: str, value: str) -> None:
        """Keep a value of an application with the company, as the Web Connector does its FileID.

        An empty value takes it away.
        """
        key = owner_id.upper(), name
        if value:
            self.books.data_exts[key] = value
        else:
            self.books.data_exts.pop(key, None)

    def data_ext(self, owner_id: str, name: str) -> str | None:
        """A value that an application keeps with the company, or None."""
        return self.books.data_exts.get((owner_id.upper(), name))

    def audit(self) -> auditing.Audit:
        """Check that everything adds up, and total what is open."""
        return auditing.audit(self.books)


def make_profile(
    edition: str = "us", currencies: Sequence[str] | None = None, name: str = "", zone: str = ""
) -> Profile:
    """A company's profile with the usual settings of its country. Raises BookError."""
    if edition not in list(Edition):
        raise BookError(f"There is no edition {edition!r}; there are us, ca and uk.")
    country = Edition(edition)
    if len(name) > MAX_COMPANY_NAME or not storable(name):
        raise BookError("A company name has at most 59 characters, all of Windows-1252.")
    zone = zone or USUAL_ZONE[country]
    if zone not in ZONES:
        raise BookError(f"There is no time zone {zone!r}; there are: {', '.join(ZONES)}.")
    extra = USUAL_CURRENCIES[country] if currencies is None else currencies
    for code in extra:
        if code not in CURRENCIES:
            raise BookError(f"There is no currency {code!r}; there are: {', '.join(CURRENCIES)}.")
    home = HOME_CURRENCY[country]
    return Profile(
        name=name,
        file_path=f"C:\\Books\\{name}.QBW",
        product=Product(edition=country, year=USUAL_YEAR[country]),
        currencies=(home, *(code for code in extra if code != home)),
        zone=zone,
    )

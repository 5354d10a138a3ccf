"""Each thing that can be wrong is sent to whom it concerns, by mail and to a URL, and then over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from twisted.internet.task import LoopingCall

from daemon.alerts.sending import Mail
from shared.models import applications, backups, connections, daemons, tokens
from shared.models.daemons import BEAT_EVERY, DaemonFacts
from shared.rules.alerts import FOR_BOOKKEEPERS, AlertKind, Audience
from shared.rules.backups import BackupKind
from shared.rules.payments.values import PostingState
from shared.rules.store_checks import StoreCheck
from shared.rules.tokens import Access
from shared.rules.values import SyncState
from shared.structs import Value, replace
from tests.daemon.test_alerts import ADA, HOUR, URL, Office
from tests.daemon.test_store_checks import spoil
from tests.models.builders import NOON, invoice
from tests.models.payments.builders import Till, pays

BO = "bo@example.com"
DAY = 24 * HOUR


class Company(Office):
    """An office whose daemon says that it lives, with a company that has one payment."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.till = Till(self.store, "Juniper")
        self.till.owes(invoice("1A-100", "250.00"))
        self.tell()
        self.tell(URL)
        self.tell(BO, connection="Juniper", audience=Audience.BOOKKEEPER)
        self.facts = DaemonFacts("a1", "books", 7, "1.0", (), "", None, NOON)
        self.beating = LoopingCall(self.beat)
        self.beating.clock = self.clock
        self.beating.start(BEAT_EVERY.total_seconds())

    def beat(self, **changes: object) -> None:
        self.facts = replace(self.facts, **changes)  # type: ignore[arg-type]
        with self.store.transaction():
            daemons.beat(self.facts, self.now())

    def told_of(self, subject: str, to: str = ADA) -> list[Mail]:
        """The mails to somebody that begin with a subject."""
        mails = [one for one in self.post.mails if one.to == to]
        return [one for one in mails if one.subject.startswith(subject)]

    def posted(self, what: str) -> set[str]:
        """The kinds of alerts that were opened, or closed, as the URL heard of them."""
        return {one["kind"] for _, _, body in self.post.posts for one in json.loads(body)[what]}

    def starts_again(self) -> None:
        for number in range(4):
            self.beat(instance=f"a{number}", started_at=self.now())

    def fails(self, state: SyncState = SyncState.FAILED) -> None:
        self.sync(self.till.id, state)

    def calls(self) -> None:
        with self.store.transaction():
            applications.seen(self.till.applications[0], "authenticate", self.now())

    def stays_away(self) -> None:
        with self.store.transaction():
            connections.edit(self.till.id, run_every_minutes=60)
        self.calls()
        self.goes_on(1.55 * HOUR)

    def pays(self) -> None:
        self.till.take_in(pays("pay_1", "250.00"), now=self.now())

    def posting(self, state: PostingState) -> None:
        self.till.move(state, now=self.now(), code="payment-overpays")

    def is_refused(self) -> None:
        self.pays()
        self.posting(PostingState.REFUSED)

    def is_parked(self) -> None:
        self.pays()
        self.posting(PostingState.SENT)
        self.posting(PostingState.PARKED)

    def waits(self) -> None:
        self.pays()
        self.goes_on(25 * HOUR)

    def is_posted(self) -> None:
        self.till.post(now=self.now())

    def is_tried_again(self) -> None:
        self.posting(PostingState.PLANNED)

    def certificate_ends(self, days: int = 3) -> None:
        self.beat(certificate_expires_at=self.now() + timedelta(days=days))

    def token(self) -> None:
        with self.store.transaction():
            ends = self.now() + timedelta(days=3)
            self.made = tokens.add(
                "shop", "d", Access.READ, None, expires_at=ends, who="ada", now=self.now()
            )

    def token_ends(self) -> None:
        with self.store.transaction():
            tokens.revoke(self.made, self.now())

    def has_room(self, free: int = 1 << 40) -> None:
        self.machine.free = free

    def checks(self, damage: str = "") -> None:
        with self.store.transaction():
            backups.checked(StoreCheck(self.now(), damage))

    def backup_fails(self) -> None:
        with self.store.transaction():
            backups.failed("There is no room for a backup in /backups.", self.now())

    def backup(self) -> None:
        with self.store.transaction():
            backups.made(BackupKind.SCHEDULED, Path("b"), self.now(), timedelta(days=2))


class Case(Value):
    """How it goes wrong, how it is put right, and the subject in between."""

    wrong: Callable[[Company], None]
    right: Callable[[Company], None]
    subject: str


CASES = {
    AlertKind.SYNC_FAILED: Case(
        Company.fails,
        lambda company: company.fails(SyncState.FINISHED),
        "Invoice Sync of Juniper failed",
    ),
    AlertKind.SYNC_LATE: Case(Company.stays_away, Company.calls, "Invoice Sync of Juniper is late"),
    AlertKind.PAYMENT_REFUSED: Case(
        Company.is_refused, Company.is_tried_again, "1 payment is refused in Juniper"
    ),
    AlertKind.PAYMENT_PARKED: Case(
        Company.is_parked, Company.is_tried_again, "1 payment is parked in Juniper"
    ),
    AlertKind.PAYMENT_WAITING: Case(
        Company.waits, Company.is_posted, "1 payment is waiting in Juniper"
    ),
    AlertKind.CERTIFICATE: Case(
        Company.certificate_ends,
        lambda company: company.certificate_ends(days=90),
        "The TLS certificate on books expires",
    ),
    AlertKind.TOKEN: Case(Company.token, Company.token_ends, "Token 1 (shop) expires"),
    AlertKind.DISK: Case(
        lambda company: company.has_room(0), Company.has_room, "The disk of {folder} is nearly full"
    ),
    AlertKind.STORE: Case(
        lambda company: company.checks("Page 7 is lost"), Company.checks, "The store is damaged"
    ),
    AlertKind.BACKUP: Case(
        lambda company: company.goes_on(8 * DAY), Company.backup, "The store has no backup"
    ),
    AlertKind.BACKUP_FAILED: Case(
        Company.backup_fails, Company.backup, "The backup of the store failed"
    ),
    AlertKind.RESTARTS: Case(
        Company.starts_again,
        lambda company: company.goes_on(HOUR),
        "The daemon on books restarts again and again",
    ),
}


@pytest.fixture
def company(tmp_path: Path, new_store: Path) -> Iterator[Company]:
    made = Company(f"sqlite:///{shutil.copy(new_store, tmp_path)}")
    yield made
    made.beating.stop()
    made.close()


def test_there_is_a_case_for_each_kind():
    assert set(CASES) == set(AlertKind)


@pytest.mark.parametrize("kind", AlertKind)
def test_each_kind_is_sent_and_closed_by_an_all_clear(company, tmp_path, kind):
    case, subject = CASES[kind], CASES[kind].subject.format(folder=tmp_path)
    case.wrong(company)
    company.goes_on()
    mail, *_ = company.told_of(subject)
    assert "What to do: " in mail.text
    assert kind in company.posted("opened")
    assert bool(company.told_of(subject, BO)) is (kind in FOR_BOOKKEEPERS)
    case.right(company)
    company.goes_on(1000)
    assert company.told_of(f"All clear: {subject}")
    assert kind in company.posted("closed")
    company.goes_on(1000)
    assert len(company.told_of(f"All clear: {subject}")) == 1


def test_a_daemon_that_starts_anew_closes_no_alert_of_an_application_that_has_not_called(company):
    company.stays_away()
    company.goes_on()
    with company.store.transaction():
        daemons.stopped(company.facts.instance, company.now())
    company.beat(instance="a2", started_at=company.now())
    company.goes_on(HOUR)
    assert company.told_of("All clear") == []
    mail = company.told_of("Invoice Sync of Juniper is late")[-1]
    assert "The PC is probably off" in mail.text
    company.calls()
    company.goes_on(1000)
    assert company.told_of("All clear: Invoice Sync of Juniper is late")


def test_damage_that_hides_all_else_is_told_and_nothing_else_is_over(company):
    company.fails()
    company.goes_on()
    company.checks("Page 7 is lost")
    spoil(company.store)
    company.goes_on(1000)
    assert company.told_of("The store is damaged")
    assert company.posted("opened") == {AlertKind.SYNC_FAILED, AlertKind.STORE}
    assert company.posted("closed") == set()

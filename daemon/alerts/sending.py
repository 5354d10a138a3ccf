"""What a recipient is to get now: looked for in the store, put into words, handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from attrs import define
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from daemon.outlets.posting import Answer, NoAnswer, Poster
from shared.about import VERSION
from shared.models import alerts, outlets
from shared.models.store import Store
from shared.operations import alert_digest
from shared.operations.contracts import alerts as contracts
from shared.operations.describe import alerts as describe
from shared.operations.describe.alerts import Letter
from shared.rules.alerts import Message, Recipient, digest_due, due
from shared.rules.outlets import LONGEST
from shared.rules.webhooks import DELIVERY, SIGNATURE, signature
from shared.structs import Value

SECONDS = 45.0
"""So long a message may take, whatever its receiver does."""


class NotSent(Exception):
    """A mail did not go through; the text says why, in a sentence, and holds no secret."""


class Mail(Value):
    """A message to one address. ``number`` is the same when the same is sent again."""

    to: str
    subject: str
    text: str
    number: str
    at: datetime


class Mailer(Protocol):
    """Hands mail over."""

    def send(self, mail: Mail) -> Deferred[None]:
        """Send a mail; the Deferred fails with NotSent alone."""


class NoMailer(Mailer):
    """There is no mail server."""

    def send(self, mail: Mail) -> Deferred[None]:
        return fail(NotSent("The setting mail_server names no mail server: see docs/alerts.md."))


class Test(Value):
    """A test was asked for."""


class DigestWanted(Value):
    """A digest is due that goes back to ``since``."""

    since: datetime


Wanted: TypeAlias = Message | DigestWanted | Test


def wanted(recipient: Recipient, now: datetime) -> Wanted | None:
    """What a recipient is to get now; nothing but a test while its messages fail."""
    if recipient.id in alerts.tests_asked():
        return Test()
    # A pause that is longer than any can be is none: the clock was set back since.
    if now < outlets.get(recipient.outlet).pause_until_at <= now + LONGEST:
        return None
    since = digest_due(recipient, now)
    if since is not None:
        return DigestWanted(since)
    return due(recipient, alerts.held(recipient), now)


class Written(Value):
    """A message in words, for mail, and as JSON with its signature's secret, for a URL."""

    letter: Letter
    body: bytes
    secret: str

    def __repr__(self) -> str:
        return "Written(…)"


def write(store: Store, recipient: Recipient, what: Wanted, now: datetime) -> Written:
    """Put it into words, in a unit that reads."""
    secret = "" if recipient.is_mail else alerts.secret(recipient)
    match what:
        case Test():
            letter, body = describe.test_letter(recipient), contracts.test_json(now)
        case DigestWanted(since):
            found = alert_digest.view(store, recipient, since)
            letter = describe.digest_letter(recipient, found, now)
            body = contracts.digest_json(recipient, found, now)
        case Message():
            letter = describe.letter(recipient, what)
            body = contracts.message_json(recipient, what, now)
    return Written(letter, body, secret)


@define(eq=False, repr=False)
class Sender:
    """Hands messages over, by mail or to a URL; what does so is made when it is needed."""

    _mailer: Callable[[], Mailer]
    _client: Callable[[], Poster]
    _now: Callable[[], datetime]

    def send(self, recipient: Recipient, written: Written) -> Deferred[str]:
        """Send it; fires with why it failed, or an empty text."""
        number = f"{recipient.id}-{int(self._now().timestamp() * 1000)}"
        if recipient.is_mail:
            letter = written.letter
            mail = Mail(recipient.address, letter.subject, letter.text, number, self._now())
            return self._mailer().send(mail).addCallbacks(lambda _: "", _why)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Deskbridge/{VERSION}",
            DELIVERY: f"alerts-{number}",
            SIGNATURE: signature(written.secret, self._now(), written.body),
        }
        posted = self._client().post(recipient.address, headers, written.body)
        return posted.addCallbacks(_judged, _why)


def _why(failure: Failure) -> str:
    failure.trap(NotSent, NoAnswer)
    return str(failure.value)


def _judged(answer: Answer) -> str:
    return "" if 200 <= answer.status < 300 else f"It answered {answer.status}."


def note(
    recipient: Recipient, what: Wanted, why: str, chance: Callable[[], float], now: datetime
) -> None:
    """Write down what became of it; what failed is tried again, later each time."""
    outlet = outlets.get(recipient.outlet)
    if isinstance(what, Test):
        alerts.test_made(recipient.id, why, now)
    if why:
        if not isinstance(what, Test):
            outlets.rest(outlet, why, after=timedelta(), chance=chance, now=now)
        return
    outlets.delivered(outlet, now)
    if isinstance(what, DigestWanted):
        alerts.digest_sent(recipient.id, now)
    elif isinstance(what, Message):
        alerts.was_told(recipient.id, what, now)

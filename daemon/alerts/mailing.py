"""A mail, and what hands it over; what speaks SMTP and TLS is made for the first one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from twisted.internet.defer import Deferred, fail


class NotSent(Exception):
    """A mail did not go through; the text says why, in a sentence, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Mail:
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


class NoMailer:
    """There is no mail server."""

    def send(self, mail: Mail) -> Deferred[None]:
        """Refuse it."""
        return fail(NotSent("The setting mail_server names no mail server: see docs/alerts.md."))


class MailerWhenUsed:
    """Has its mailer made for the first mail: a daemon without recipients loads no TLS."""

    def __init__(self, make: Callable[[], Mailer]) -> None:
        self._make = make

    def send(self, mail: Mail) -> Deferred[None]:
        """Send a mail as the mailer does."""
        return self._mailer.send(mail)

    @cached_property
    def _mailer(self) -> Mailer:
        return self._make()

"""Mail is handed to a real server: TLS first, then the password, then the message."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import reactor
from twisted.internet import ssl as twisted_ssl
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThread
from twisted.mail import smtp
from twisted.mail.imap4 import LOGINCredentials, PLAINCredentials
from twisted.mail.interfaces import IMessageDelivery, IMessageSMTP
from zope.interface import implementer

from daemon.alerts.mail import SmtpMailer
from daemon.alerts.sending import Mail, NotSent
from shared.mail_server import MailServer
from tests.certificates import in_days, self_signed
from tests.models.builders import NOON

PASSWORD = "hunter2"
MAIL = Mail("ada@example.com", "Késő", "From noon on.\n" + "long " * 400, "1-1", NOON)


@implementer(IMessageSMTP)
class Message:
    def __init__(self, taken: list[bytes]) -> None:
        self._taken, self._lines = taken, []

    def lineReceived(self, line: bytes) -> None:
        self._lines.append(line)

    def eomReceived(self) -> Deferred[None]:
        self._taken.append(b"\r\n".join(self._lines))
        return succeed(None)

    def connectionLost(self) -> None:
        pass


@implementer(IMessageDelivery)
class Delivery:
    """Takes mail to example.com."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken

    def receivedHeader(self, *_: Any) -> bytes:
        return b"Received: from a test"

    def validateFrom(self, _helo: Any, origin: Any) -> Any:
        return origin

    def validateTo(self, user: Any) -> Callable[[], Message]:
        if user.dest.domain != b"example.com":
            raise smtp.SMTPBadRcpt(user)
        return lambda: Message(self._taken)


class Server(Factory):
    """An SMTP server of Twisted on the loopback, which demands STARTTLS and a password."""

    noisy = False

    def __init__(self, pem: Path) -> None:
        self.taken: list[bytes] = []
        self._options = twisted_ssl.DefaultOpenSSLContextFactory(
            str(pem), str(pem), sslmethod=SSL.TLS_METHOD
        )
        realm: Any = self
        users = InMemoryUsernamePasswordDatabaseDontUse(ada=PASSWORD.encode())
        self._portal = Portal(realm, [users])
        self.port = reactor.listenTCP(0, self, interface="127.0.0.1")

    def requestAvatar(self, *_: Any) -> Any:
        return IMessageDelivery, Delivery(self.taken), lambda: None

    def buildProtocol(self, _address: Any) -> Any:
        kinds = {b"PLAIN": PLAINCredentials, b"LOGIN": LOGINCredentials}
        made = smtp.ESMTP(chal=kinds, contextFactory=self._options)
        made.portal, made.factory = self._portal, self
        made.timeout = None
        return made


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return self_signed(tmp_path / "server.pem", in_days(30))


@pytest.fixture
def server(pem: Path) -> Iterator[Server]:
    made = Server(pem)
    yield made
    made.port.stopListening()


def mailer(port: int, pem: Path | None, password: str = PASSWORD, user: str = "ada") -> SmtpMailer:
    def context() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=None if pem is None else str(pem))

    where = MailServer("localhost", port, user, tls_first=False)
    return SmtpMailer(reactor, where, "deskbridge@example.com", lambda: password, context)


async def test_it_arrives_whole_after_starttls_and_sign_in(server, pem):
    await mailer(server.port.getHost().port, pem).send(MAIL)
    [taken] = server.taken
    message = message_from_bytes(taken, policy=default)
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "[Deskbridge] Késő"
    assert message["Message-ID"] == "<deskbridge.1-1@example.com>"
    body: Any = message.get_body()
    assert body.get_content().split() == MAIL.text.split()
    assert PASSWORD.encode() not in taken


async def test_a_wrong_password_is_told_without_it(server, pem):
    with pytest.raises(NotSent, match="user and password") as refused:
        await mailer(server.port.getHost().port, pem, "wr0ng").send(MAIL)
    assert "wr0ng" not in str(refused.value)
    assert server.taken == []


async def test_an_unknown_address_is_told(server, pem):
    elsewhere = Mail("ada@example.org", "x", "x", "1-2", NOON)
    with pytest.raises(NotSent, match="refused the address"):
        await mailer(server.port.getHost().port, pem).send(elsewhere)


async def test_no_password_goes_to_a_server_whose_certificate_is_not_good(server, logged_failures):
    asked = []

    def password() -> str:
        asked.append(True)
        return PASSWORD

    where = MailServer("localhost", server.port.getHost().port, "ada", tls_first=False)
    with pytest.raises(NotSent, match="certificate"):
        await SmtpMailer(reactor, where, "d@example.com", password).send(MAIL)
    assert server.taken == []
    logged_failures.clear()


async def test_nobody_listening_is_told(pem):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotSent, match="cannot be reached"):
        await mailer(port, pem).send(MAIL)


async def test_a_server_that_says_nothing_is_left_when_somebody_loses_patience(pem):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        sent = mailer(silent.getsockname()[1], pem).send(MAIL)
        held, _ = await deferToThread(silent.accept)
        gone = []
        sent.addErrback(lambda failure: gone.append(failure.type.__name__))
        sent.cancel()
        assert gone == ["CancelledError"]
        with held:
            held.settimeout(3)
            assert await deferToThread(held.recv, 1) == b"", "the connection is closed"

"""Mail, handed over by SMTP. A server that hangs holds up a thread of its own and nobody else.

The standard library's ``smtplib`` speaks the protocol. It waits, so each message has a short-lived
thread; whoever loses patience cancels the Deferred, which closes the connection under that thread.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from threading import Thread
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredSemaphore

from daemon.alerts.sending import Mail, Mailer, NotSent
from shared.errors import StoreError
from shared.mail_server import MailServer

SECONDS = 10.0
"""So long the server may take for each word."""
AT_ONCE = 2
LONGEST_ANSWER = 160


@define(eq=False, repr=False)
class SmtpMailer(Mailer):
    """Hands mail to one server. ``password`` is asked for each time and may raise StoreError.

    ``context`` makes the TLS context: whose certificates are good is what this machine trusts.
    A Deferred of its ``send`` may be canceled.
    """

    _reactor: Any
    _server: MailServer
    _sender: str
    _password: Callable[[], str]
    _context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    _turns: DeferredSemaphore = field(factory=lambda: DeferredSemaphore(AT_ONCE), init=False)

    def send(self, mail: Mail) -> Deferred[None]:
        sent: Deferred[None] = self._turns.run(self._start, mail)
        return sent

    def _start(self, mail: Mail) -> Deferred[None]:
        sending = _Sending(self._server, self._context)
        sent: Deferred[None] = Deferred(lambda _: sending.abort())
        arguments = (sending, message_of(mail, self._sender), sent)
        Thread(target=self._run, args=arguments, name="mail", daemon=True).start()
        return sent

    def _run(self, sending: _Sending, message: EmailMessage, sent: Deferred[None]) -> None:
        failed = ""
        try:
            sending.run(self._sender, self._password(), message)
        except StoreError as why:
            failed = why.sentence
        except Exception as why:  # whatever a mail server brings about is told, not raised
            failed = told(why)
        self._reactor.callFromThread(_fire, sent, failed)


def _fire(sent: Deferred[None], failed: str) -> None:
    if sent.called:
        return  # nobody waits any more
    if failed:
        sent.errback(NotSent(failed))
    else:
        sent.callback(None)


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """The mail as it is sent; a program that answers mail by itself should not answer this."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Deskbridge <{sender}>"
    message["To"] = mail.to
    message["Subject"] = f"[Deskbridge] {mail.subject}"
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<deskbridge.{mail.number}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text)
    return message


@define(eq=False, repr=False)
class _Sending:
    """One exchange with a server, on the thread of its mail; ``abort`` comes from another one."""

    _server: MailServer
    _context: Callable[[], ssl.SSLContext]
    _socket: socket.socket | None = field(default=None, init=False)
    _is_aborted: bool = field(default=False, init=False)

    def run(self, sender: str, password: str, message: EmailMessage) -> None:
        """Hand the message over. Raises OSError or SMTPException."""
        server = self._server
        client = self._connected()
        try:
            if not server.is_local and not server.tls_first:
                client.starttls(context=self._context())
            if server.user:
                client.login(server.user, password)
            # send_message would write ">From" where a line begins with that word.
            client.sendmail(sender, [str(message["To"])], message.as_bytes())
            with suppress(smtplib.SMTPException, OSError):
                client.quit()  # it has the mail, whatever it says now
        finally:
            client.close()

    def _connected(self) -> smtplib.SMTP:
        if self._server.tls_first:
            return _TlsClient(self._hold, self._server, context=self._context())
        return _Client(self._hold, self._server)

    def _hold(self, held: socket.socket) -> None:
        """Remember what is read from next, for whoever loses patience."""
        self._socket = held
        if self._is_aborted:
            held.close()  # the client that is being made would leave it open
            raise TimeoutError

    def abort(self) -> None:
        """Close the connection: whoever reads from it stops, and so does whoever will."""
        self._is_aborted = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Client(smtplib.SMTP):
    """Shows its socket before each answer that it waits for, also for the first one."""

    def __init__(
        self, hold: Callable[[socket.socket], None], server: MailServer, **options: Any
    ) -> None:
        self._hold = hold
        super().__init__(server.host, server.port, timeout=SECONDS, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self._hold(self.sock)
        return super().getreply()


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """Begins with TLS."""


def told(why: Exception) -> str:
    """What went wrong, for people."""
    match why:
        case smtplib.SMTPAuthenticationError():
            return f"The mail server did not accept the user and password ({why.smtp_code})."
        case smtplib.SMTPNotSupportedError():
            return "The mail server does not offer what is needed: STARTTLS or a way to sign in."
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(why.recipients.values()))
            return f"The mail server refused the address: {_answer(code, words)}"
        case smtplib.SMTPResponseException():
            return f"The mail server refused the mail: {_answer(why.smtp_code, why.smtp_error)}"
        case smtplib.SMTPServerDisconnected():
            return "The mail server closed the connection."
        case ssl.SSLCertVerificationError():
            return f"The mail server's certificate is not valid: {why.verify_message}."
        case ssl.SSLError():
            return "TLS with the mail server failed: is it smtp:// or smtps://?"
        case socket.gaierror():
            return "The name of the mail server is not known."
        case TimeoutError():
            return f"The mail server did not answer within {SECONDS:g} seconds."
        case OSError():
            return f"The mail server cannot be reached: {why.strerror or type(why).__name__}."
    return f"Sending the message failed: {type(why).__name__}."


def _answer(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    line = " ".join(text.split())
    return f"{code} {''.join(one for one in line if one.isprintable())[:LONGEST_ANSWER]}".rstrip()

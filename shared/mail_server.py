"""Where mail is handed over, and the password for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from shared import sealing
from shared.structs import Value

CREDENTIAL, VARIABLE = "deskbridge-mail-password", "DESKBRIDGE_MAIL_PASSWORD"
_PORTS = {"smtp": 587, "smtps": 465}
_LOCAL_PORT = 25
_LOCAL = ("localhost", "127.0.0.1", "::1")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+", re.ASCII)
LONGEST_ADDRESS = 254


def is_mail_address(text: str) -> bool:
    """Whether it is one plain mail address, such as ``ann@example.com``."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


class MailServer(Value):
    """A mail server. ``tls_first``: the connection begins with TLS, else STARTTLS follows.

    ``is_local``: on this machine and without a user, where no TLS is asked for.
    """

    host: str
    port: int
    user: str
    tls_first: bool

    @property
    def is_local(self) -> bool:
        """Whether mail may go there in the clear: it leaves neither the machine nor a secret."""
        return self.host in _LOCAL and not self.user and not self.tls_first

    @classmethod
    def parse(cls, text: str) -> MailServer | None:
        """Read ``smtp://user@host:587`` or ``smtps://host``; None for an empty text.

        Raises ValueError with what is wrong, without the text, which may hold a password.
        """
        if not text:
            return None
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise ValueError("it is not an address with a port from 1 to 65535") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("it is neither smtp://host nor smtps://host")
        if parts.password is not None:
            raise ValueError(f"it contains a password, which belongs in {VARIABLE} or a credential")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("there is something after the host")
        user = unquote(parts.username or "")
        made = cls(parts.hostname, port or _PORTS[parts.scheme], user, parts.scheme == "smtps")
        if made.is_local and port is None:
            return cls(made.host, _LOCAL_PORT, user, made.tls_first)
        return made

    def password(self, environ: Mapping[str, str]) -> str:
        """The password of its user: systemd's credential, else the environment. CannotOpen.

        Empty where there is no user.
        """
        if not self.user:
            return ""
        source = f"{sealing.IN_VARIABLE}{VARIABLE}"
        if not environ.get(VARIABLE, "").strip() and environ.get(sealing.CREDENTIALS):
            source = f"{sealing.IN_CREDENTIAL}{CREDENTIAL}"
        return sealing.find(source, b"", "", environ)

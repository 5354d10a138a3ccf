"""How each kind of setting is read from text or TOML, and what is said when it is wrong."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from shared.mail_server import MailServer, is_mail_address
from shared.urls import address_complaints

Parser = Callable[[object], object]
LEVELS = ("debug", "info", "warn", "error", "critical")

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*://)?", re.IGNORECASE)
_PASSWORD_PARAMETER = re.compile(r"((?:ssl)?passw(?:or)?d|pwd)(\s*=\s*)[^&\s]*", re.IGNORECASE)


class BadValue(ValueError):
    """A value that a setting does not take: what is wrong, what to write."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def mask_secrets(text: str) -> str:
    """Return ``text`` with the password of an address replaced by ``***``."""
    if text.startswith("sqlite:"):  # a path, which may hold any sign
        return text
    user_info, at, rest = text.rpartition("@")
    scheme = _SCHEME.match(user_info)
    start = scheme.end() if scheme else 0
    user, colon, _ = user_info[start:].partition(":")
    shown = f"{user_info[:start]}{user}:***@{rest}" if at and colon else text
    return _PASSWORD_PARAMETER.sub(r"\1\2***", shown)


def database(raw: object) -> str:
    """Read a database address: ``sqlite:///path`` or ``postgresql://…``."""
    text = _text(raw)
    remedy = "Write sqlite:////var/lib/deskbridge/deskbridge.sqlite3 or postgresql://user@host/name"
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    if text.startswith("sqlite:"):
        raise BadValue("a SQLite address needs three slashes and a path", remedy)
    if text.startswith("postgresql://") and text != "postgresql://":
        return text
    if text.startswith("postgres:"):
        raise BadValue("the word is postgresql", "Write postgresql:// in front")
    raise BadValue("only SQLite and PostgreSQL are supported", remedy)


def endpoints(raw: object) -> tuple[str, ...]:
    """Read endpoint strings from one text (blanks between) or a TOML list."""
    parts = [_text(part) for part in raw] if isinstance(raw, list) else _text(raw).split()
    if not parts:
        raise BadValue("there is no endpoint", "Write for example tcp:8085:interface=127.0.0.1")
    for part in parts:
        _check_endpoint(part)
    return tuple(parts)


def endpoints_or_off(raw: object) -> tuple[str, ...]:
    """Read endpoint strings; ``off`` for none."""
    return () if isinstance(raw, str) and raw.strip().lower() == "off" else endpoints(raw)


def networks_or_off(raw: object) -> tuple[str, ...]:
    """Read IP addresses and networks from one text (blanks between) or a list; ``off``: none."""
    parts = [_text(part) for part in raw] if isinstance(raw, list) else _text(raw).split()
    if parts == ["off"]:
        return ()
    remedy = "Write addresses or networks, such as 127.0.0.1 10.0.0.0/8 ::1, or off"
    if not parts:
        raise BadValue("there is no address", remedy)
    for part in parts:
        try:
            ipaddress.ip_network(part, strict=False)
        except ValueError:
            raise BadValue(f"{part} is not an IP address or network", remedy) from None
    return tuple(parts)


def one_of(*words: str) -> Parser:
    """Return a parser that takes one of these words."""

    def read(raw: object) -> str:
        text = _text(raw).lower()
        if text not in words:
            raise BadValue("there is no such choice", f"Write {' or '.join(words)}")
        return text

    return read


def web_address(raw: object) -> str:
    """Read an http(s) address; a final slash is dropped."""
    text = _text(raw)
    complaints = address_complaints(text)
    if "?" in text:
        raise BadValue("it has a ? part", "Remove the ? and what follows")
    if complaints:
        first = complaints[0]
        raise BadValue(first.problem, first.remedy[0].upper() + first.remedy[1:])
    return text.rstrip("/")


def mail_server(raw: object) -> str:
    """Read where mail is handed over; empty for nowhere."""
    text = _text(raw)
    try:
        MailServer.parse(text)
    except ValueError as why:
        raise BadValue(str(why), "Write for example smtp://alerts@mail.example.com:587") from None
    return text


def mail_address(raw: object) -> str:
    """Read one mail address, or none."""
    text = _text(raw)
    if text and not is_mail_address(text):
        raise BadValue("it is not an email address", "Write for example alerts@example.com")
    return text


def folder_or_none(raw: object) -> str:
    """Read the full path of a folder, or nothing."""
    text = _text(raw)
    if text and not text.startswith("/"):
        raise BadValue("it is not a full path", "Write for example /var/lib/deskbridge/backups")
    return text


def level(raw: object) -> str:
    """Read a log level; ``warning`` is taken for ``warn``."""
    text = _text(raw).lower()
    text = "warn" if text == "warning" else text
    if text not in LEVELS:
        raise BadValue("there is no such level", f"Write one of {', '.join(LEVELS)}")
    return text


def version(raw: object) -> str:
    """Read a version number: whole numbers with dots between them."""
    text = str(raw) if isinstance(raw, float) else _text(raw)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,5}", text):
        raise BadValue("it is not a version number", "Write numbers and dots, such as 2.1.0.30")
    return text


def whole(least: int, most: int) -> Parser:
    """Return a parser of whole numbers between ``least`` and ``most``, both included."""

    def read(raw: object) -> int:
        remedy = f"Write a whole number from {least} to {most}"
        text = str(raw).strip()
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
            raise BadValue("it is not a whole number", remedy)
        if not least <= int(text) <= most:
            raise BadValue("it is out of range", remedy)
        return int(text)

    return read


def switch(raw: object) -> bool:
    """Read on or off; true and false are taken, too."""
    text = str(raw).strip().lower()
    if text not in _SWITCH:
        raise BadValue("it is neither on nor off", "Write on or off")
    return _SWITCH[text]


_SWITCH = {
    **dict.fromkeys(("on", "true", "yes", "1"), True),
    **dict.fromkeys(("off", "false", "no", "0"), False),
}


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise BadValue("it is not text", "Put it in quotes")
    return raw.strip()


def _check_endpoint(part: str) -> None:
    kind, colon, rest = part.partition(":")
    if not colon or not re.fullmatch(r"[a-z][a-z0-9]*", kind) or not rest:
        raise BadValue(
            f"{part} is not a Twisted endpoint", "Write for example tcp:8085:interface=127.0.0.1"
        )
    port = rest.split(":")[0]
    port = port.removeprefix("port=")
    if kind in ("tcp", "tcp6", "ssl") and not (port.isdecimal() and int(port) <= 65535):
        raise BadValue(f"{part} has no port from 0 to 65535", f"Write for example {kind}:8085")

"""What is wrong with a web address, said so that it can be put right.

Settings and ``.qwc`` files ask the same questions of an address; this is the one answer.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from shared.structs import Value

_HOST = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_UNSAFE = re.compile(r"[\s\x00-\x20<>\"\\^`{|}\x7f]")


class Complaint(Value):
    """One thing that is wrong, and what to write instead."""

    problem: str
    remedy: str


def address_complaints(url: str) -> list[Complaint]:
    """Return everything that keeps ``url`` from being a plain http(s) address.

    Checked: scheme, host name, port, no user or password inside, no ``#`` part, ASCII
    without blanks. Whether plain http or a numeric host is acceptable is the caller's rule.
    """
    if not url.strip():
        return [Complaint("it is empty", "write a full address such as https://sync.example.com")]
    if not url.isascii():
        return [
            Complaint(
                "it has characters outside ASCII",
                "write an international host name in its xn-- form and escape the path",
            )
        ]
    if _UNSAFE.search(url):
        return [Complaint("it has spaces or forbidden characters", "remove or escape them")]
    try:
        parts = urlsplit(url)
    except ValueError:
        return [Complaint("it cannot be read as an address", "check the brackets and colons")]
    fragment = [Complaint("it has a # part", "remove the # and what follows")] * ("#" in url)
    return [*_scheme(parts), *_authority(parts), *fragment]


def host_of(url: str) -> str:
    """Return the host name in lower case, empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_numeric_host(host: str) -> bool:
    """Tell whether ``host`` is an IP address in any spelling that a resolver takes.

    Besides the usual forms these are one decimal or hexadecimal number and dotted numbers
    with fewer than four parts: no top-level domain is a number.
    """
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return bool(re.fullmatch(r"(.*\.)?(\d+|0x[0-9a-f]*)", host))
    return True


def _scheme(parts: SplitResult) -> list[Complaint]:
    if parts.scheme in ("http", "https"):
        return []
    return [Complaint("it does not begin with https://", "write https:// in front of the host")]


def _authority(parts: SplitResult) -> list[Complaint]:
    found = []
    if "@" in parts.netloc:
        found.append(
            Complaint("it carries a user name or password", "remove everything up to the @")
        )
    host = parts.hostname or ""
    if not host:
        found.append(Complaint("it has no host name", "write https:// and the host name"))
    elif not (is_numeric_host(host) or _HOST.fullmatch(host)):
        found.append(
            Complaint("its host name is malformed", "use letters, digits, hyphens and dots")
        )
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        found.append(Complaint("its port is not between 1 and 65535", "correct the port"))
    return found

"""Telling systemd that we are up, alive and leaving: one datagram each.

Source: sd_notify(3). Nothing happens where NOTIFY_SOCKET is not set.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping


def notify(message: str, environ: Mapping[str, str]) -> bool:
    """Send ``READY=1``, ``WATCHDOG=1`` or ``STOPPING=1``; whether there was anybody to tell."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # Linux' abstract names begin with a zero byte
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(message.encode(), address)
    return True


def watchdog_interval(environ: Mapping[str, str]) -> float | None:
    """Seconds between two signs of life: a third of what systemd allows; None when unwatched."""
    allowed = environ.get("WATCHDOG_USEC", "")
    return int(allowed) / 3_000_000 if allowed.isdecimal() and int(allowed) else None

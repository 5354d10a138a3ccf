"""Plays recorded calls over and over, each client on a connection of its own.

    python -m bench.replay TALKS.json

Plays each talk once, says ``ready``, waits for a line, plays on for the seconds that the file
names, and prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

TICKET = re.compile(rb"<string>([0-9a-f-]{36})</string>")
REQUEST_ID = re.compile(rb'requestID="(\d+)-')
_FINISHED = b"Finished"
_NOTHING_TO_DO = b"<string>none</string>"


class Client:
    """One Web Connector: its connection, its talk, and what it was told."""

    def __init__(self, port: int, talk: list[list[str]]) -> None:
        self._port = port
        self._talk = [(_head(operation), body.encode()) for operation, body in talk]
        self._edit = 2_000_000_000
        self.milliseconds: list[float] = []
        self.sessions = self.failed = 0
        self.kept = ""

    async def connect(self) -> None:
        """Open the connection that stays open."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    def hang_up(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def play_until(self, ends_at: float) -> None:
        """One session after the other."""
        while time.perf_counter() < ends_at:
            await self.play()

    async def play(self) -> None:
        """One session."""
        self._edit += 1
        filled = {b"@TICKET@": b"", b"@SESSION@": b"", b"@EDIT@": b"%d" % self._edit}
        said, is_idle = b"", False
        for head, body in self._talk:
            for mark, value in filled.items():
                body = body.replace(mark, value)
            said = await self._call(head, body)
            is_idle = is_idle or _NOTHING_TO_DO in said
            if ticket := TICKET.search(said):
                filled[b"@TICKET@"] = ticket[1]
            if session := REQUEST_ID.search(said):
                filled[b"@SESSION@"] = session[1]
        self.sessions += 1
        if _FINISHED in said:
            self.kept = str(self._edit)
        elif not is_idle:
            self.failed += 1

    async def _call(self, head: bytes, body: bytes) -> bytes:
        started = time.perf_counter()
        self._writer.write(head % len(body) + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        if answered.startswith(b"HTTP/1.1 100"):
            answered = await self._reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", answered)[1])  # type: ignore[index]
        said = await self._reader.readexactly(length)
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        return said


def _head(operation: str) -> bytes:
    """The head that .NET writes, with the length left open."""
    return (
        b"POST /qbwc HTTP/1.1\r\n"
        b"User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol"
        b" 4.0.30319.42000)\r\n"
        b"Content-Type: text/xml; charset=utf-8\r\n"
        b'SOAPAction: "http://developer.intuit.com/' + operation.encode() + b'"\r\n'
        b"Host: localhost\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
    )


async def replay(told: dict[str, Any]) -> None:
    """Everybody once, then everybody for as long as was asked for."""
    clients = [Client(told["port"], talk) for talk in told["talks"]]
    for client in clients:
        await client.connect()
        await client.play()
        client.milliseconds.clear()
        client.sessions = client.failed = 0
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    await asyncio.gather(*(client.play_until(began + told["seconds"]) for client in clients))
    seconds = time.perf_counter() - began
    seen = {
        "seconds": seconds,
        "sessions": sum(client.sessions for client in clients),
        "failed": sum(client.failed for client in clients),
        "kept": [client.kept for client in clients],
        "milliseconds": [wait for client in clients for wait in client.milliseconds],
    }
    print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    asyncio.run(replay(json.loads(Path(sys.argv[1]).read_text())))

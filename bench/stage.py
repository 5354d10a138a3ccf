"""What every measurement stands on: a daemon on a new store, a wire to it, a Web Connector."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.company import Company
from simulator.webconnector import HttpTransport, Row, WebConnector
from simulator.webconnector.desktop import Desktop

PAGE = 500
Connection = tuple[dict[str, Path], Path]
"""The .qwc files by application, and a file with their password."""


@dataclass
class Line:
    """The wire to the daemon: notes how long each call took and keeps the large bodies."""

    folder: Path | None = None
    milliseconds: list[float] = field(default_factory=list)
    carry: HttpTransport = field(default_factory=HttpTransport)

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        started = time.perf_counter()
        answer = self.carry(url, headers, body)
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        if self.folder is not None and body is not None and len(body) > 100_000:
            (self.folder / f"{self.calls:06d}.xml").write_bytes(body)
        return answer

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return len(self.milliseconds)

    @property
    def seconds(self) -> float:
        """How long all of them took."""
        return sum(self.milliseconds) / 1000


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one measurement."""
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        yield Path(name)


def own_environment() -> dict[str, str]:
    """The environment without this machine's own settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("DESKBRIDGE_")}


def helper(name: str, *words: str) -> subprocess.Popen[str]:
    """A module of this package in a process of its own, which reads and prints lines."""
    return subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def daemon(
    folder: Path, database: str = "", **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """A daemon on a new store; yields it with the environment of its commands.

    ``settings`` are variables of its environment.
    """
    port = free_port()
    environment = {
        **own_environment(),
        "DESKBRIDGE_DATABASE": database or f"sqlite:///{folder}/store.sqlite3",
        "DESKBRIDGE_LISTEN": f"tcp:{port}:interface=127.0.0.1",
        "DESKBRIDGE_API_LISTEN": "off",
        "DESKBRIDGE_ADMIN_LISTEN": "off",
        "DESKBRIDGE_PUBLIC_URL": f"http://localhost:{port}",
        "DESKBRIDGE_PAGE_SIZE": str(PAGE),
        "DESKBRIDGE_PAGE_SIZE_MAX": str(PAGE),
        "DESKBRIDGE_LOG": "warn",
        **settings,
    }
    process = subprocess.Popen([sys.executable, "-m", "deskbridge", "daemon"], env=environment)
    try:
        wait_for(port, process)
        yield process, environment
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the daemon listens."""
    for _ in range(400):
        if process.poll() is not None:
            raise SystemExit("the daemon ended before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the daemon does not listen")


def command(environment: dict[str, str], *words: str) -> Any:
    """Run a deskbridge command and return its JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "deskbridge", *words, "--json"],
        env=environment,
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


def connected(environment: dict[str, str], folder: Path, name: str) -> Connection:
    """Add a connection."""
    command(environment, "connection", "add", name)
    out = folder / name
    issued = command(environment, "qwc", name, "--out", str(out))
    password = folder / f"{name}.password"
    password.write_text(issued["password"])
    return {one["application"]: Path(one["path"]) for one in issued["files"]}, password


def memory_mib(pid: int, what: str) -> float:
    """VmHWM (peak) or VmRSS (now) of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {what} for process {pid}")


def cpu_seconds(pid: int) -> float:
    """The time that a process has been at work so far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def web_connector(
    environment: dict[str, str], folder: Path, company: Company, line: Line, name: str = "Big"
) -> tuple[WebConnector, dict[str, Row]]:
    """A Web Connector with both applications of a connection of that name added."""
    files, password = connected(environment, folder, name)
    connector = WebConnector(Desktop(company), transport=line)
    rows = {
        application: connector.add(qwc.read_bytes(), password.read_text())
        for application, qwc in files.items()
    }
    return connector, rows


@contextmanager
def small_company(connection: Connection) -> Iterator[list[float]]:
    """A small company syncs over and over meanwhile; at the end, its calls' milliseconds, sorted."""
    files, password = connection
    poller = helper("poller", str(files["invoice"]), str(password))
    assert poller.stdout is not None
    poller.stdout.readline()
    waits: list[float] = []
    yield waits
    poller.send_signal(signal.SIGTERM)
    waits += sorted(json.loads(poller.communicate()[0]))


def update(connector: WebConnector, row: Row, line: Line) -> None:
    """One update that has to go well; the line notes its calls alone."""
    line.milliseconds.clear()
    outcome = connector.update(row)
    if not outcome.ok:
        raise SystemExit(f"{outcome.application} failed: {outcome.status}")

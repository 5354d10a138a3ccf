"""A real daemon in a process of its own, on a real port, to be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

START_SECONDS = 30.0


class DaemonProcess:
    """``deskbridge daemon`` on a store in ``folder``; commands run on the same store."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = folder / "daemon.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DESKBRIDGE_")}
        self.environment = kept | {
            "DESKBRIDGE_DATABASE": f"sqlite:///{folder}/store.sqlite3",
            "DESKBRIDGE_LISTEN": f"tcp:{self.port}:interface=127.0.0.1",
            "DESKBRIDGE_API_LISTEN": "off",
            "DESKBRIDGE_ADMIN_LISTEN": "off",
            "DESKBRIDGE_PUBLIC_URL": self.url,
            "DESKBRIDGE_SWEEP_MINUTES": "0",
            "NO_COLOR": "1",
        }
        self.environment |= {f"DESKBRIDGE_{name.upper()}": one for name, one in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deskbridge", "daemon"],
                env=self.environment,
                stderr=log,
                stdout=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.port):
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "the daemon does not listen"
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(30)

    def restart(self) -> None:
        self.kill()
        self.start()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deskbridge", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

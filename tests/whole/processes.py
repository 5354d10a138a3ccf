"""A real daemon in a process of its own, on a real port, to be killed and started again.

Each process is forked from one that has imported it all (``preloaded``): a start of ``python -m
deskbridge`` is mostly imports. That it starts so is shown where the command itself is the subject:
``test_demo`` of the simulator, ``test_process`` of the command line, ``test_packaging``.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
_FORKING: Any = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.whole.preloaded"])


def begin(
    words: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path
) -> BaseProcess:
    """Start ``deskbridge`` with ``words``; what it says is added to the files."""
    begun: BaseProcess = _FORKING.Process(
        target=_become,
        args=(list(words), dict(environment), output, errors),
        daemon=True,  # what a test that failed has left running ends with the tests
    )
    begun.start()
    return begun


def _become(words: list[str], environment: dict[str, str], output: Path, errors: Path) -> None:
    import deskbridge

    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, output), (2, errors)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["deskbridge", *words]
    deskbridge.main()


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
        self._process: BaseProcess | None = None

    def start(self) -> None:
        self._process = begin(["daemon"], self.environment, self.log, self.log)
        wait_until_it_listens(self._process, self.port, self.log)

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def stop(self) -> int | None:
        """SIGTERM; the exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        self._process.join(30)
        return self._process.exitcode

    def restart(self) -> None:
        self.kill()
        self.start()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory(dir=self.log.parent) as folder:
            output, errors = Path(folder, "output"), Path(folder, "errors")
            begun = begin(words, self.environment, output, errors)
            begun.join()
            told = (output.read_text(), errors.read_text())
        assert begun.exitcode is not None
        return subprocess.CompletedProcess(words, begun.exitcode, *told)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def wait_until_it_listens(process: BaseProcess, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        assert process.is_alive(), log.read_text()
        assert time.monotonic() < deadline, "it does not listen"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

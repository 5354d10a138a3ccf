"""A Debian of its own under a booted systemd, in a container that nothing is registered for.

`systemd-nspawn --register=no` needs no systemd on the host: a cgroup file system and root are
enough. Commands are run by entering the container's namespaces.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

CACHE = Path("/var/cache/deskbridge-tests")
MIRROR = "http://deb.debian.org/debian"
RELEASE = os.environ.get("DESKBRIDGE_BOOTED", "")
"""The release of Debian, such as bookworm: that for which the package was made."""
PACKAGES = (
    "systemd,systemd-sysv,dbus,sudo,curl,ca-certificates,python3,python3-venv,"
    "postgresql,nginx-light,zsh,fish,bash-completion,man-db"
)
SERVERS = ("postgresql", "nginx")
"""They are started by those who need them."""
BOOT_SECONDS = 60.0
_PROGRESS = re.compile(
    r"^(\(Reading database .*|debconf: delaying .*|.* …|\s+|WARNING: apt does not .*|"
    r"(Reading|Building) \w+ \w+\.\.\.|Looking in links: .*|Processing /media/.*|"
    r"Installing collected packages: .*)\n",
    re.MULTILINE,
)
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "NO_COLOR": "1",
    "DEBIAN_FRONTEND": "noninteractive",
}


def why_not() -> str:
    """Why this machine cannot boot one; empty where it can."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = [name for name in ("debootstrap", "systemd-nspawn") if shutil.which(name) is None]
    if missing:
        return f"it needs {' and '.join(missing)} (apt install debootstrap systemd-container)"
    return "" if Path("/sys/fs/cgroup").is_mount() else "it needs /sys/fs/cgroup"


def base() -> Path:
    """A small Debian, made once; it is never written to. Raises CalledProcessError."""
    made = CACHE / f"{RELEASE}-{crc32(PACKAGES.encode()):08x}"
    if not made.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        draft = CACHE / f"{RELEASE}.{os.getpid()}"
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, draft, MIRROR],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(["systemctl", f"--root={draft}", "disable", *SERVERS], check=True)
        draft.rename(made)
    return made


class Booted:
    """A running one; ``tell`` hears every command and what it answered."""

    def __init__(self, folder: Path, media: Path, tell: Callable[[str], None]) -> None:
        """``folder`` takes what it writes; ``media`` is seen inside as ``/media``."""
        self._folder, self._media, self._tell = folder, media, tell
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0

    def boot(self) -> None:
        """Boot, and wait until systemd has started everything."""
        for name in ("upper", "work", "root"):
            (self._folder / name).mkdir(parents=True)
        upper = f"upperdir={self._folder}/upper,workdir={self._folder}/work"
        layers = f"lowerdir={base()},{upper}"
        subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o", layers, self._folder / "root"], check=True
        )
        (self._folder / "root/etc/hosts").write_text("127.0.0.1 localhost debian\n")
        (self._folder / "root/etc/hostname").write_text("debian\n")
        # What is thrown away need not be safe from a power cut: dpkg flushes each file.
        (self._folder / "root/etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
        words = [
            *("systemd-nspawn", f"--directory={self._folder}/root", "--boot"),
            *("--register=no", "--keep-unit", "--private-network", "--machine=debian"),
            *("--console=pipe", "--quiet", f"--bind-ro={self._media}:/media"),
        ]
        with (self._folder / "console").open("wb") as console:
            self._nspawn = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT
            )
        self._until(self._is_up, "systemd does not finish booting")

    def power_off(self) -> None:
        """Stop everything, and let go of what was mounted."""
        if self._nspawn is not None:
            self._nspawn.send_signal(signal.SIGTERM)
            try:
                self._nspawn.wait(60)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
        subprocess.run(["umount", self._folder / "root"], check=False)

    def sh(self, command: str, code: int | None = 0, text: str = "") -> str:
        """Run a command line as root; what it printed on both streams, without final blanks."""
        entered = ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--net"]
        done = subprocess.run(
            [*entered, "--pid", "--root", "--wd", "/bin/sh", "-c", f"cd /root; {command}"],
            env=ENVIRONMENT,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        shown = _PROGRESS.sub("", done.stdout).rstrip()
        self._tell(f"# {command}\n{shown}\n" if shown else f"# {command}\n")
        assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{shown}"
        return shown

    def until(self, command: str, expected: str, seconds: float = 60.0) -> str:
        """Run a command until it prints what is expected, which is told once."""
        tell, self._tell = self._tell, lambda _text: None
        try:
            self._until(
                lambda: expected in self.sh(command, None), f"{command}: {expected}", seconds
            )
        finally:
            self._tell = tell
        return self.sh(command, None)

    def _is_up(self) -> bool:
        assert self._nspawn is not None
        pid = self._nspawn.pid
        assert self._nspawn.poll() is None, (self._folder / "console").read_text()
        # The first child only makes the one that becomes systemd.
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not children:
            return False
        self._leader = int(children[-1])
        entered = ["nsenter", f"--target={self._leader}", "--mount", "--pid", "--root", "--ipc"]
        done = subprocess.run(
            [*entered, "systemctl", "is-system-running"],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() in ("running", "degraded")

    def _until(self, holds: Callable[[], bool], told: str, seconds: float = BOOT_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, told
            time.sleep(0.2)

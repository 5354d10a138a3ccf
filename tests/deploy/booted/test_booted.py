"""Installed by the documentation, run, upgraded and removed under a booted systemd.

``make boot`` runs it, as root, in a Debian of its own; the suite skips it. What was typed and
answered goes to ``build/booted.log``, of which ``page`` makes ``docs/booted-run.md``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pytest

from tests.deploy.booted.machine import Booted, base, why_not
from tests.deploy.booted.page import LOG

ROOT = Path(__file__).parents[3]
DIST = ROOT / os.environ.get("DESKBRIDGE_MEDIA", "dist")
WHEELS = ROOT / "build" / "wheels"
PYTHON = "/opt/deskbridge/bin/deskbridge"
SETTINGS = "/etc/deskbridge/deskbridge.toml"
BY_TLS = (
    "curl -sS --cacert /etc/deskbridge/fullchain.pem --resolve books.example.com:443:127.0.0.1 "
    "https://books.example.com/qbwc"
)
STATUS = "systemctl show deskbridge --property=ActiveState,MainPID,NRestarts,Result"
WHY_NOT = why_not() if os.environ.get("DESKBRIDGE_BOOTED") else "run it with: make boot"

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"needs a booted systemd: {WHY_NOT}")


def blocks(page: str, title: str) -> list[str]:
    """The lines of code below a title of a page of the documentation, as they stand there."""
    text = (ROOT / "docs" / page).read_text("utf-8").partition(f"# {title}\n")[2]
    return re.findall(r"^(?: {4}| {8})(\S.*)$", text.partition("\n## ")[0], re.MULTILINE)


class Machine(Booted):
    """What the tests do with one, beside typing."""

    def type(self, page: str, title: str) -> None:
        """Do what the documentation says, word by word; an editor is told what to change."""
        [package] = DIST.glob("*.deb")
        for command in blocks(page, title):
            command = re.sub(r"deskbridge_\S+\.deb", package.name, command)
            if command.startswith("sudoedit"):
                was, public = "https://deskbridge.example.com", "https://books.example.com"
                self.sh(f"sed -i 's#{was}#{public}#' {command.split()[1]}")
            else:
                # The public address leads nowhere here, which doctor says.
                self.sh(command, None if command.endswith("doctor") else 0)

    def pid(self) -> int:
        return int(self.sh("systemctl show deskbridge --value --property=MainPID"))

    def answers(self) -> None:
        """The daemon answers the Web Connector, and a person's browser."""
        asks = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            '<serverVersion xmlns="http://developer.intuit.com/"/></s:Body></s:Envelope>'
        )
        said = self.sh(
            "curl -sS -H 'Content-Type: text/xml' --data-binary @- http://127.0.0.1:8085/qbwc",
            text=asks,
        )
        assert "serverVersionResult" in said
        self.is_open()

    def is_open(self) -> None:
        assert "Web Connector" in self.sh("curl -sS --max-time 60 http://127.0.0.1:8085/qbwc")

    def make_certificate(self) -> None:
        """A certificate that signs itself, of the public address, where the pages have it."""
        self.sh(
            "cd /etc/deskbridge; openssl req -x509 -newkey rsa:2048 -nodes -days 9 -batch "
            "-subj /CN=books.example.com -addext subjectAltName=DNS:books.example.com "
            "-keyout privkey.pem -out fullchain.pem 2> /dev/null; chown deskbridge *.pem"
        )

    def has(self, name: str) -> bool:
        return name in self.sh("sudo -u deskbridge deskbridge connection list")


@pytest.fixture(scope="module")
def transcript() -> Iterator[list[str]]:
    told: list[str] = []
    yield told
    LOG.write_text("\n".join(told))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder on a disk: nothing can be run from memory, where other tests write."""
    with TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def machine(folder: Path, transcript: list[str], request) -> Iterator[Machine]:
    transcript.append(f"==== {request.node.name.removeprefix('test_').replace('_', ' ')}\n")
    media = folder / "media"
    shutil.copytree(DIST, media)
    if WHEELS.exists() and not (media / "wheels").exists():
        shutil.copytree(WHEELS, media / "wheels")
    booted = Machine(folder / "machine", media, transcript.append)
    base()  # it may have to be made first
    began = monotonic()
    try:
        booted.boot()
        transcript.append(f"(booted in {monotonic() - began:.1f} s)\n")
        booted.sh("cp /media/*.deb /media/*.whl /root; systemctl --version | head -1")
        yield booted
    finally:
        booted.power_off()


def test_an_environment_in_opt_is_installed_watched_reloaded_and_upgraded(machine: Machine):
    # In place of the internet.
    machine.sh(
        "printf '[global]\\nno-index = true\\nfind-links = /media/wheels\\n' > /etc/pip.conf"
    )
    machine.type("install.md", "An environment in /opt")
    machine.type("install.md", "Settings")
    machine.answers()
    assert "ActiveState=active" in machine.sh(STATUS)
    assert "public_url" in machine.sh("sudo -u deskbridge deskbridge doctor --settings", None)
    score = machine.sh("systemd-analyze security deskbridge --no-pager | tail -1")
    assert float(re.findall(r"(\d+\.\d) OK", score)[0]) <= 1.2
    machine.sh("sudo -u deskbridge deskbridge connection add 'Larkspur Tile'")

    before = machine.pid()
    machine.sh("sed -i 's/^log = .*/log = \"debug\"/' /etc/deskbridge/deskbridge.toml")
    machine.sh("systemctl reload deskbridge")
    machine.until("journalctl -u deskbridge --no-pager -n 20", "Reloaded")
    assert machine.pid() == before

    # While it starts, a reload waits: no signal comes before the daemon can take it.
    machine.sh("systemctl restart --no-block deskbridge; systemctl reload deskbridge")
    assert "NRestarts=0" in machine.sh(STATUS)
    assert machine.pid() not in (0, before)

    machine.sh("mkdir -p /etc/systemd/system/deskbridge.service.d")
    machine.sh(
        "printf '[Service]\\nWatchdogSec=3\\nTimeoutAbortSec=2\\n' "
        "> /etc/systemd/system/deskbridge.service.d/override.conf; systemctl daemon-reload"
    )
    machine.sh("systemctl restart deskbridge")
    hung = machine.pid()
    machine.sh(f"kill -STOP {hung}")
    machine.until("journalctl -u deskbridge --no-pager -n 20", "Watchdog timeout")
    machine.until(STATUS, "NRestarts=1")
    machine.until("systemctl is-active deskbridge", "active")
    assert machine.pid() not in (0, hung)
    machine.answers()

    machine.sh("systemctl stop deskbridge")
    assert "Result=success" in machine.sh(STATUS)
    machine.sh("deskbridge service status", code=1)
    machine.sh("systemctl start deskbridge")

    machine.type("upgrading.md", "An environment in /opt")
    machine.answers()
    assert machine.has("Larkspur Tile")

    machine.sh("sudo deskbridge service uninstall")
    machine.sh(f"{PYTHON} service status", code=3)
    assert "deskbridge.sqlite3" in machine.sh("ls /var/lib/deskbridge")
    machine.sh(f"sudo {PYTHON} service install; systemctl start deskbridge")
    assert machine.has("Larkspur Tile")
    machine.sh("deskbridge service uninstall --delete-store --yes")
    machine.sh("ls -d /var/lib/deskbridge /etc/deskbridge", code=2)


def test_a_socket_of_systemd_turns_nobody_away(machine: Machine):
    machine.sh("apt-get install -qq /root/*.deb > /dev/null")
    machine.sh("deskbridge service install --socket")
    machine.sh(
        "sed -i 's/^listen = .*/listen = \"systemd:domain=INET:name=webconnector\"/' "
        "/etc/deskbridge/deskbridge.toml"
    )
    machine.sh("systemctl stop deskbridge; systemctl start deskbridge.socket deskbridge")
    machine.answers()
    # Calls arrive while the daemon is away: each is answered by the next one.
    machine.sh("systemctl restart --no-block deskbridge")
    for _ in range(5):
        machine.is_open()
    assert "127.0.0.1:8085" in machine.sh("systemctl list-sockets --no-pager deskbridge.socket")

    # Port 443 with TLS, for a service that may not bind it.
    machine.make_certificate()
    machine.sh("mkdir -p /etc/systemd/system/deskbridge.socket.d")
    machine.sh(
        "cat > /etc/systemd/system/deskbridge.socket.d/override.conf; systemctl daemon-reload",
        text="[Socket]\nListenStream=\nListenStream=443\n",
    )
    [listen] = [
        line for line in blocks("install.md", "TLS") if line.startswith('listen = "systemd')
    ]
    machine.sh(f"sed -i 's#^listen = .*#{listen}#' /etc/deskbridge/deskbridge.toml")
    machine.sh("sudo systemctl stop deskbridge.socket deskbridge")
    machine.sh("sudo systemctl start deskbridge.socket deskbridge")
    assert "Web Connector" in machine.sh(BY_TLS)

    # Renewed: the next connection is shown the new one.
    machine.make_certificate()
    machine.sh(BY_TLS, code=60)
    machine.sh("systemctl reload deskbridge")
    machine.until("journalctl -u deskbridge --no-pager -n 5", "was read again")
    assert "Web Connector" in machine.sh(BY_TLS)


def test_secrets_of_systemd_reach_the_daemon_and_no_place_where_they_are_shown(machine: Machine):
    machine.sh("apt-get install -qq /root/*.deb > /dev/null")
    store_key, mail = "k3y-" * 10, "mail-pa55word"
    machine.sh("install -m 0600 /dev/stdin /etc/deskbridge/store-key", text=store_key)
    sealed = machine.sh(
        "systemd-creds encrypt --pretty --name=deskbridge-mail-password - -", text=mail
    )
    machine.sh("mkdir -p /etc/systemd/system/deskbridge.service.d")
    machine.sh(
        "cat > /etc/systemd/system/deskbridge.service.d/override.conf",
        text="[Service]\nLoadCredential=deskbridge-store-key:/etc/deskbridge/store-key\n" + sealed,
    )
    machine.sh("systemctl daemon-reload; systemctl restart deskbridge")
    machine.answers()
    seen = machine.sh(
        "nsenter -t $(systemctl show deskbridge --value --property=MainPID) -m "
        "sh -c 'cd /run/credentials/deskbridge.service; head -c 99 *'"
    )
    assert store_key in seen
    assert mail in seen
    shown = machine.sh("systemctl show deskbridge; journalctl --no-pager -u deskbridge")
    assert store_key not in shown
    assert mail not in shown
    machine.sh("sudo -u deskbridge deskbridge connection add 'Larkspur Tile'")
    machine.sh("install -m 0600 -o deskbridge /dev/stdin /var/lib/deskbridge/key", text="sk_1")
    machine.sh(
        "systemd-run --quiet --pipe --wait --collect -p User=deskbridge "
        "-p LoadCredential=deskbridge-store-key:/etc/deskbridge/store-key "
        f"{PYTHON} doctor --no-network",
        None,
    )


def test_the_store_moves_to_postgresql_whose_password_nobody_else_sees(machine: Machine):
    machine.sh("apt-get install -qq /root/*.deb > /dev/null; systemctl start postgresql")
    machine.sh("echo 127.0.0.1 db.example.com >> /etc/hosts")
    machine.sh("sudo -u deskbridge deskbridge connection add 'Larkspur Tile'")
    secret = "pa55word-of-the-database"
    typed = {
        "createuser": f"{secret}\n{secret}\n",
        ".pgpass": f"db.example.com:5432:deskbridge:deskbridge:{secret}\n",
    }
    for line in blocks("move-to-postgresql.md", "To PostgreSQL"):
        if line.startswith("database = "):
            machine.sh(f"sed -i '/^backup_directory/d; s#^database.*#{line}#' {SETTINGS}")
        elif line.startswith("sudo ") and "/pip " not in line:
            text = next((text for word, text in typed.items() if word in line), "")
            machine.sh(line, None if line.endswith("doctor") else 0, text)
    machine.answers()
    assert machine.has("Larkspur Tile")

    # As a credential of the daemon, the one other place for it.
    machine.sh(f"rm /var/lib/deskbridge/.pgpass; sed -i 's#?passfile=.*#\"#' {SETTINGS}")
    sealed = machine.sh(
        "systemd-creds encrypt --pretty --name=deskbridge-database-password - -", text=secret
    )
    machine.sh("mkdir -p /etc/systemd/system/deskbridge.service.d")
    machine.sh(
        "cat > /etc/systemd/system/deskbridge.service.d/override.conf", text=f"[Service]\n{sealed}"
    )
    machine.sh("systemctl daemon-reload; systemctl restart deskbridge")
    machine.answers()
    machine.sh("sudo -u deskbridge deskbridge connection list", code=1)
    with_it = "-p LoadCredential=deskbridge-database-password:/run/password"
    machine.sh("install -m 0600 /dev/stdin /run/password", text=secret)
    assert "Larkspur Tile" in machine.sh(
        f"systemd-run --quiet --pipe --wait --collect -p User=deskbridge {with_it} "
        f"{PYTHON} connection list"
    )
    assert secret not in machine.sh("systemctl show deskbridge; journalctl --no-pager")


def test_operators_come_by_sudo_with_the_rights_that_they_were_given(machine: Machine):
    machine.sh("apt-get install -qq /root/*.deb > /dev/null; groupadd accountants")
    machine.sh("useradd ada; useradd ben -G accountants; useradd cy -G accountants")
    for name in ("Fern & Sons", "Larkspur Tile"):
        machine.sh(f"sudo -u deskbridge deskbridge connection add '{name}'")
    for line in blocks("operators.md", "Operators and their rights"):
        if "operator add" in line or "operator list" in line:
            machine.sh(line)
    [rule] = [one for one in blocks("operators.md", "Let people in") if one.startswith("%")]
    machine.sh("install -m 0440 /dev/stdin /etc/sudoers.d/deskbridge; visudo -c", text=f"{rule}\n")

    def by(user: str, command: str, code: int = 0) -> str:
        sudo = "runuser -u {} -- sudo -n -u deskbridge deskbridge {}"
        return machine.sh(sudo.format(user, command), code)

    assert "Fern & Sons" in by("cy", "connection list")
    assert "Larkspur" not in by("cy", "connection list")
    by("cy", "connection show 'Larkspur Tile'", code=3)
    by("cy", "connection pause 'Fern & Sons'", code=1)
    by("ben", "connection pause 'Larkspur Tile'")
    by("ben", "connection remove 'Larkspur Tile' --yes", code=1)
    by("ada", "connection list", code=1)  # no rule of sudo lets her in
    machine.sh("runuser -u ada -- deskbridge connection list", code=1)
    assert "deskbridge (sudo by ben)" in machine.sh("sudo -u deskbridge deskbridge audit list")
    machine.sh("sudo deskbridge operator remove ben")
    by("ben", "connection resume 'Larkspur Tile'", code=3)


def test_names_of_connections_are_completed_in_each_shell(machine: Machine):
    machine.sh("apt-get install -qq /root/*.deb > /dev/null")
    machine.sh("sudo -u deskbridge deskbridge connection add 'Larkspur Tile & Sons'")
    in_fish = machine.sh("""fish -c 'complete -C "deskbridge connection show Lark"'""")
    assert in_fish == "Larkspur Tile & Sons"
    bash = (
        ". /usr/share/bash-completion/completions/deskbridge; COMP_CWORD=3; "
        "COMP_WORDS=(deskbridge connection show Lark); _deskbridge_completion deskbridge; "
        "echo $COMPREPLY"
    )
    assert machine.sh(f"bash -c '{bash}'") == r"Larkspur\ Tile\ \&\ Sons"
    zsh = """
        zmodload zsh/zpty; zpty shell zsh -f -i
        zpty -w shell 'autoload -Uz compinit; compinit -u -D'; sleep 2
        zpty -w -n shell $'deskbridge connection show Lark\t'; sleep 5
        while zpty -r -t shell part; do print -r -- $part; done
    """
    assert r"Larkspur\ Tile\ \&\ Sons" in machine.sh("zsh -f", text=zsh)


def test_the_debian_package_is_installed_upgraded_removed_and_purged(machine: Machine, folder):
    machine.type("install.md", "The Debian package")
    machine.type("install.md", "Settings")
    machine.answers()
    machine.sh("sudo -u deskbridge deskbridge connection add 'Larkspur Tile'")
    machine.sh("ls /usr/share/man/man1/deskbridge*.gz | wc -l; ls -l /usr/bin/deskbridge")

    newer = repacked(folder)
    shutil.copy(newer, folder / "media")
    machine.sh(f"sudo apt-get install -qq /media/{newer.name}")
    machine.sh("dpkg-query --show deskbridge")
    assert machine.sh("systemctl is-active deskbridge") == "active"
    assert "books.example.com" in machine.sh("grep public_url /etc/deskbridge/deskbridge.toml")
    assert machine.has("Larkspur Tile")
    assert "before-upgrade-" in machine.sh("ls -l /var/lib/deskbridge")

    machine.sh(
        "systemctl disable --now deskbridge; sudo apt-get install -qq --reinstall /media/"
        f"{newer.name}"
    )
    assert machine.sh("systemctl is-active deskbridge", None) == "inactive"
    machine.sh("systemctl enable --now deskbridge")

    machine.sh("sudo apt-get remove -qq deskbridge")
    assert "deskbridge.sqlite3" in machine.sh("ls /var/lib/deskbridge")
    machine.sh("ls /opt/deskbridge", code=2)
    machine.sh(f"sudo apt-get install -qq /media/{newer.name}")
    assert machine.sh("systemctl is-active deskbridge") == "active"
    assert machine.has("Larkspur Tile")

    machine.sh("sudo apt-get purge -qq deskbridge")
    machine.sh("ls -d /var/lib/deskbridge /etc/deskbridge /opt/deskbridge", code=2)
    machine.sh("getent passwd deskbridge", code=2)
    machine.sh("systemctl list-unit-files 'deskbridge*' --no-pager", None)


def repacked(folder: Path) -> Path:
    """The package with a later version: what an upgrade consists of, whatever has changed."""
    [package] = DIST.glob("*.deb")
    unpacked = folder / "unpacked"
    subprocess.run(["dpkg-deb", "--raw-extract", package, unpacked], check=True)
    control = unpacked / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+test", control.read_text()))
    made = folder / package.name.replace("_amd64", "+test_amd64")
    subprocess.run(["dpkg-deb", "-Zzstd", "-z1", "--build", unpacked, made], check=True)
    return made

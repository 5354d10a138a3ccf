"""What installing and uninstalling the service consists of: one command of the system a step."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from console.service.machine import Machine
from shared.errors import StoreError
from shared.structs import Value

USER = "deskbridge"
STATE, CONFIGURATION = "/var/lib/deskbridge", "/etc/deskbridge"
CONFIG = f"{CONFIGURATION}/deskbridge.toml"
UNITS, PACKAGED = "/etc/systemd/system", "/lib/systemd/system"
SERVICE, SOCKET = "deskbridge.service", "deskbridge.socket"
LINK, PACKAGED_LINK = "/usr/local/bin/deskbridge", "/usr/bin/deskbridge"
WRITTEN_FOR = "/opt/deskbridge/bin/deskbridge"
"""The command that the files in ``units`` name."""
LISTEN = 'listen = "tcp:8085:interface=127.0.0.1"'
LISTEN_ON_SOCKET = 'listen = "systemd:domain=INET:name=webconnector"'
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108
"""What the sandbox of the unit shows the service nothing of."""


class CannotInstall(StoreError):
    """The service cannot be put in its place, or taken from it, on this machine."""


class Step(Value):
    """One action. ``text`` is what the command reads; it is the content of a file."""

    told: Annotated[str, "what it does"]
    words: tuple[str, ...]
    text: str = ""
    done: Annotated[bool, "whether it was so already, and nothing had to be done"] = False

    @property
    def command(self) -> Annotated[str, "the command that does it"]:
        """The command as one would type it."""
        return shlex.join(self.words)


def text_of(name: str, command: Path | str = WRITTEN_FOR) -> str:
    """A file of ``units``, with the command as it is installed."""
    text = (files("console.service") / "units" / name).read_text("utf-8")
    return text.replace(WRITTEN_FOR, str(command))


def install(machine: Machine, command: Path, places: Iterable[Path], *, socket: bool) -> list[Step]:
    """The steps that are needed, those that are done already among them.

    Raises CannotInstall where the service could not run what is installed.
    """
    for place in places:
        if any(place.is_relative_to(hidden) for hidden in HIDDEN):
            raise CannotInstall(
                f"The service could not run {place}: it cannot look into that folder.",
                "Install Deskbridge into /opt/deskbridge: docs/install.md has the commands.",
            )
    return [
        *_user(machine),
        *_folders(machine),
        _config(machine, socket=socket),
        _link(machine, command),
        *(_unit(machine, name, command) for name in _units(socket=socket)),
        *_known_to_systemd(machine, socket=socket),
    ]


def uninstall(machine: Machine, command: Path, *, delete_store: bool) -> list[Step]:
    """The steps; store, settings and user stay unless ``delete_store``.

    Raises CannotInstall where a package brought the unit.
    """
    if machine.is_there(f"{PACKAGED}/{SERVICE}"):
        raise CannotInstall(
            "The service came with the Debian package.", "Run: apt remove deskbridge"
        )
    units = [name for name in (SERVICE, SOCKET) if machine.is_there(f"{UNITS}/{name}")]
    return [*_removed(machine, command, units), *_deleted(machine, delete_store=delete_store)]


def _units(*, socket: bool) -> Sequence[str]:
    return (SERVICE, SOCKET) if socket else (SERVICE,)


def _user(machine: Machine) -> Iterator[Step]:
    words = ["useradd", "--system", "--user-group", "--home-dir", STATE]
    shell = ["--shell", "/usr/sbin/nologin", USER]
    yield Step(
        f"Make the user {USER}, which runs the service",
        (*words, *shell),
        done=machine.has_user(USER),
    )


def _folders(machine: Machine) -> Iterator[Step]:
    yield Step(
        f"Make the folder {STATE} for the store, which only {USER} can read",
        ("install", "-d", "-m", "0700", "-o", USER, "-g", USER, STATE),
        done=machine.is_there(STATE),
    )
    yield Step(
        f"Make the folder {CONFIGURATION} for the settings",
        ("install", "-d", "-m", "0755", CONFIGURATION),
        done=machine.is_there(CONFIGURATION),
    )


def _config(machine: Machine, *, socket: bool) -> Step:
    text = text_of("deskbridge.toml")
    return Step(
        f"Write the settings {CONFIG}, which only root can change and {USER} read",
        ("install", "-m", "0640", "-g", USER, "/dev/stdin", CONFIG),
        text=text.replace(LISTEN, LISTEN_ON_SOCKET) if socket else text,
        done=machine.is_there(CONFIG),
    )


def _link(machine: Machine, command: Path) -> Step:
    link = PACKAGED_LINK if machine.is_there(PACKAGED_LINK) else LINK
    return Step(
        f"Make the command available to everybody as {link}",
        ("ln", "-s", str(command), link),
        done=machine.is_there(link),
    )


def _unit(machine: Machine, name: str, command: Path) -> Step:
    text, packaged = text_of(name, command), f"{PACKAGED}/{name}"
    unit = packaged if machine.read(packaged) == text else f"{UNITS}/{name}"
    return Step(
        f"Write the unit {unit}",
        ("install", "-m", "0644", "/dev/stdin", unit),
        text=text,
        done=machine.read(unit) == text,
    )


def _known_to_systemd(machine: Machine, *, socket: bool) -> Iterator[Step]:
    if machine.has_systemd():
        yield Step("Have systemd read its units", ("systemctl", "daemon-reload"))
    for name in _units(socket=socket):
        enabled = machine.asked(("systemctl", "is-enabled", name)).strip()
        yield Step(
            f"Have {name} started with the machine",
            ("systemctl", "enable", name),
            done=enabled == "enabled",
        )


def _removed(machine: Machine, command: Path, units: Sequence[str]) -> Iterator[Step]:
    if units and machine.has_systemd():
        yield Step("Stop the daemon, which answers its last calls", ("systemctl", "stop", *units))
    if units:
        yield Step("Have it no longer started with the machine", ("systemctl", "disable", *units))
    for name in units:
        yield Step(f"Delete the unit {UNITS}/{name}", ("rm", f"{UNITS}/{name}"))
    if machine.asked(("readlink", LINK)).strip() == str(command):
        yield Step(f"Delete the link {LINK}", ("rm", LINK))
    if units and machine.has_systemd():
        yield Step("Have systemd read its units", ("systemctl", "daemon-reload"))


def _deleted(machine: Machine, *, delete_store: bool) -> Iterator[Step]:
    if not delete_store:
        return
    for told, folder in (("store, permanently", STATE), ("settings", CONFIGURATION)):
        if machine.is_there(folder):
            yield Step(f"Delete {folder} with the {told}", ("rm", "-r", folder))
    if machine.has_user(USER):
        yield Step(f"Delete the user {USER}", ("userdel", USER))

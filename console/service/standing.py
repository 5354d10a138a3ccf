"""How the service is: what systemd and the files say of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from console.service.machine import Machine
from console.service.steps import SERVICE, SOCKET, text_of
from shared.structs import Value

ASKED = (
    "LoadState,ActiveState,SubState,Result,MainPID,NRestarts,ActiveEnterTimestamp,"
    "UnitFileState,FragmentPath"
)


class State(StrEnum):
    """What is the matter with the service, in a word."""

    NOT_INSTALLED = "not installed"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"


_STATES = {
    "active": State.RUNNING,
    "reloading": State.RUNNING,
    "activating": State.STARTING,
    "deactivating": State.STOPPING,
    "inactive": State.STOPPED,
    "failed": State.FAILED,
}


class Standing(Value):
    """What the service does at the moment. Texts are systemd's own; empty: it says nothing."""

    state: Annotated[
        State, "`running`, `starting`, `stopping`, `stopped`, `failed` or `not installed`"
    ]
    result: Annotated[str, "how it ended last, in systemd's word: `success`, `watchdog` …"]
    process: Annotated[int, "the daemon's process; 0: none"]
    restarts: Annotated[int, "how often systemd has restarted it since it was started manually"]
    since: Annotated[str, "since when it runs, as systemd writes it; empty: it does not"]
    enabled: Annotated[bool, "whether it is started with the machine"]
    unit: Annotated[str, "the unit's file; empty: there is none"]
    unit_is_current: Annotated[bool, "whether that file is the one of this version"]
    socket: Annotated[bool, "whether systemd holds its socket"]


def look(machine: Machine, command: Path) -> Standing:
    """Ask systemd, and read the unit."""
    shown = machine.asked(("systemctl", "show", SERVICE, f"--property={ASKED}")).splitlines()
    told = dict(line.split("=", 1) for line in shown if "=" in line)
    unit = told.get("FragmentPath", "")
    state = _STATES.get(told.get("ActiveState", ""), State.STOPPED)
    socket = machine.asked(("systemctl", "is-active", SOCKET)).strip() == "active"
    return Standing(
        state if unit else State.NOT_INSTALLED,
        told.get("Result", ""),
        int(told.get("MainPID", "0") or 0),
        int(told.get("NRestarts", "0") or 0),
        told.get("ActiveEnterTimestamp", "") if state is State.RUNNING else "",
        told.get("UnitFileState", "") == "enabled",
        unit,
        bool(unit) and machine.read(unit) == text_of(SERVICE, command),
        socket,
    )

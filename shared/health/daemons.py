"""Whether a daemon answers the Web Connector, which one, and for how long still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from shared.health.checks import Check, fail, ok, span, warn
from shared.health.machine import Machine
from shared.health.snapshot import StoreSnapshot
from shared.models.daemons import Daemon
from shared.settings import Settings

NAME = "daemon"
CERTIFICATE_SOON = timedelta(days=14)
_START = "Restart it: sudo systemctl restart deskbridge. Its log: journalctl -u deskbridge."


def of_daemons(snapshot: StoreSnapshot, settings: Settings, our_version: str) -> Iterator[Check]:
    """Check each daemon that runs; none is a failure."""
    running = [daemon for daemon in snapshot.daemons if daemon.runs(snapshot.now)]
    if not running:
        yield fail(NAME, _nobody(snapshot), _START)
    for daemon in running:
        yield from _of_daemon(daemon, snapshot.now, settings, our_version)


def of_open_file(snapshot: StoreSnapshot, path: Path, machine: Machine) -> Iterator[Check]:
    """Check that the daemons that run have this very file open, and none that had its name."""
    for daemon in snapshot.daemons:
        facts = daemon.facts
        if daemon.stopped_at is None and machine.lacks(facts.host, facts.pid, path):
            yield fail(
                "daemon-store",
                f"{_name(daemon)} does not have {path} open: the file was replaced while it ran.",
                "Stop it (sudo systemctl stop deskbridge). If it is not the right file, restore"
                " the right one with deskbridge db restore FILE. Then start the daemon.",
            )


def _nobody(snapshot: StoreSnapshot) -> str:
    if not snapshot.daemons:
        return "No daemon is running, and none has ever run on this store."
    last = snapshot.daemons[0]
    who = f"the last one, {_name(last)},"
    if last.stopped_at is not None:
        ago = span(snapshot.now - last.stopped_at)
        return f"No daemon is running: {who} was stopped {ago} ago."
    silent = span(snapshot.now - last.last_beat_at)
    return (
        f"No daemon is running: {who} last reported {silent} ago and did not say that it "
        "was stopping."
    )


def _of_daemon(
    daemon: Daemon, now: datetime, settings: Settings, our_version: str
) -> Iterator[Check]:
    facts = daemon.facts
    beat = span(now - daemon.last_beat_at)
    up = span(now - facts.started_at)
    yield ok(NAME, f"{_name(daemon)} has been up for {up}; it last reported {beat} ago.")
    yield _version(daemon, our_version)
    yield _listening(daemon)
    if facts.public_url != settings.public_url:
        theirs = f"{_name(daemon)} uses the address {facts.public_url}"
        told = f"{theirs}, this command {settings.public_url}."
        yield warn("daemon-settings", told, "Use one settings file: see --config.")
    if facts.certificate_expires_at is not None:
        restart = "Renew it, then restart the daemon: it reads the file when it starts."
        left = facts.certificate_expires_at - now
        yield certificate("daemon-certificate", _name(daemon), left, restart)


def _version(daemon: Daemon, our_version: str) -> Check:
    theirs = daemon.facts.version
    if theirs == our_version:
        return ok("daemon-version", f"{theirs}, the same as this command.")
    told = f"{_name(daemon)} is version {theirs}, this command is {our_version}."
    remedy = "Restart the daemon after an update (sudo systemctl restart deskbridge)."
    return warn("daemon-version", told, remedy)


def _listening(daemon: Daemon) -> Check:
    if daemon.facts.listening:
        return ok("listening", f"{_name(daemon)}: {' '.join(daemon.facts.listening)}.")
    told = f"{_name(daemon)} does not listen: it is still starting, or listening failed."
    return warn(
        "listening",
        told,
        "Check again in a minute; if it still does not listen, see journalctl -u deskbridge.",
    )


def certificate(name: str, whose: str, left: timedelta, remedy: str) -> Check:
    """Judge a certificate by the time that it is ``left``; others judge the rest of it."""
    if left <= timedelta(0):
        return fail(name, f"The certificate of {whose} expired {span(-left)} ago.", remedy)
    told = f"The certificate of {whose} is valid for {span(left)}."
    return warn(name, told, remedy) if left < CERTIFICATE_SOON else ok(name, told)


def _name(daemon: Daemon) -> str:
    return f"process {daemon.facts.pid} on {daemon.facts.host}"

"""``deskbridge webconnector``: the Web Connector for people and scripts."""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import click

from shared.structs import replace
from simulator.company import BadState
from simulator.company.state import NoState
from simulator.screen import FILE, option
from simulator.webconnector.connector import Summary, WebConnector
from simulator.webconnector.desktop import Desktop
from simulator.webconnector.errors import WebConnectorError
from simulator.webconnector.faults import Fault, FaultKind, FaultUnreadable, parse_fault
from simulator.webconnector.log import Level, Log
from simulator.webconnector.qwc import QwcFile
from simulator.webconnector.registry import Registry
from simulator.webconnector.screen import Screen
from simulator.webconnector.transport import CALL_TIMEOUT_SECONDS, HttpTransport
from simulator.webconnector.update import Behavior, Outcome, Result

EXIT_FAILED = 1
EXIT_NOTHING = 3
REGISTRY_NAME = "webconnector.json"
_SECOND_MACHINE = "SECOND-PC"
_FAULTS_HELP = "\n".join(f"  {kind.value:<17} {kind.meaning}" for kind in FaultKind)


class _FaultType(click.ParamType[Fault]):
    name = "KIND:CALL[:TURN[:SECONDS]]"

    def convert(
        self, value: str | Fault, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fault:
        if isinstance(value, Fault):
            return value
        try:
            return parse_fault(value)
        except FaultUnreadable as error:
            self.fail(str(error), param, ctx)


_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog="\b\nFaults:\n" + _FAULTS_HELP, context_settings={"max_content_width": 100})
@click.option(
    "--qwc",
    "qwc_files",
    type=_EXISTING,
    multiple=True,
    required=True,
    help="A .qwc file. Repeat for more; they are updated in turn.",
)
@click.option(
    "--password-file",
    "password_files",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    multiple=True,
    required=True,
    help="File with the password in its first line (- for standard input): "
    "one for all, or one for each --qwc in turn.",
)
@click.option(
    "--company",
    "company_path",
    type=FILE,
    required=True,
    metavar="STATE",
    help="The simulated company file that QuickBooks has open.",
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    metavar="MINUTES",
    help="Auto-Run: update every MINUTES instead of once.",
)
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    help="With --every: stop after this many updates of each application.",
)
@click.option("--log", "log_path", metavar="FILE", help="Append a log like QWCLog.txt (-: stderr).")
@option(
    "--log-level",
    type=click.Choice([level.value for level in Level], case_sensitive=False),
    default=Level.DEBUG.value,
    help="VERBOSE writes customers' data in full.",
)
@click.option(
    "--fault", "faults", type=_FaultType(), multiple=True, help="Rehearse a fault (see below)."
)
@option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=CALL_TIMEOUT_SECONDS,
    metavar="SECONDS",
    help="Give up on a call after this long.",
)
@click.option(
    "--registry",
    "registry_path",
    type=FILE,
    help="The list of applications added on this PC. "
    f"[default: {REGISTRY_NAME} beside the first .qwc file]",
)
@click.option("--ca-file", type=_EXISTING, help="Root certificates that this PC trusts (PEM).")
@option("--machine", default=Behavior().machine, help="Name of this PC.")
@option(
    "--client-version",
    default=Behavior().client_version,
    help="Version of the simulated Web Connector.",
)
@click.option("--refuse-warnings", is_flag=True, help="Refuse when the service warns (W:).")
@click.option("--accept-interactive", is_flag=True, help="Accept interactive mode.")
@click.option(
    "--close-after-refusal", is_flag=True, help="Call closeConnection after none, nvu and busy."
)
@click.option(
    "--refuse-stamped",
    is_flag=True,
    help="Refuse an application that is new to this PC when the company knows it (QBWC1039).",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON document at the end; with --every one line for each update.",
)
def webconnector(
    qwc_files: tuple[Path, ...],
    password_files: tuple[str, ...],
    company_path: Path,
    every: int | None,
    runs: int | None,
    log_path: str | None,
    log_level: str,
    faults: tuple[Fault, ...],
    timeout: float,
    registry_path: Path | None,
    ca_file: Path | None,
    refuse_warnings: bool,
    as_json: bool,
    **habits: Any,
) -> None:
    """Simulate the QuickBooks Web Connector with the service named in .qwc files.

    Adds each application (probes and stamps when it is new), then updates all of them. Exit status:
    0 done (also when there was nothing to do), 1 something failed, 2 wrong usage, 3 no company
    file, or every update was postponed by the service.
    """
    if runs is not None and every is None:
        raise click.UsageError("--runs needs --every.")
    files = list(zip(qwc_files, _passwords(password_files, len(qwc_files)), strict=True))
    screen = Screen(as_json=as_json, terminal=sys.stdout.isatty())
    with ExitStack() as stack:
        log = _open_log(stack, log_path, Level(log_level.upper()))
        new_transport = partial(HttpTransport, timeout_seconds=timeout, tls=_tls(ca_file))
        transport = new_transport()
        stack.callback(transport.close)
        connector = WebConnector(
            _desktop(company_path),
            transport=transport,
            registry=_registry(registry_path or qwc_files[0].with_name(REGISTRY_NAME)),
            behavior=Behavior(accept_warnings=not refuse_warnings, **habits),
            log=log,
            sleep=time.sleep,
            faults=faults,
            on_status=screen.progress,
            open_page=lambda url: click.echo(f"The service asks to visit {url}", err=True),
            second_connector=lambda application: _run_second(
                connector, application, new_transport()
            ),
        )
        ends = _run(connector, screen, files, every, runs)
    sys.exit(ends)


def _desktop(company: Path) -> Desktop:
    try:
        return Desktop.on_disk(company)
    except NoState as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_NOTHING)
    except BadState as error:
        raise click.ClickException(str(error)) from error


def _registry(path: Path) -> Registry:
    try:
        return Registry(path)
    except WebConnectorError as error:
        raise click.ClickException(str(error)) from error


def _run_second(first: WebConnector, application: QwcFile, transport: HttpTransport) -> None:
    """Another PC updates the same application now, with a list and a connection of its own."""
    (row,) = (row for row in first.registry.rows if row.qwc == application)
    second = copy(first)
    second.transport, second.registry = transport, Registry()
    second.behavior = replace(first.behavior, machine=_SECOND_MACHINE)
    second.faults, second.on_status = (), None
    try:
        outcome = second.update(copy(row))
    finally:
        transport.close()
    click.echo(f"{outcome.application} ({_SECOND_MACHINE}): {outcome.status}", err=True)


def _run(
    connector: WebConnector,
    screen: Screen,
    files: Sequence[tuple[Path, str]],
    every: int | None,
    runs: int | None,
) -> int:
    refusals = []
    for path, password in files:
        try:
            connector.add(path.read_bytes(), password)
        except WebConnectorError as error:
            refusals.append(error)
            screen.refusal(path.name, error)
    if every is None:
        outcomes = []
        for row in connector.registry.rows:
            outcomes.append(connector.update(row))
            screen.ended(outcomes[-1])
        screen.summary(Summary(tuple(outcomes)), refusals)
    else:
        outcomes = _auto_run(connector, screen, every, runs)
    return EXIT_FAILED if refusals else exit_status(outcomes)


def _auto_run(
    connector: WebConnector, screen: Screen, every: int, runs: int | None
) -> list[Outcome]:
    """The last end of each application, when all runs are done or Ctrl-C was pressed."""
    last: dict[str, Outcome] = {}
    try:
        for outcome in connector.auto_run(every, runs):
            last[outcome.application] = outcome
            screen.ended_scheduled(outcome)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    return list(last.values())


def exit_status(outcomes: Sequence[Outcome]) -> int:
    """0 when all ended well, 3 when all were only postponed, else 1."""
    if outcomes and all(outcome.result is Result.POSTPONED for outcome in outcomes):
        return EXIT_NOTHING
    return 0 if all(outcome.is_fine for outcome in outcomes) else EXIT_FAILED


def _passwords(files: Sequence[str], needed: int) -> list[str]:
    if len(files) not in (1, needed):
        raise click.UsageError(
            f"{len(files)} --password-file for {needed} --qwc: give one for all, or one for each."
        )
    passwords = [_password(file) for file in files]
    return passwords * needed if len(passwords) == 1 else passwords


def _password(path: str) -> str:
    try:
        with click.open_file(path, encoding="utf-8") as file:
            return str(file.readline()).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"No password can be read from {path}: {error}.") from error


def _open_log(stack: ExitStack, path: str | None, level: Level) -> Log:
    if path is None:
        return Log(None)
    if path == "-":
        return Log(lambda line: click.echo(line, err=True), level=level)
    try:
        Path(path).touch(mode=0o600)  # VERBOSE writes customers' data
        opened = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 (stack closes)
    except OSError as error:
        raise click.ClickException(
            f"QBWC1033: the log cannot be written: {error}. Check the rights on its folder."
        ) from error
    file = stack.enter_context(opened)
    return Log(lambda line: file.write(line + "\n"), level=level)


def _tls(ca_file: Path | None) -> ssl.SSLContext | None:
    if ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise click.ClickException(f"{ca_file} contains no root certificates: {error}.") from error

"""Start the daemon in this process: store, log, reactor."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import closing, suppress
from datetime import datetime
from typing import Any

from twisted.internet import reactor as default_reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.error import ReactorNotRunning
from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    globalLogBeginner,
)

from daemon.hang_ups import HangUps
from daemon.log import BoundedLog, levels
from daemon.log_lines import LogLines, goes_to_journal
from daemon.memory import keep_small
from daemon.reloading import Reloading
from daemon.service import make_daemon
from daemon.systemd import notify
from shared import dates, hints, passwords
from shared.about import VERSION
from shared.dates import DateFormat
from shared.models import statements
from shared.models.store import Store, open_store
from shared.settings import Settings, load_settings

log = Logger(namespace="daemon")


def run_daemon(settings: Settings, hang_ups: HangUps) -> int:
    """Run until stopped; the exit code, 1 when it could not listen.

    Raises StoreError, in a sentence, when the store cannot be used, and SettingsRefused for a
    listen string that cannot be one.
    """
    dates.use(DateFormat(settings.date_format))
    _begin_logging(settings)
    reactor: Any = default_reactor
    exit_codes: list[int] = []
    with closing(open_store(settings.database)) as store:
        warm_up(store)
        keep_small()
        tree = make_daemon(reactor, store, settings, _store_time(store), os.environ)

        @inlineCallbacks
        def start() -> Any:
            try:
                tree.startService()
                yield tree.listening()
            except Exception as problem:
                exit_codes.append(1)
                why = str(problem).rstrip(".")
                sys.stderr.write(
                    f"The daemon cannot start: {why}. Choose another address or port in the"
                    " setting listen, api_listen or admin_listen, or stop the program that uses"
                    " this one.\n"
                )
                reactor.stop()
                return
            _stop_on_signals(reactor)
            reloading = Reloading(
                settings,
                lambda: load_settings(settings.config_path, os.environ),
                levels,
                tree.certificates,
                os.environ,
            )
            _say_ready(store, settings)
            hang_ups.then(lambda: reactor.callFromThread(reloading.reload))

        def stop() -> Any:
            notify("STOPPING=1", os.environ)
            return tree.stopService()

        reactor.callWhenRunning(start)
        reactor.addSystemEventTrigger("before", "shutdown", stop)
        reactor.run()
    log.info("Stopped")
    return exit_codes[0] if exit_codes else 0


def warm_up(store: Store) -> None:
    """Do once, before anybody waits for it, what would be done in the first calls.

    The settings of argon2 and a check with them, the hints, the text of every statement: 0.12 s
    of work, as much as importing 700 invoices.
    """
    passwords.dummy_verify()
    hints.all_hints()
    with store.reading():
        statements.compile_all()


def _stop_on_signals(reactor: Any) -> None:
    """SIGTERM and Ctrl-C stop the daemon; the same again while it is stopping is no news."""

    def stop() -> None:
        with suppress(ReactorNotRunning):
            reactor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: reactor.callFromThread(stop))


def _store_time(store: Store) -> datetime:
    """The time that sessions are stamped with; on PostgreSQL the server's."""
    with store.reading():
        return store.now()


def _say_ready(store: Store, settings: Settings) -> None:
    log.info(
        "Deskbridge {version} is ready: {url}, listening on {listen}, store {store}",
        version=VERSION,
        url=settings.public_url,
        listen=" ".join(settings.listen),
        store=store.url_shown,
    )
    for warning in store.warnings:
        log.warn("{warning}", warning=warning)
    notify("READY=1", os.environ)


def _begin_logging(settings: Settings) -> None:
    lines = LogLines(
        _write_to_stderr,
        as_json=settings.log_format == "json",
        with_priorities=goes_to_journal(sys.stderr.fileno(), os.environ),
    )
    everything: Any = BoundedLog(lines, time.monotonic)
    levels.setLogLevelForNamespace("", LogLevel.levelWithName(settings.log))
    enough: Any = levels
    observer: Any = FilteringLogObserver(everything, [enough])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)


def _write_to_stderr(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()

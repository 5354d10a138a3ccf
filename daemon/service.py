"""The daemon as a tree of services: threads, the SOAP edge, and regular work.

Started in this order and stopped in reverse: after a last sign of life the listeners close, calls
under way are answered, then the threads finish what they have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from random import random
from secrets import token_hex
from socket import gethostname
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet import defer
from twisted.internet.defer import Deferred, inlineCallbacks, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.admin.figures import StoreFigures
from daemon.admin.metrics import Metrics
from daemon.admin.resource import Admin, make_admin_site
from daemon.alerts.sending import Mailer, NoMailer, Sender
from daemon.alerts.service import Alerts
from daemon.api.answering import Answering
from daemon.api.resource import make_api_site
from daemon.callbacks import WebConnectorCallbacks
from daemon.callers import Callers
from daemon.clock_watch import ClockWatch, this_machine
from daemon.connectors.service import (
    LOOK_SECONDS,
    Connected,
    connected,
    opened,
    platforms,
    sameness,
)
from daemon.connectors.worker import ConnectorWorker
from daemon.edge.downloads import Downloads
from daemon.edge.http import EdgeSite
from daemon.edge.limits import EdgeLimits
from daemon.edge.proxies import TrustedProxies
from daemon.edge.resource import make_site
from daemon.endpoints import make_endpoint
from daemon.event_upkeep import EventUpkeep
from daemon.failures import tell
from daemon.heartbeat import Heartbeat, address, facts_of_this_process
from daemon.kept_services import KeptServices
from daemon.outlets.bell import EventBell
from daemon.outlets.posting import Poster
from daemon.outlets.runner import Outlet, OutletRunner
from daemon.outlets.webhooks import LOOK_SECONDS as WEBHOOKS_LOOK_SECONDS
from daemon.outlets.webhooks import Webhooks
from daemon.read_thread import Reads, ReadThread
from daemon.served_certificate import ServedCertificate, first_end
from daemon.session.admission import Admission
from daemon.session.handlers import CallbackHandlers
from daemon.session.record import SessionRecord
from daemon.store_thread import ReactorThreads, Threads
from daemon.store_upkeep import ScheduledBackups, StoreChecks
from daemon.systemd import notify, watchdog_interval
from daemon.timers import Timer
from shared import sealing
from shared.health.machine import ThisMachine
from shared.mail_server import MailServer
from shared.models import downloads
from shared.models.daemons import DaemonFacts
from shared.models.downloads import Offered
from shared.models.store import Store
from shared.settings import SettingFault, Settings, SettingsRefused
from shared.structs import replace

REAP_SECONDS = 60.0
PRUNE_SECONDS = 3600.0
CERTIFICATE_SECONDS = 60.0


def edge_limits(settings: Settings) -> EdgeLimits:
    """What a client may take of us, from the settings."""
    return EdgeLimits(
        body_limit_bytes=settings.body_limit_bytes,
        response_limit_bytes=settings.response_limit_bytes,
        max_connections=settings.max_connections,
        max_connections_per_peer=settings.max_connections_per_peer,
        proxies=TrustedProxies(settings.trusted_proxies),
        header_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        idle_seconds=settings.idle_seconds,
    )


class RegularWork(MultiService):
    """Sessions that fell silent, old syncs, and a sign of life for systemd.

    The sign of life first asks the store thread for one: a wedged store is a dead daemon.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        handlers: CallbackHandlers,
        upkeep: EventUpkeep,
        threads: ReactorThreads,
        environ: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._environ = environ
        self._threads = threads
        timers = [
            Timer(reactor, REAP_SECONDS, self._told, threads.store_alone, handlers.thd_reap),
            Timer(reactor, PRUNE_SECONDS, self._told, self._bit_by_bit, handlers.thd_prune),
            Timer(reactor, REAP_SECONDS, self._told, threads.store_alone, upkeep.thd_tell_late),
            Timer(reactor, PRUNE_SECONDS, self._told, self._bit_by_bit, upkeep.thd_prune),
        ]
        interval = watchdog_interval(environ)
        if interval is not None:
            timers.append(Timer(reactor, interval, self._alive))
        for one in timers:
            one.setServiceParent(self)

    def _told(self, run: Callable[..., Deferred[Any]], work: Any) -> Deferred[Any]:
        return run(work).addErrback(self._failed, work)

    def _failed(self, failure: Failure, work: Any) -> None:
        tell(self.log, "Regular work {work} failed", failure, work=work)

    @inlineCallbacks
    def _bit_by_bit(self, prune: Callable[[], bool]) -> Any:
        """Forget what is old while ``prune`` finds more: others have their turn in between."""
        more = True
        while more and self.running:
            more = yield self._threads.store_alone(prune)

    def _alive(self) -> Deferred[Any]:
        done = self._threads.store(lambda: None)
        done.addCallback(lambda _: notify("WATCHDOG=1", self._environ))
        return done.addErrback(lambda failure: tell(self.log, "No heartbeat", failure))


class EdgeService(MultiService):
    """The listeners; stopping answers the calls that are under way.

    ``listening`` fires with the ports once all are bound, or with why one could not be.
    """

    log = Logger()

    def __init__(
        self, reactor: Any, site: EdgeSite, settings: Settings, setting: str = "listen"
    ) -> None:
        """``setting`` names the addresses."""
        super().__init__()
        self._reactor = reactor
        self._site = site
        self._drain_seconds = settings.drain_seconds
        self._listen_strings: tuple[str, ...] = getattr(settings, setting)
        self.certificates: list[ServedCertificate] = []
        self._endpoints = [self._endpoint(text, settings, setting) for text in self._listen_strings]
        if self.certificates:
            Timer(reactor, CERTIFICATE_SECONDS, self._look_at_certificates).setServiceParent(self)
        self._ports: list[Any] = []
        self.listening: Deferred[None] = Deferred()

    def startService(self) -> None:
        super().startService()
        self._listen().chainDeferred(self.listening)

    def _endpoint(self, text: str, settings: Settings, setting: str) -> Any:
        """An endpoint, whose certificate is read again when it changes.

        Raises SettingsRefused for a string that cannot be one, OSError when a file that it names
        cannot be read.
        """
        try:
            endpoint, certificate = make_endpoint(self._reactor, text)
        except OSError:
            raise
        except Exception as why:
            remedy = "Write it as a Twisted endpoint string, such as tcp:8085:interface=127.0.0.1"
            source = settings.sources.get(setting, "default")
            fault = SettingFault(setting, source, text, str(why), remedy)
            raise SettingsRefused([fault]) from why
        self.certificates += [certificate] if certificate else []
        return endpoint

    def _look_at_certificates(self) -> None:
        for certificate in self.certificates:
            certificate.read_again()

    @property
    def is_serving(self) -> bool:
        """Whether all addresses are bound, and we do not stop."""
        return bool(self.running) and len(self._ports) == len(self._endpoints)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where we are bound by now, such as ``http://127.0.0.1:8085``."""
        bound = zip(self._listen_strings, self._ports, strict=False)
        return tuple(address(text, port.getHost()) for text, port in bound)

    @inlineCallbacks
    def _listen(self) -> Any:
        for endpoint in self._endpoints:
            port = yield endpoint.listen(self._site)
            self._ports.append(port)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop listening, answer what was asked, cut what takes too long."""
        yield super().stopService()
        for port in self._ports:
            yield port.stopListening()
        drained = self._site.drain()
        drained.addTimeout(self._drain_seconds, self._reactor)
        try:
            yield drained
        except defer.TimeoutError:
            self.log.warn(
                "Calls were still open after {seconds} s; they are cut", seconds=self._drain_seconds
            )
            self._site.cut()


class Daemon(MultiService):
    """The whole tree. Its parts stop in reverse order, each after the one before."""

    def __init__(
        self, parts: Sequence[Service], *, edge: EdgeService, others: Sequence[EdgeService]
    ) -> None:
        """``others`` are the listeners for programs."""
        super().__init__()
        self.edge = edge
        self.others = others
        for part in parts:
            part.setServiceParent(self)

    @property
    def certificates(self) -> list[ServedCertificate]:
        """What all listeners serve TLS with."""
        return [one for edge in (self.edge, *self.others) for one in edge.certificates]

    @inlineCallbacks
    def listening(self) -> Any:
        """Fires once every address is bound; else with why one could not be."""
        for listener in (self.edge, *self.others):
            yield listener.listening

    @inlineCallbacks
    def stopService(self) -> Any:
        """Say that we stop, then stop the edge: its last calls still need the threads."""
        self.running = 0
        for service in reversed(list(self)):
            yield maybeDeferred(service.stopService)


def make_daemon(
    reactor: Any, store: Store, settings: Settings, started_at: datetime, environ: Mapping[str, str]
) -> Daemon:
    """Put the tree together; nothing runs before ``startService``.

    Wait for ``listening()`` then. Raises SettingsRefused for a listen
    string that cannot be one.
    """
    metrics = Metrics()
    copying = ReadThread(reactor, store)
    checks = StoreChecks(reactor, copying, is_sqlite=store.path is not None)

    def seen(seconds: float, error: BaseException | None) -> None:
        metrics.unit_done(seconds, error)
        checks.heard(error)

    threads = ReactorThreads(reactor, store, settings.worker_threads, seen)
    reads = ReadThread(reactor, store)
    callers = Callers()
    record = SessionRecord(settings)
    watch = ClockWatch(store.now, this_machine())
    admission = Admission(settings, record, watch.now, started_at, callers)
    handlers = CallbackHandlers(settings, record, watch.now, callers)
    upkeep = EventUpkeep(watch.now, settings.keep_days)
    limits = edge_limits(settings)
    callbacks = WebConnectorCallbacks(
        admission, handlers, threads, settings, callers, limits.proxies
    )
    site = make_site(
        callbacks,
        limits,
        public_url=settings.public_url,
        reactor=reactor,
        downloads=_downloads(threads, reads, store),
        meter=metrics.call,
    )
    edge = EdgeService(reactor, site, settings)
    facts = facts_of_this_process(settings, started_at)
    bell = EventBell(reactor, reads)

    def run_outlet(outlet: Outlet) -> OutletRunner:
        return OutletRunner(
            outlet=outlet,
            reactor=reactor,
            threads=threads,
            reads=reads,
            bell=bell,
            now=watch.now,
            chance=random,
            holder=facts.instance,
        )

    makers = platforms(reactor)

    def run_connector(one: Connected) -> ConnectorWorker:
        account, sealed = one
        find = partial(sealing.find, account.key_source, sealed, settings.database, environ)
        return ConnectorWorker(
            account=account,
            platform=opened(account, makers[account.platform], find),
            reactor=reactor,
            threads=threads,
            reads=reads,
            store=store,
            now=watch.now,
            chance=random,
            new_key=lambda: token_hex(16),
            holder=facts.instance,
            poll_seconds=settings.invoiced_poll_seconds,
        )

    @cache
    def web_client() -> Poster:
        from daemon.outlets.web_client import WebClient  # it brings TLS with it

        return WebClient(reactor, private_allowed=settings.webhooks_to_private_addresses)

    webhooks = Webhooks(web_client, reads, watch.now)
    alerts = Alerts(
        sender=Sender(_mailer(reactor, settings, environ), web_client, watch.now),
        reactor=reactor,
        threads=threads,
        reads=reads,
        settings=settings,
        machine=ThisMachine(),
        now=watch.now,
        chance=random,
        holder=facts.instance,
    )
    backups = ScheduledBackups(
        reactor, threads, copying, settings.backup_schedule, ThisMachine().free_bytes
    )
    answering = Answering(store, threads, reads, bell)
    api_site = make_api_site(
        answering, limits, reactor=reactor, now=store.now, meter=metrics.request
    )
    api = EdgeService(reactor, api_site, settings, "api_listen")

    def served_until() -> datetime | None:
        return first_end([one for each in (edge, api, admin) for one in each.certificates])

    def facts_by_now() -> DaemonFacts:
        return replace(facts, listening=edge.addresses, certificate_expires_at=served_until())

    metrics.describe(
        store=store.engine,
        waiting=lambda: threads.waiting,
        clients=[
            ("webconnector", lambda: len(site.clients)),
            ("api", lambda: len(api_site.clients)),
        ],
        certificate_end=served_until,
    )
    figures = StoreFigures(reactor, reads)
    heartbeat = Heartbeat(reactor, threads, watch.look, facts_by_now)
    answers = Admin(
        reactor,
        threads,
        metrics,
        figures,
        lambda: edge.is_serving,
        lambda: heartbeat.trouble or checks.trouble,
    )
    admin_site = make_admin_site(answers, limits, reactor)
    admin = EdgeService(reactor, admin_site, settings, "admin_listen")
    parts = [
        threads,
        reads,
        copying,
        bell,
        RegularWork(reactor, handlers, upkeep, threads, environ),
        KeptServices(
            webhooks.outlets,
            run_outlet,
            reactor=reactor,
            reads=reads,
            look_seconds=WEBHOOKS_LOOK_SECONDS,
        ),
        KeptServices(
            connected,
            run_connector,
            sameness=sameness,
            reactor=reactor,
            reads=reads,
            look_seconds=LOOK_SECONDS,
        ),
        backups,
        checks,
        admin,
        alerts,
        api,
        edge,
        heartbeat,
    ]
    return Daemon(parts, edge=edge, others=[api, admin])


def _mailer(reactor: Any, settings: Settings, environ: Mapping[str, str]) -> Callable[[], Mailer]:
    server = MailServer.parse(settings.mail_server)
    if server is None:
        return NoMailer
    sender = settings.mail_from or f"deskbridge@{gethostname() or 'localhost'}"

    @cache
    def mailer() -> Mailer:
        from daemon.alerts.mail import SmtpMailer  # it brings TLS with it

        return SmtpMailer(reactor, server, sender, lambda: server.password(environ))

    return mailer


def _downloads(threads: Threads, reads: Reads, store: Store) -> Downloads:
    def thd_take(token: str) -> Offered | None:
        return downloads.take(token, store.now())

    def look(token: str) -> Deferred[str | None]:
        return reads.view(lambda store: downloads.waiting(token, store.now()))

    return Downloads(look, lambda token: threads.store(thd_take, token))

"""SIGHUP, and certificates that are renewed under a running daemon."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from contextlib import suppress

import pytest
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from twisted.logger import LogLevel, LogLevelFilterPredicate, capturedLogs

from daemon.certificates import ends_at, files_of, inherited
from daemon.endpoints import make_endpoint
from daemon.hang_ups import HangUps
from daemon.reloading import Reloading, needs_restart
from shared.settings import load_settings
from tests.certificates import in_days, self_signed

# Twisted still handles certificates in ways that pyOpenSSL would rather not see.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:X509:DeprecationWarning"),
]


def _served(path):
    """The certificate of an endpoint with files of its own."""
    _, served = make_endpoint(reactor, f"ssl:0:privateKey={path}")
    return served


def _host(served, asks_for: str = "") -> str:
    """The name in the certificate that a new connection is shown."""
    server = served.serverConnectionForTLS(None)
    server.set_accept_state()
    client = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    client.set_connect_state()
    if asks_for:
        client.set_tlsext_host_name(asks_for.encode())
    for _ in range(4):
        for one, other in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                one.do_handshake()
            with suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(1 << 16))
    shown = client.get_peer_certificate(as_cryptography=True)
    return shown.subject.rdns[0].rfc4514_string().removeprefix("CN=")


@pytest.fixture
def live(tmp_path):
    """A certificate as certbot lays it: a link into a folder of all that there were."""
    self_signed(tmp_path / "one.pem", in_days(1), "one.example.com")
    (tmp_path / "live.pem").symlink_to("one.pem")
    return tmp_path / "live.pem"


def _renew(live) -> None:
    self_signed(live.parent / "two.pem", in_days(90), "two.example.com")
    live.unlink()
    live.symlink_to("two.pem")


def test_a_link_to_a_new_certificate_is_noticed(live):
    served = _served(live)
    assert served.read_again() is False
    _renew(live)
    assert _host(served) == "one.example.com"
    assert served.read_again() is True
    assert _host(served) == "two.example.com"


def test_when_it_runs_out_is_that_of_the_certificate_that_is_served(live):
    served = _served(live)
    assert served.ends_at == ends_at([live])
    before = served.ends_at
    live.resolve().write_text("half a certifi")
    with capturedLogs():
        served.read_again()
    assert served.ends_at == before
    _renew(live)
    served.read_again()
    assert served.ends_at == ends_at([live]) > before


def test_the_certificates_of_a_folder_are_read_again_and_chosen_by_name(tmp_path):
    self_signed(tmp_path / "one.pem", in_days(1), "one.example.com")
    _, served = make_endpoint(reactor, f"tls:{tmp_path}:port=0")
    assert served.read_again() is False
    assert _host(served, "one.example.com") == "one.example.com"
    soon = served.ends_at
    self_signed(tmp_path / "one.pem", in_days(90), "one.example.com")
    self_signed(tmp_path / "two.pem", in_days(90), "two.example.com")
    assert served.read_again() is True
    assert served.ends_at > soon
    assert _host(served, "two.example.com") == "two.example.com"


def test_a_folder_without_a_key_for_its_certificate_is_not_taken(tmp_path):
    pem = self_signed(tmp_path / "one.pem", in_days(1), "one.example.com")
    _, served = make_endpoint(reactor, f"tls:{tmp_path}:port=0")
    pem.write_bytes(pem.read_bytes().partition(b"-----BEGIN CERTIFICATE")[0])
    with capturedLogs() as lines:
        assert served.read_again() is False
    assert LogLevel.error in [line["log_level"] for line in lines]
    assert _host(served) == "one.example.com"
    with pytest.raises(ValueError, match="no certificate"), capturedLogs():
        make_endpoint(reactor, f"tls:{tmp_path}:port=0")


def test_what_is_no_certificate_is_told_once_and_the_one_before_is_served_on(live):
    served = _served(live)
    live.resolve().write_text("half a certifi")
    with capturedLogs() as lines:
        assert served.read_again() is False
        assert served.read_again() is False
    assert [line["log_level"] for line in lines] == [LogLevel.error]
    assert _host(served) == "one.example.com"


def test_all_files_of_an_endpoint_are_looked_at():
    files = files_of("ssl:443:privateKey=/k:certKey=/c:extraCertChain=/e")
    assert [str(file) for file in files] == ["/k", "/c", "/e"]
    assert files_of("tcp:80") == []
    assert files_of("systemd:domain=INET:name=web") == []


def test_tls_on_a_socket_of_systemd_is_two_endpoints_of_twisted():
    both = inherited("systemd:domain=INET6:name=web:privateKey=/a\\:b:certKey=/c")
    assert both == ("systemd:domain=INET6:name=web", "ssl:0:privateKey=/a\\:b:certKey=/c")


@pytest.fixture
def handed_over(monkeypatch):
    """A socket as systemd would hand it over, called ``web``; its port."""
    from twisted.internet import endpoints
    from twisted.python.systemd import ListenFDs

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    inherits = ListenFDs([listening.detach()], ["web"])  # closed by whoever adopts it
    monkeypatch.setattr(endpoints._SystemdParser, "_sddaemon", inherits)
    return port


class Greeting(Protocol):
    def connectionMade(self):
        self.transport.write(b"hello")
        self.transport.loseConnection()


@pytest.mark.parametrize("with_tls", [False, True])
async def test_a_socket_of_systemd_serves_plain_and_with_tls(handed_over, live, with_tls):
    def asked() -> bytes:
        context = ssl.create_default_context(cafile=live) if with_tls else None
        with socket.create_connection(("127.0.0.1", handed_over), 5) as plain:
            name = "one.example.com"
            if context is None:
                return plain.recv(100)
            with context.wrap_socket(plain, server_hostname=name) as found:
                return found.recv(100)

    tls = f":privateKey={live}" if with_tls else ""
    endpoint, _ = make_endpoint(reactor, f"systemd:domain=INET:name=web{tls}")
    port = await endpoint.listen(Factory.forProtocol(Greeting))
    assert await deferToThread(asked) == b"hello"
    await maybeDeferred(port.stopListening)


def test_a_socket_that_systemd_did_not_hand_over_is_told_in_a_sentence():
    with pytest.raises(ValueError, match="FileDescriptorName"):
        make_endpoint(reactor, "systemd:domain=INET:name=nobody")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "deskbridge.toml"
    path.write_text('log = "info"\nkeep_days = 90\n')
    return path


def _reloading(config, levels, *certificates):
    settings = load_settings(config, {})
    return Reloading(settings, lambda: load_settings(config, {}), levels, certificates, {})


def test_a_reload_changes_how_much_is_logged_and_names_what_waits(config):
    levels = LogLevelFilterPredicate(defaultLogLevel=LogLevel.info)
    reloading = _reloading(config, levels)
    config.write_text('log = "debug"\nkeep_days = 30\n')
    with capturedLogs() as lines:
        reloading.reload()
    assert levels.logLevelForNamespace("daemon") is LogLevel.debug
    assert [line.get("settings") for line in lines] == ["keep_days"]


def test_settings_that_cannot_be_used_change_nothing_but_certificates_are_read(config, live):
    levels = LogLevelFilterPredicate(defaultLogLevel=LogLevel.info)
    served = _served(live)
    reloading = _reloading(config, levels, served)
    config.write_text('log = "loud"\n')
    _renew(live)
    with capturedLogs() as lines:
        reloading.reload()
    assert levels.logLevelForNamespace("daemon") is LogLevel.info
    assert lines[0]["log_level"] is LogLevel.error
    assert _host(served) == "two.example.com"


def test_what_did_not_change_needs_no_restart(config):
    settings = load_settings(config, {})
    assert needs_restart(settings, load_settings(config, {})) == []


@pytest.fixture
def hang_ups():
    before = signal.getsignal(signal.SIGHUP)
    yield HangUps()
    signal.signal(signal.SIGHUP, before)


def test_a_sighup_before_we_are_ready_is_answered_once_we_are(hang_ups):
    reloaded = []
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGHUP)
    assert reloaded == []
    hang_ups.then(lambda: reloaded.append("then"))
    assert reloaded == ["then"]
    os.kill(os.getpid(), signal.SIGHUP)
    assert reloaded == ["then", "then"]


def test_without_a_sighup_nothing_is_reloaded(hang_ups):
    hang_ups.then(lambda: pytest.fail("nobody asked"))

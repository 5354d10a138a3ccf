"""SIGHUP, and certificates that are renewed under a running daemon."""

from __future__ import annotations

from contextlib import suppress

import pytest
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.endpoints import serverFromString
from twisted.logger import LogLevel, LogLevelFilterPredicate, capturedLogs

from daemon.certificates import files_of
from daemon.reloading import Reloading, needs_restart
from daemon.served_certificate import ServedCertificate
from shared.settings import load_settings
from tests.certificates import in_days, self_signed

# Twisted still hands certificates around in a way that pyOpenSSL would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


def _served(path):
    text = f"ssl:0:privateKey={path}"
    return ServedCertificate(
        lambda: serverFromString(reactor, text)._sslContextFactory, files_of(text)
    )


def _host(served) -> str:
    """The name in the certificate that a new connection is shown."""
    server = SSL.Connection(served.getContext(), None)
    server.set_accept_state()
    client = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    client.set_connect_state()
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

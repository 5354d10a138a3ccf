"""A daemon that serves no TLS does not import it, and still talks TLS with others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon import tls
from tests.certificates import in_days, self_signed

BEGUN = """
import sys
from daemon import tls
tls.leave_out()
import daemon.run
print(sorted({"OpenSSL", "cryptography"} & set(sys.modules)))
"""

ASKS = """
import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from twisted.internet import reactor, task
from twisted.internet.ssl import Certificate
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, readBody


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Answers)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
Thread(target=server.serve_forever, daemon=True).start()


async def asked(reactor):
    trusted = Certificate.loadPEM(Path(sys.argv[1]).read_bytes())
    agent = Agent(reactor, BrowserLikePolicyForHTTPS(trusted))
    answer = await agent.request(b"GET", b"https://localhost:%d/" % server.server_port)
    print(answer.code, (await readBody(answer)).decode())


task.react(asked)
"""


def output_of(program: str, *arguments: str) -> list[str]:
    """The lines that a program prints in a process of its own."""
    done = subprocess.run(
        # readBody warns of whatever transport it gets.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_daemon_without_tls_imports_neither_openssl_nor_cryptography():
    assert output_of(BEGUN) == ["[]"]


def test_such_a_daemon_still_asks_others_by_tls(tmp_path: Path):
    key = self_signed(tmp_path / "server.pem", in_days(2))
    assert output_of(BEGUN + ASKS, str(key)) == ["[]", "200 hello"]


@pytest.mark.parametrize(
    ("listen", "served"),
    [
        ((), False),
        (("tcp:8085:interface=127.0.0.1", "unix:/run/api"), False),
        (("tcp:8085", "ssl:8443:privateKey=k"), True),
        (("tls:/etc/certificates:tcp\\:443",), True),
        (("haproxy:ssl\\:8443",), True),
        (("systemd:domain=INET:name=web",), False),
        (("systemd:domain=INET:name=web:privateKey=k",), True),
    ],
)
def test_endpoints_that_may_serve_tls(listen: tuple[str, ...], served: bool):
    assert tls.serves_tls(listen) is served

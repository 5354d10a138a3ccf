"""HTTPS: the service's certificate must be trusted by this PC."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.webconnector import HttpTransport, WebConnector, WebConnectorError
from tests.simulator.webconnector.builders import FakeQuickBooks, qwc


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that signs itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@contextmanager
def https(certificate: Path, connections: int) -> Iterator[str]:
    """Answer 200 and hang up, so many times."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve() -> None:
        for _ in range(connections):
            raw, _ = listener.accept()
            with (
                suppress(ssl.SSLError, ConnectionError),
                raw,
                context.wrap_socket(raw, server_side=True) as sock,
            ):
                while b"\r\n\r\n" not in sock.recv(65536):
                    pass
                sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}"
        thread.join(5)


def add(url: str, transport: HttpTransport) -> None:
    pc = WebConnector(FakeQuickBooks(), transport=transport)
    try:
        pc.add(qwc(AppURL=f"{url}/qbwc", AppSupport=f"{url}/support"), "secret")
    finally:
        transport.close()


def test_a_trusted_certificate_is_taken(certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    with https(certificate, connections=2) as url:
        add(url, HttpTransport(timeout_seconds=5, tls=trusting))


def test_an_unknown_certificate_is_qbwc1048(certificate):
    with https(certificate, connections=1) as url, pytest.raises(WebConnectorError) as caught:
        add(url, HttpTransport(timeout_seconds=5))
    assert caught.value.code == "QBWC1048"
    assert "No trusted connection" in caught.value.text

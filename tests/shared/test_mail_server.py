"""Where mail is handed over, and where the password for it comes from."""

from __future__ import annotations

import pytest

from shared.mail_server import MailServer, is_mail_address
from shared.sealing import CannotOpen


@pytest.mark.parametrize(
    ("text", "server", "is_local"),
    [
        ("smtp://ada@mail.example.com", MailServer("mail.example.com", 587, "ada", False), False),
        ("smtps://mail.example.com", MailServer("mail.example.com", 465, "", True), False),
        ("smtp://a%40b.org@m.org:2525", MailServer("m.org", 2525, "a@b.org", False), False),
        ("smtp://localhost", MailServer("localhost", 25, "", False), True),
        ("smtp://127.0.0.1:1025", MailServer("127.0.0.1", 1025, "", False), True),
        ("smtp://ada@localhost", MailServer("localhost", 587, "ada", False), False),
        ("", None, False),
    ],
)
def test_an_address_says_host_port_user_and_how_tls_begins(text, server, is_local):
    found = MailServer.parse(text)
    assert found == server
    assert found is None or found.is_local is is_local


def test_the_password_is_a_credential_or_in_the_environment(tmp_path):
    server = MailServer("mail.example.com", 587, "ada", tls_first=False)
    (tmp_path / "deskbridge-mail-password").write_text("of systemd\n")
    handed = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert server.password(handed) == "of systemd"
    assert server.password({"DESKBRIDGE_MAIL_PASSWORD": "of the shell"}) == "of the shell"
    with pytest.raises(CannotOpen, match="DESKBRIDGE_MAIL_PASSWORD"):
        server.password({})
    assert MailServer("localhost", 25, "", tls_first=False).password({}) == ""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("ada@example.com", True),
        ("ada.l+x@mail.example.com", True),
        ("ada@example.com\nBcc: eve@example.com", False),
        ("Ada <ada@example.com>", False),
        ("ada@example.com,eve@example.com", False),
        ("ada", False),
        ("a" * 250 + "@example.com", False),
    ],
)
def test_one_plain_mail_address_is_taken(text, is_one):
    assert is_mail_address(text) is is_one

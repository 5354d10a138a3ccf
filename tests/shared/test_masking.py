from __future__ import annotations

import time

import pytest

from shared.masking import masked, without_contacts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<CreditCardNumber>4111</CreditCardNumber>", "<CreditCardNumber>…</CreditCardNumber>"),
        ('<SSN at="x">123</SSN>', '<SSN at="x">…</SSN>'),
        ("<strPassword>hunter2</strPassword>", "<strPassword>…</strPassword>"),
        ("password=hunter2&x=1", "password=…&x=1"),
        ("api_key: sk_live_1 next", "api_key: … next"),
        ('{"password": "a \' b", "x": 1}', '{"password": …, "x": 1}'),
        ("INVOICED_API_KEY=sk_live_1", "INVOICED_API_KEY=…"),
        ("Authorization: Basic c2s6eA==\nHost: x", "Authorization: …\nHost: x"),
        ("at postgresql://anna:s3cret@db/desk", "at postgresql://anna:…@db/desk"),
        ("card 4111 1111 1111 1111.", "card …."),
        ("card 5500-0000-0000-0004", "card …"),
        ("card 4111.1111.1111.1111, 4111/1111/1111/1111", "card …, …"),
        ("card 4111\xa01111\xa01111\xa01111 2027", "card … 2027"),
        ("card 4111 - 1111 - 1111 - 1111", "card …"),
        ("card 3782 822463 10005", "card …"),
        ("<Password><![CDATA[hun<ter]] 2]]></Password>", "<Password>…</Password>"),
        ("<Password><![CDATA[cut off", "<Password>…"),
        ("<ns:Password>hunter2</ns:Password>", "<ns:Password>…</ns:Password>"),
        ("<q:ClientSecret a='1'>x y</q:ClientSecret>", "<q:ClientSecret a='1'>…</q:ClientSecret>"),
        ("&lt;strPassword&gt;x y&lt;/strPassword&gt;", "&lt;strPassword&gt;…&lt;/strPassword&gt;"),
        ("&amp;lt;Password&amp;gt;x&amp;lt;/", "&amp;lt;Password&amp;gt;…&amp;lt;/"),
        ("&#60;SSN&#62;123&#60;/SSN&#62;", "&#60;SSN&#62;…&#60;/SSN&#62;"),
        (r"\u003cPassword\u003ex\u003c/Password", r"\u003cPassword\u003e…\u003c/Password"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=… psql"),
        ("MYSQL_PWD=hunter2 db_pass=a dbPass=b", "MYSQL_PWD=… db_pass=… dbPass=…"),
        ("secretKey=a&accessToken=b&pass=c&x=1", "secretKey=…&accessToken=…&pass=…&x=1"),
        ("api key: abc, client-secret => 'a b'", "api key: …, client-secret => …"),
        ("passphrase := x\npin: 1234", "passphrase := …\npin: …"),
        (r"{\"password\": \"a b\", \"x\": 1}", r"{\"password\": …, \"x\": 1}"),
        (r'{"password": "a\" b", "x": 1}', '{"password": …, "x": 1}'),
        ("token=&quot;a b&quot; next", "token=… next"),
        ("?password%3Dhunter2&x=1", "?password%3D…&x=1"),
        ("psql --password hunter2 --host db", "psql --password … --host db"),
        ("key sk_live_51H8, whsec_abc", "key …, …"),
        ("ghp_0123456789abcdefghij and AKIA0123456789ABCDEF", "… and …"),
        ("it said Bearer eyJhbGciOi.J9x.abc today", "it said Bearer … today"),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: …; Path=/"),
        ("postgresql://anna:s3@cret@db/desk", "postgresql://anna:…@db/desk"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "-----BEGIN RSA PRIVATE KEY-----…"),
    ],
)
def test_secrets_become_dots(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<RefNumber>1042</RefNumber>",
        "<TxnID>1A2B-1234567890</TxnID>",
        "4111 1111 1111 1112",  # the check digit is wrong
        "<Memo>the password was changed</Memo>",
        "mara@larkspur.example",
        "<FullName>Passport & Compass, Ltd</FullName>",
        "Compass: 12, bypass = 3",
        "Bearer bonds of Basic Accounting",
        "<ListID>80000001-1234567890</ListID> 4521-1234567890",
        "5001 2026-05-01 4111 250.00 5002 2026-05-02 4112 1,250.00",
        "05/01/2026 05/02/2026 4.00 4.25 5.50 6.75",
        "5200 6100 4300 4500 500",
        "http://127.0.0.1:8080/path, a@b",
    ],
)
def test_everything_else_stays(text):
    assert masked(text) == text


def test_where_people_live_becomes_dots_where_it_is_not_needed():
    address = "<BillAddress><Addr1>1 Quarry Road</Addr1><City>Fernhill</City></BillAddress>"
    assert without_contacts(address) == (
        "<BillAddress><Addr1>…</Addr1><City>…</City></BillAddress>"
    )
    assert without_contacts("<Email>mara@larkspur.example</Email>") == "<Email>…</Email>"
    assert without_contacts("<FullName>Larkspur</FullName>") == "<FullName>Larkspur</FullName>"


USUAL = "Mara owes 250.00 for invoice 1042. "


@pytest.mark.parametrize(
    "unit",
    [
        *("a-", "--", "--a", "1", "1 ", "4111 1111 ", "12.", "://a:", "://a", "<", "&amp;", "\\"),
        *("<Password ", "<Password><![CDATA[", "&amp;lt;Password&gt;", "<a:", "&#0000"),
        *("password=", 'password="', "password='\\", 'password\\"', "password ", "pass\t"),
        *("authorization: ", "bearer ", "basic a", "eyJaaaaaaaa.", "sk-", "sk_live_", "api "),
        *("-----BEGIN PRIVATE KEY-----", USUAL),
    ],
)
def test_no_text_takes_longer_than_its_length(unit):
    """None takes six times as long as usual text. The usual is an eighth as long, so that it takes
    too long itself if each part of a text is held against all others.
    """
    assert any(_seconds(unit, 200_000) < 6 * 8 * _seconds(USUAL, 25_000) for _ in range(3))


def _seconds(unit: str, length: int) -> float:
    text = (unit * length)[:length]
    began = time.thread_time()
    masked(text)
    return time.thread_time() - began

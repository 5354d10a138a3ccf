from __future__ import annotations

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

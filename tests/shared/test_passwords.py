from __future__ import annotations

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import passwords
from shared.passwords import (
    HashUnreadable,
    dummy_verify,
    generate_password,
    hash_password,
    new_ticket,
    ticket_hash,
    verify_password,
)

REAL = passwords._argon2id


@pytest.fixture(scope="module", autouse=True)
def as_in_life():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_argon2id", REAL)
        yield


@pytest.fixture(scope="module")
def hashed():
    return hash_password("correct-horse")


def test_a_password_has_24_letters_and_digits_that_cannot_be_mistaken():
    made = "".join(generate_password() for _ in range(200))
    assert len(made) == 200 * 24
    assert re.fullmatch(r"[A-Za-z0-9]+", made)
    assert not set(made) & set("0O1lIio")


def test_two_passwords_are_never_the_same():
    assert len({generate_password() for _ in range(1000)}) == 1000


def test_the_hash_is_argon2id_with_12_mebibytes_three_passes_and_one_lane(hashed):
    assert hashed.startswith("$argon2id$v=19$m=12288,t=3,p=1$")
    assert hashed != hash_password("correct-horse")


def test_the_right_password_is_known_and_a_wrong_one_is_not(hashed):
    assert verify_password("correct-horse", hashed)
    assert not verify_password("correct-horsf", hashed)
    assert not verify_password("Correct-horse", hashed)
    assert not verify_password("", hashed)


def test_blanks_around_a_pasted_password_do_not_count(hashed):
    assert verify_password(" correct-horse\r\n", hashed)
    assert not verify_password("correct- horse", hashed)


def test_absurd_passwords_are_wrong_and_harmless(hashed):
    for absurd in ("x" * 100_000, "a\0b", "\ud800", "\N{PILE OF POO}"):
        assert verify_password(absurd, hashed) is False


def test_before_the_first_password_nobody_is_let_in():
    assert verify_password("", "") is False
    assert verify_password("anything", "") is False


@pytest.mark.parametrize(
    "damaged",
    ["x", "$argon2id$v=19$m=12288,t=3,p=1$abc$", "$2b$12$abcdefghijklmnopqrstuv", "correct-horse"],
)
def test_a_damaged_hash_is_told_apart_from_a_wrong_password_and_not_shown(damaged):
    with pytest.raises(HashUnreadable) as raised:
        verify_password("correct-horse", damaged)
    assert damaged not in str(raised.value).split()
    assert "password rotate" in str(raised.value)
    assert raised.value.__suppress_context__


def test_an_unknown_user_takes_as_long_as_a_wrong_password(hashed):
    def seconds(call):
        began = time.perf_counter()
        for _ in range(3):
            call()
        return time.perf_counter() - began

    dummy_verify()
    wrong = seconds(lambda: verify_password("wrong", hashed))
    unknown = seconds(dummy_verify)
    unset = seconds(lambda: verify_password("wrong", ""))
    assert wrong / 4 < unknown < wrong * 4
    assert wrong / 4 < unset < wrong * 4


def test_the_hasher_is_made_once_even_when_threads_meet_at_the_first_use(monkeypatch):
    made = []

    class SlowContext(passwords.CryptContext):
        def __init__(self, **settings):
            made.append(settings)
            time.sleep(0.02)
            super().__init__(**settings)

    passwords._argon2id.cache_clear()
    monkeypatch.setattr(passwords, "CryptContext", SlowContext)
    with ThreadPoolExecutor(4) as threads:
        hashes = list(threads.map(hash_password, ["one", "two", "three", "four"]))
        right = list(threads.map(verify_password, ["one", "two", "three", "four"], hashes))
        wrong = list(threads.map(verify_password, ["two", "one", "four", "three"], hashes))
    assert right == [True] * 4
    assert wrong == [False] * 4
    assert len(made) == 1


def test_nothing_is_logged(caplog, capfd, hashed):
    with caplog.at_level(logging.DEBUG):
        verify_password("correct-horse", hashed)
        verify_password("wrong", hashed)
        dummy_verify()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_ticket_looks_like_a_guid_and_has_128_random_bits():
    tickets = {new_ticket() for _ in range(1000)}
    assert len(tickets) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", t) for t in tickets)
    # Every digit varies: there are no version bits as in a real GUID.
    assert all(len({t[at] for t in tickets}) == 16 for at in range(36) if at not in (8, 13, 18, 23))


def test_a_ticket_is_kept_as_its_sha_256():
    assert ticket_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert ticket_hash("") != ticket_hash(" ")

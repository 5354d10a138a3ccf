from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.session import login
from daemon.session.login import Verdict, examine, is_proven, was_proven
from shared.hints import Actor
from shared.hints import hint as hint_of
from shared.passwords import proof_of
from shared.rules.throttling import FREE_PASSWORDS, lock_after
from shared.rules.values import LONGEST_LOCK
from shared.structs import replace
from tests.daemon.builders import NOW, an_application, credentials


def matches(password: str, password_hash: str) -> bool:
    return password_hash == f"hash of {password}"


def test_the_password_of_the_latest_file_is_welcome():
    assert examine(credentials(), "new", verify=matches) is Verdict.WELCOME


def test_the_password_of_the_file_before_is_told_from_a_wrong_one():
    known = credentials(previous_password_hash="hash of old")
    assert examine(known, "old", verify=matches) is Verdict.OLD_PASSWORD
    assert examine(known, "older", verify=matches) is Verdict.WRONG_PASSWORD


def test_an_unknown_user_is_refused_after_the_time_of_a_check():
    assert examine(None, "new", verify=matches) is Verdict.UNKNOWN_USER


def test_a_damaged_hash_is_told_from_a_wrong_password():
    damaged = credentials(password_hash="x")
    assert examine(damaged, "new") is Verdict.UNREADABLE
    assert hint_of(Verdict.UNREADABLE).actor is Actor.OPERATOR


def test_an_application_whose_password_was_revoked_was_replaced():
    revoked = credentials(password_hash="")
    assert examine(revoked, "new", verify=matches) is Verdict.REPLACED


def test_an_application_that_never_had_a_password_lets_nobody_in():
    fresh = credentials(password_hash="", application=an_application(password_generation=0))
    assert examine(fresh, "", verify=lambda _p, stored: bool(stored)) is Verdict.WRONG_PASSWORD


SECRET = "5e" * 32


def with_proof(password: str, **changes):
    return credentials(password_proof=proof_of(password, SECRET), **changes)


def test_the_present_password_is_known_by_its_proof_and_no_other_is():
    assert is_proven(with_proof("new"), " new ", SECRET)
    assert not is_proven(with_proof("new"), "other", SECRET)
    assert not is_proven(with_proof("new"), "new", "00" * 32)
    assert not is_proven(credentials(), "", SECRET)
    assert not is_proven(None, "new", SECRET)


def test_the_password_before_is_known_by_its_proof_without_a_second_slow_check():
    known = with_proof("new", previous_password_hash="hash of old")
    known = replace(known, previous_password_proof=proof_of("old", SECRET))
    assert was_proven(known, "old", SECRET)
    assert not was_proven(known, "new", SECRET)
    checked = []
    examine(known, "wrong", verify=lambda *checks: bool(checked.append(checks)))
    assert len(checked) == 1


def test_a_proof_never_shows_in_a_repr():
    assert proof_of("new", SECRET) not in repr(with_proof("new"))


def test_the_first_wrong_passwords_lock_nothing_then_each_one_locks_for_longer():
    assert lock_after(FREE_PASSWORDS - 1, NOW) is None
    locks = [lock_after(FREE_PASSWORDS + n, NOW) for n in range(12)]
    waits = [lock - NOW for lock in locks if lock]
    assert waits[0] == timedelta(seconds=60)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_LOCK


def test_a_lock_ends_by_itself():
    locked = an_application(locked_until=NOW)
    assert locked.locked(NOW - timedelta(seconds=1)) == NOW
    assert locked.locked(NOW) is None
    assert an_application().locked(NOW) is None


def test_a_lock_longer_than_any_is_none_since_the_clock_was_set_back():
    assert an_application(locked_until=NOW).locked(NOW - timedelta(days=1)) is None


def test_a_refusal_travels_in_its_ticket_and_no_other_ticket_is_taken_for_one():
    refusal = login.Refusal("session-busy", "S42")
    assert login.refusal_of(login.refusal_ticket(refusal)) == refusal
    assert login.refusal_ticket(refusal) != login.refusal_ticket(refusal)
    assert login.refusal_of("7f9c2ba4-e88f-827d-6160-455077605853") is None
    assert login.refusal_of("") is None


def test_the_end_of_a_lock_travels_along_to_the_second():
    refusal = login.Refusal("login-locked", "S42", NOW)
    assert login.refusal_of(login.refusal_ticket(refusal)) == refusal


@pytest.mark.parametrize("forged", ["9" * 400, "-1", "²", "soon", ""])
def test_a_forged_ticket_brings_no_time(forged):
    told = login.refusal_of(f"refused.login-locked.S42.{forged}.ab")
    assert told == login.Refusal("login-locked", "S42")


def test_the_outside_does_not_learn_whether_a_user_name_exists():
    assert login.TOLD[Verdict.UNKNOWN_USER] == Verdict.WRONG_PASSWORD.value

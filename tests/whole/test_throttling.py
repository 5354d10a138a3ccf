"""Wrong passwords from one address at many user names: slowed down, told, and ended again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.health import snapshot
from shared.models import figures, throttles
from shared.operations import throttles as operations
from shared.operations.deciding import Operator, carry_out
from shared.rules.throttling import Source
from tests.edge.builders import LogLines
from tests.whole.rig import PASSWORD, Rig

OFFICE = "198.51.100.7"
FREE = Source.ADDRESS.free


@pytest.fixture
def rig(small_rig: Rig) -> Rig:
    small_rig.peer = OFFICE
    return small_rig


def sprays(rig: Rig, guesses: int, name: str = "nobody") -> list[str]:
    """Guess one password at each of many user names; what the Web Connector is told each time."""
    call = rig.by_hand().call
    told = []
    for number in range(guesses):
        ticket, _ = call.authenticate(f"{name}-{number}", "guess")
        told.append(call.get_last_error(ticket))
    return told


def locks(rig: Rig) -> dict[str, int]:
    with rig.store.reading():
        return dict(figures.sign_in_locks(rig.now))


def refusals(rig: Rig) -> set[str]:
    return {sync.error_code for sync in rig.syncs()}


def test_an_address_that_tries_many_names_is_slowed_down_and_told_until_when(rig: Rig) -> None:
    told = sprays(rig, FREE + 2)
    assert all("network" not in one for one in told[:FREE])
    assert all("network" in one for one in told[FREE:])
    assert locks(rig)["address"] == 1


def test_what_is_told_does_not_show_which_names_exist(rig: Rig) -> None:
    [*_, unknown] = sprays(rig, FREE + 1)
    guesser = rig.by_hand(password="guess")
    guesser.log_in()
    assert guesser.why() == unknown


def test_the_office_behind_the_same_address_is_let_in_all_the_time(rig: Rig) -> None:
    sprays(rig, FREE + 3)
    assert rig.sync().ok
    rig.restart()
    assert rig.sync().ok
    with rig.store.transaction():
        rig._set_password(1, "a-new-one")
    assert rig.sync(password="a-new-one").ok


def test_guesses_at_a_locked_address_check_no_password_and_write_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    sprays(rig, FREE)
    before = changes(rig)
    checks: list[Any] = []
    monkeypatch.setattr("daemon.callbacks.examine", lambda *asked: checks.append(asked))
    sprays(rig, 30, "somebody")
    assert (changes(rig), checks) == (before, [])


def changes(rig: Rig) -> Any:
    from shared.models.statements import current

    with rig.store.reading():
        _, database = current()
        rows = "SELECT max(id), sum(refusals) FROM sync"
        locked = "SELECT count(*), sum(guesses) FROM throttle"
        return [database.execute_sql(query).fetchall() for query in (rows, locked)]


def test_another_address_is_not_slowed_down(rig: Rig) -> None:
    sprays(rig, FREE + 1)
    rig.peer = "203.0.113.5"
    [told] = sprays(rig, 1)
    assert "network" not in told


def test_ipv6_networks_count_as_one(rig: Rig) -> None:
    for number in range(FREE):
        rig.peer = f"2001:db8::{number + 1:x}"
        sprays(rig, 1, f"nobody-{number}")
    with rig.store.reading():
        [lock] = throttles.locked(rig.now)
    assert lock.name == "2001:db8::/64"


def test_a_lock_ends_and_the_next_guess_locks_for_longer(rig: Rig) -> None:
    sprays(rig, FREE)
    rig.later(seconds=61)
    [told] = sprays(rig, 1)
    assert "network" not in told
    with rig.store.reading():
        [lock] = throttles.locked(rig.now)
    assert timedelta(seconds=110) < lock.until - rig.now <= timedelta(seconds=120)


def test_a_proxy_that_names_nobody_is_not_locked_and_one_that_does_is_believed(rig: Rig) -> None:
    rig.peer = "127.0.0.1"
    sprays(rig, FREE + 2)
    assert locks(rig)["address"] == 0
    rig.forwarded = OFFICE
    sprays(rig, FREE)
    with rig.store.reading():
        assert [lock.name for lock in throttles.locked(rig.now)] == [OFFICE]


def test_a_row_with_the_password_before_locks_its_office_never(rig: Rig) -> None:
    rig.rotate("Larkspur", "the-new-one")
    old = rig.by_hand(password=PASSWORD)
    for _ in range(FREE + 2):
        old.log_in()
    assert locks(rig)["address"] == 0


def test_an_operator_sees_and_ends_the_lock_and_it_begins_from_nothing(rig: Rig) -> None:
    sprays(rig, FREE)
    assert [lock.name for lock in snapshot.read(rig.store).locks] == [OFFICE]
    with rig.store.reading():
        plan = operations.plan_unlock(rig.store, f" {OFFICE}")
    carry_out(Operator(rig.store, "ada"), plan)
    assert snapshot.read(rig.store).locks == ()
    told = sprays(rig, FREE)
    assert not any("network" in one for one in told)


def test_the_log_says_once_for_each_lock_who_is_locked(rig: Rig) -> None:
    with LogLines() as log:
        sprays(rig, FREE + 10)
    assert log.text.count(f"Sign-in from {OFFICE} is locked") == 1


def test_an_application_behind_the_address_has_a_problem_that_its_next_sync_closes(
    rig: Rig,
) -> None:
    sprays(rig, FREE)
    rig.by_hand(password="guess").log_in()
    assert [one.code for one in rig.problems()] == ["address-locked"]
    assert rig.sync().ok
    assert [one.code for one in rig.problems() if one.state == "open"] == []


def test_what_one_daemon_locks_another_one_does_not_try(
    open_rig: Any, empty_postgres_url: str
) -> None:
    first, second = (open_rig(store_url=empty_postgres_url, peer=OFFICE) for _ in range(2))
    first.add_connection()
    second.now = first.now
    for _ in range(Source.USER_NAME.free):
        sprays(first, 1)
    [same_name, *_] = sprays(second, 2)
    assert "Sign-in is locked" in same_name
    sprays(first, FREE, "somebody")
    second.now = first.now
    [other_name] = sprays(second, 1, "anybody")
    assert "network" in other_name

"""Books are settled in slices: others have their turn between two, and each may be the last."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from daemon.stages.invoices import settling
from shared.models import connections, syncs
from shared.rules.values import ApplicationKind, JobMode, Layout, SyncState
from simulator.company import Company
from tests.whole.bookkeeping import changed, synced
from tests.whole.rig import ByHand, InPlace, Rig

BOTH = pytest.mark.parametrize(
    ("layout", "kind"),
    [(Layout.TWO, ApplicationKind.INVOICE), (Layout.COMBINED, ApplicationKind.COMBINED)],
)


class Killed(BaseException):
    """kill -9: nothing of ours runs any more."""


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices so narrow that a small company has many."""
    monkeypatch.setattr(settling, "A_SLICE", 1)
    monkeypatch.setattr(settling, "AT_ONCE", 20)


@pytest.fixture
def before_slices(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens before the second slice, the third and so on."""
    due: list[Callable[[], object]] = []
    store = InPlace.store_from_work

    def counted(place: InPlace, thd: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if thd.__name__ == "thd_go_on" and due:
            due.pop(0)()
        return store(place, thd, *args, **kwargs)

    monkeypatch.setattr(InPlace, "store_from_work", counted)
    return due


def killed() -> None:
    raise Killed


def nothing() -> None:
    """This slice is settled."""


@pytest.fixture
def killed_at(before_slices, logged_failures) -> Callable[..., str]:
    """Sync until the daemon is killed before some slice; returns the answer it was killed at."""

    def at(rig: Rig, hand: ByHand, slices: int) -> str:
        hand.log_in()
        before_slices.extend([*[nothing] * slices, killed])
        answer = hand.work(hand.ask())
        while is_told(hand, answer):
            answer = hand.work(hand.ask(hcp=""))
        rig.restart()
        gc.collect()  # what was under way is logged as it is thrown away
        logged_failures.clear()
        return answer

    return at


def is_told(hand: ByHand, answer: str) -> bool:
    """Whether the answer's percent arrives; a daemon that is killed meanwhile says nothing."""
    try:
        percent = hand.tell(answer)
    except AssertionError:
        return False
    assert 0 <= percent < 100, "the sync ended before the daemon was killed"
    return True


def test_every_slice_is_a_transaction_and_the_percent_comes_after_the_last(rig, before_slices):
    seen: list[tuple[int, str]] = []
    before_slices += [lambda: seen.append((len(rig.invoices()), rig.syncs()[0].state))] * 100
    assert rig.sync().ok
    shown = [number for number, _ in seen]
    assert shown == sorted(shown)
    assert 0 in shown
    assert len(set(shown)) > 2, "what was not settled yet is hidden"
    assert {state for _, state in seen} == {SyncState.STARTED}
    assert rig.is_equal()


def test_another_company_syncs_between_two_slices(rig, before_slices):
    rig.add_connection("Small")
    company = Company.create(seed=8, customers=3, invoices=9)
    done: list[bool] = []
    before_slices += [nothing, lambda: done.append(rig.sync("Small", company=company).ok)]
    assert rig.sync().ok
    assert done == [True]
    assert rig.is_equal()
    assert rig.is_equal("Small", company)


@BOTH
@pytest.mark.parametrize("slices", range(5))
def test_killed_between_two_slices_the_same_answer_goes_on_with_them(
    open_rig, killed_at, layout, kind, slices
):
    rig = open_rig()
    rig.add_connection(layout=layout)
    hand = rig.by_hand(kind=kind)
    answer = killed_at(rig, hand, slices)
    percent = hand.tell(answer)
    assert 0 < percent == hand.tell(answer), "asked once more, it is the same"
    assert percent == 100 or hand.finish() == 100
    assert rig.is_equal()
    assert rig.syncs()[0].state == SyncState.FINISHED


@BOTH
def test_killed_between_two_slices_the_next_request_goes_on_with_them(
    open_rig, killed_at, layout, kind
):
    rig = open_rig()
    rig.add_connection(layout=layout)
    hand = rig.by_hand(kind=kind)
    killed_at(rig, hand, 2)
    request = hand.ask(hcp="")
    assert (request == "") is (kind is ApplicationKind.INVOICE)
    assert not request or hand.tell(hand.work(request)) == 100 or hand.finish() == 100
    assert "Finished" in hand.close()
    assert rig.is_equal()


@BOTH
def test_killed_between_two_slices_the_next_sync_settles_all(open_rig, killed_at, layout, kind):
    rig = open_rig()
    rig.add_connection(layout=layout)
    killed_at(rig, rig.by_hand(kind=kind), 0)
    assert not rig.is_equal()
    synced(rig, kind=kind)
    assert rig.is_equal()


def test_an_answer_that_comes_twice_at_once_is_settled_once_and_both_are_told(rig, before_slices):
    hand = rig.by_hand()
    hand.log_in()
    answers, percents = [""], []
    before_slices += [nothing, lambda: percents.append(hand.tell(answers[-1]))]
    percent, hcp = 0, None
    while 0 <= percent < 100:
        answers.append(hand.work(hand.ask(hcp=hcp)))
        percent, hcp = hand.tell(answers[-1]), ""
    assert [percent, *percents] == [100, 100]
    assert rig.is_equal()


def test_another_answer_between_two_slices_is_out_of_turn(rig, before_slices):
    hand = rig.by_hand()
    hand.log_in()
    percents: list[int] = []
    before_slices += [lambda: percents.append(hand.tell("<QBXML/>"))]
    hand.tell(hand.work(hand.ask()))
    assert hand.finish() == 100
    assert percents == [-1]
    assert rig.is_equal()


def test_a_web_connector_that_closes_between_two_slices_leaves_the_rest_to_the_next_sync(
    rig, before_slices
):
    hand = rig.by_hand()
    hand.log_in()
    before_slices += [nothing, nothing, hand.close]
    hand.tell(hand.work(hand.ask()))
    assert hand.finish() == -1
    assert rig.syncs()[0].state == SyncState.FAILED
    synced(rig)
    assert rig.is_equal()


def test_a_sync_is_stopped_between_two_slices(rig, before_slices):
    def stop() -> None:
        with rig.store.transaction():
            syncs.request_stop(rig.syncs()[0].id, "mara")

    before_slices += [nothing, stop]
    assert not rig.sync().ok
    assert rig.syncs()[0].state == SyncState.CANCELED
    synced(rig)
    assert rig.is_equal()


def test_what_is_decided_between_two_slices_takes_effect_with_the_next_sync_at_the_latest(
    rig, before_slices
):
    before_slices += [nothing, nothing, nothing, lambda: changed(rig, jobs=JobMode.SEPARATE)]
    assert rig.sync().ok
    synced(rig)
    with rig.store.reading():
        assert connections.get("Larkspur").jobs is JobMode.SEPARATE
    assert rig.is_equal()


def test_a_fault_of_ours_in_a_slice_ends_the_sync_and_the_next_one_settles(
    rig, monkeypatch, logged_failures
):
    work = settling.PARTS["numbers"]

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(settling.PARTS, "numbers", broken)
    assert not rig.sync().ok
    assert logged_failures.pop().check(ZeroDivisionError)
    assert rig.syncs()[0].error_code == "internal-error"
    monkeypatch.setitem(settling.PARTS, "numbers", work)
    synced(rig)
    assert rig.is_equal()

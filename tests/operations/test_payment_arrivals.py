"""A file of payments comes in bit by bit: nobody sees a part of it, nobody waits for it."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest

from shared.errors import NotPossible
from shared.models import connections
from shared.models import tables as t
from shared.models.payments import hidden_imports, payment_pages, rejudging
from shared.models.statements import Statement, slot
from shared.models.store import open_store
from shared.operations import payment_arrivals, payment_intake, slices
from shared.operations.deciding import PlanIsStale, carry_out
from shared.operations.payment_cells import FileRow
from shared.operations.payment_intake import plan_add, plan_import
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import JobMode, Layout
from shared.structs import replace
from tests.models.builders import NOON, both_engines
from tests.models.payments.builders import money, pays
from tests.taking_in import Clerk

HERE = (socket.gethostname(), os.getpid())


@pytest.fixture
def store(store_url):
    made = open_store(store_url, clock=lambda: NOON)
    with made.transaction():
        connections.add("Larkspur", now=NOON, layout=Layout.TWO, jobs=JobMode.ROLL_UP)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def small_slices(monkeypatch):
    monkeypatch.setattr(slices, "SHORTEST", 2)
    monkeypatch.setattr(slices, "LONGEST", 2)
    monkeypatch.setattr(slices, "LONGEST_PAUSE_SECONDS", 0)


def file_of(count, **changes):
    return [FileRow(n, pays(f"pay_{n}", "10.00", **changes)) for n in range(1, count + 1)]


def planned(store, rows):
    with store.reading():
        return plan_import(store, "Larkspur", rows, source="may.csv")


def imported(store, rows):
    return carry_out(Clerk(store, "ann", NOON), planned(store, rows)).report


def seen(store):
    """How many payments the listing, the figures and the judging see."""
    with store.transaction():
        listed = len(list(payment_pages.each(1)))
        figured = sum(one.count for one in payment_pages.figures(1))
        assert listed == figured
    return listed


def hidden(store):
    with store.reading():
        rows = Statement(lambda: t.Payment.select_hidden_too(t.Payment.id))
        return len(rows.all())


def between_slices(monkeypatch, act):
    """Something that happens in every pause, by somebody else."""
    paused = slices.let_others_in

    def pause(took, *, since):
        act()
        paused(took, since=since)

    monkeypatch.setattr(slices, "let_others_in", pause)


def test_nobody_sees_a_part_of_a_file(store, monkeypatch):
    counts = []
    between_slices(monkeypatch, lambda: counts.append((hidden(store), seen(store))))
    report = imported(store, file_of(9))
    assert (report.new, seen(store)) == (9, 9)
    assert [pair for pair in counts if pair[1] not in (0, 9)] == []
    assert max(part for part, visible in counts if not visible) > 2


def test_the_daemon_judges_nothing_of_a_file_that_is_on_its_way(store, monkeypatch):
    def judge():
        with store.transaction():
            rejudging.judge_again(1, NOON)
            assert asked.all(code="") == [] or seen(store) == 5

    asked = Statement(lambda: t.Posting.select(t.Posting.id).where(t.Posting.code != slot("code")))
    between_slices(monkeypatch, judge)
    assert imported(store, file_of(5)).new == 5


def test_every_payment_is_judged_in_the_end(store):
    imported(store, file_of(5))
    with store.reading():
        assert {one.status for one in payment_pages.each(1)} == {PaymentStatus.WAITING}
        assert all(one.code for one in payment_pages.each(1))


class Killed(BaseException):
    """A kill -9: nothing is tidied up."""


def kill_in_a_pause(store, monkeypatch, rows):
    """Import until half of the file is written, then vanish."""
    with monkeypatch.context() as patch:

        def die():
            if hidden(store) >= 4:
                raise Killed

        between_slices(patch, die)
        patch.setattr(payment_arrivals.Arrival, "remove", lambda self: None)
        with pytest.raises(Killed):
            imported(store, rows)
    with store.transaction():
        Statement(lambda: t.PaymentImport.update({t.PaymentImport.pid: slot("pid")})).run(
            pid=2**22 + 1
        )


@both_engines
def test_what_a_killed_import_left_is_seen_by_nobody_and_removed_by_the_next(store, monkeypatch):
    rows = file_of(9)
    kill_in_a_pause(store, monkeypatch, rows)
    assert (hidden(store) >= 4, seen(store)) == (True, 0)
    assert planned(store, rows).report.new == 9
    assert imported(store, rows).new == 9
    assert (hidden(store), seen(store)) == (9, 9)
    assert imported(store, rows).unchanged == 9


def test_an_import_that_fails_takes_back_what_it_wrote(store, monkeypatch):
    def fail():
        if hidden(store) >= 4:
            raise RuntimeError("the disk is full")

    between_slices(monkeypatch, fail)
    with pytest.raises(RuntimeError):
        imported(store, file_of(9))
    assert hidden(store) == 0
    with store.reading():
        assert hidden_imports.under_way(1) is None


@both_engines
def test_a_payment_that_is_added_meanwhile_wins_and_the_file_is_planned_anew(store, monkeypatch):
    rows = file_of(9)
    added = []

    def add():
        if hidden(store) >= 4 and not added:
            added.append(True)
            with store.reading():
                plan = plan_add(store, "Larkspur", pays("pay_2", "11.00"))
            carry_out(Clerk(store, "bob", NOON), plan)

    between_slices(monkeypatch, add)
    with pytest.raises(PlanIsStale) as stale:
        imported(store, rows)
    assert (hidden(store), seen(store)) == (1, 1)
    fresh = stale.value.fresh
    assert fresh.report.new == 8
    assert fresh.report.changed == 1
    assert carry_out(Clerk(store, "ann", NOON), fresh).report.changed == 1
    with store.reading():
        assert {one.amount for one in payment_pages.each(1)} == {money("10.00")}


def test_corrections_are_seen_together_with_what_is_new(store, monkeypatch):
    imported(store, file_of(3))
    amounts = []

    def look():
        with store.reading():
            amounts.append(sorted(str(one.amount) for one in payment_pages.each(1)))

    between_slices(monkeypatch, look)
    rows = [replace(row, payment=pays(f"pay_{row.line}", "12.00")) for row in file_of(9)]
    assert imported(store, rows).changed == 3
    assert set(map(tuple, amounts)) == {("10.00",) * 3, ("12.00",) * 9}


def test_more_corrections_than_fit_into_one_transaction_are_made_in_slices(store, monkeypatch):
    imported(store, file_of(7))
    monkeypatch.setattr(payment_intake, "_LAST", 3)
    changed = []

    def look():
        with store.reading():
            amounts = [str(one.amount) for one in payment_pages.each(1)]
        changed.append((amounts.count("12.00"), len(amounts)))

    between_slices(monkeypatch, look)
    rows = [replace(row, payment=pays(f"pay_{row.line}", "12.00")) for row in file_of(9)]
    report = imported(store, rows)
    assert (report.new, report.changed) == (2, 7)
    early = [count for count, seen in changed if seen == 7]
    assert max(early) == 2
    assert changed[-1] == (9, 9)


def test_a_correction_of_a_payment_that_leaves_meanwhile_is_planned_anew(store, monkeypatch):
    imported(store, file_of(1))
    rows = [replace(row, payment=pays(f"pay_{row.line}", "12.00")) for row in file_of(9)]

    def withdraw():
        with store.transaction():
            Statement(
                lambda: t.Payment.update({t.Payment.status: slot("status")}).where(
                    t.Payment.key == slot("key")
                )
            ).run(status=PaymentStatus.WITHDRAWN.value, key="pay_1")

    between_slices(monkeypatch, withdraw)
    with pytest.raises(PlanIsStale) as stale:
        imported(store, rows)
    assert len(stale.value.fresh.report.refused) == 1
    assert (hidden(store), seen(store)) == (1, 1)


@pytest.mark.parametrize(
    ("process", "silent", "goes_on"),
    [
        ((HERE[0], os.getppid()), timedelta(hours=1), True),
        ((HERE[0], 2**22 + 1), timedelta(), False),
        (("elsewhere", 1), timedelta(seconds=50), True),
        (("elsewhere", 1), timedelta(seconds=70), False),
    ],
)
def test_two_imports_into_one_connection_do_not_run_at_once(store, process, silent, goes_on):
    with store.transaction():
        hidden_imports.begin(1, "april.csv", "bob", process, NOON - silent)
    if goes_on:
        with pytest.raises(NotPossible, match=r"april\.csv is being imported .* by bob"):
            imported(store, file_of(3))
        assert seen(store) == 0
    else:
        assert imported(store, file_of(3)).new == 3


def test_what_everybody_sees_is_never_removed_as_a_leftover(store):
    imported(store, file_of(3))
    with store.transaction():
        assert not hidden_imports.remove_some(1, 1, 500)
    assert seen(store) == 3

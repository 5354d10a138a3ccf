from __future__ import annotations

import pytest

from daemon.stages import paging
from daemon.stages.moves import Answered
from daemon.stages.paging import LARGE_BYTES, MOST_EMPTY_PAGES, SMALLEST_PAGE, Paged, next_page_size
from shared.structs import replace


def test_a_quick_small_page_is_doubled_up_to_the_largest():
    assert next_page_size(100, seconds=1, size_bytes=400_000, largest=500) == 200
    assert next_page_size(400, seconds=1, size_bytes=1_600_000, largest=500) == 500


def test_a_slow_page_is_halved():
    assert next_page_size(400, seconds=40, size_bytes=1_000, largest=500) == 200


def test_a_heavy_page_is_halved_however_quick_it_was():
    assert next_page_size(400, seconds=1, size_bytes=LARGE_BYTES + 1, largest=500) == 200


def test_a_page_that_would_get_too_heavy_stays():
    assert next_page_size(100, seconds=1, size_bytes=LARGE_BYTES - 1, largest=500) == 100


def test_a_page_between_quick_and_slow_stays():
    assert next_page_size(100, seconds=15, size_bytes=1_000, largest=500) == 100


def test_a_page_never_gets_too_small_to_make_headway():
    size = 500
    for _ in range(20):
        size = next_page_size(size, seconds=90, size_bytes=1_000, largest=500)
    assert size == SMALLEST_PAGE


# Pages are judged by what came


def read_list(pages: list[Answered]) -> tuple[Paged, int, int]:
    """Read a list whose QuickBooks answers with these pages each time it is begun.

    Returns where it ends, how many pages were asked for, and how often it was begun again.
    """
    state, asked, at, begun_again = Paged(page_size=10, largest_page=10, most_tries=3), 0, 0, 0
    while True:
        answer, at, asked = pages[at], at + 1, asked + 1
        if paging.page_was_skipped(state, answer):
            state, _ = paging.start_over(state, "")
            at, begun_again = 0, begun_again + 1
            continue
        state = paging.counted(state, answer)
        if not paging.has_another_page(state, answer):
            return state, asked, begun_again
        state = paging.turn_page(state, answer)


def page(rows: int, remaining: int | None) -> Answered:
    return Answered(rows=rows, changed=rows, remaining=remaining, iterator_id="{A}")


@pytest.mark.parametrize(
    "pages",
    [
        [page(11, 19), page(11, 8), page(8, 0)],  # one more than was asked for
        [page(3, 27), page(20, 7), page(7, 0)],
        [page(10, 20), page(0, 20), page(0, 20), page(10, 10), page(10, 0)],
        [page(10, None), page(10, None), page(10, None), page(0, None)],
        [page(10, 20), page(10, None), page(10, None), page(0, None)],
        [page(0, 30), page(30, 0)],
        [page(10, 40), page(10, 35), page(10, 0)],  # the count was wrong, and falls by fewer
    ],
    ids=["more", "uneven", "empty", "no count", "count lost", "late", "grows"],
)
def test_a_list_is_read_to_its_end_whatever_the_habit(pages):
    state, asked, _ = read_list(pages)
    assert state.rows_read == 30
    assert asked <= len(pages) * 2


def test_a_page_that_was_lost_is_read_again():
    whole = [page(10, 20), page(10, 10), page(10, 0)]
    lost = paging.turn_page(
        paging.counted(Paged(page_size=10, largest_page=10, most_tries=3), whole[0]), whole[0]
    )
    assert paging.page_was_skipped(lost, whole[2])
    assert not paging.page_was_skipped(lost, whole[1])
    assert not paging.page_was_skipped(lost, replace(whole[1], asked_twice=True))
    thin = replace(whole[1], rows=4)
    assert not paging.page_was_skipped(lost, thin)
    assert paging.page_was_skipped(lost, replace(thin, asked_twice=True))


def test_a_count_that_always_jumps_makes_the_list_begin_again_once_and_doubtful():
    state, _, begun_again = read_list([page(10, 90), page(10, 40), page(10, 0)])
    assert begun_again == 1
    assert state.is_doubtful
    assert state.rows_read == 30


def test_empty_pages_do_not_go_on_for_ever():
    _, asked, _ = read_list([page(10, 20)] + [page(0, 20)] * 50)
    assert asked == MOST_EMPTY_PAGES + 1

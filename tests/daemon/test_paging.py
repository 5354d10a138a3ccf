from __future__ import annotations

from daemon.stages.paging import LARGE_BYTES, SMALLEST_PAGE, next_page_size


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

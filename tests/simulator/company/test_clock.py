"""QuickBooks' times: the right wall clock, with the winter offset all year."""

from __future__ import annotations

import calendar
from datetime import datetime

import pytest

from simulator.company import Company, acts, make_profile
from simulator.company.clock import ZONES, Zone, stamp
from tests.simulator.company.builders import (
    a_company,
    a_session,
    an_open_invoice,
    ask_one,
    status,
    texts,
)


def epoch(text: str) -> int:
    return calendar.timegm(datetime.fromisoformat(text).timetuple())


@pytest.mark.parametrize(
    ("utc", "printed"),
    [
        ("2024-01-15T14:00:00", "2024-01-15T09:00:00-05:00"),
        ("2024-06-12T13:46:40", "2024-06-12T09:46:40-05:00"),
        ("2024-03-10T06:59:59", "2024-03-10T01:59:59-05:00"),
        ("2024-03-10T07:00:00", "2024-03-10T03:00:00-05:00"),
        ("2024-11-03T05:59:59", "2024-11-03T01:59:59-05:00"),
        ("2024-11-03T06:00:00", "2024-11-03T01:00:00-05:00"),
    ],
)
def test_the_wall_clock_is_right_and_the_offset_is_winters(utc: str, printed: str) -> None:
    assert stamp(ZONES["new-york"], epoch(utc)) == printed


def test_some_installations_print_true_offsets() -> None:
    at = epoch("2024-06-12T13:46:40")
    assert stamp(ZONES["new-york"], at, "true") == "2024-06-12T09:46:40-04:00"
    assert stamp(ZONES["berlin"], at, "true") == "2024-06-12T15:46:40+02:00"
    assert stamp(ZONES["berlin"], at) == "2024-06-12T15:46:40+01:00"


@pytest.mark.parametrize(
    ("name", "winter", "summer"),
    [
        ("new-york", -300, -240),
        ("los-angeles", -480, -420),
        ("vancouver", -480, -420),
        ("phoenix", -420, -420),
        ("london", 0, 60),
        ("berlin", 60, 120),
        ("utc", 0, 0),
    ],
)
def test_summer_time_is_as_the_world_keeps_it(name: str, winter: int, summer: int) -> None:
    zone, july = ZONES[name], epoch("2024-07-01T00:00:00")
    assert zone.offset_minutes(epoch("2024-01-01T00:00:00")) == winter
    assert zone.offset_minutes(july) == summer
    assert zone.winter_minutes(july) == winter


def test_a_wall_clock_time_leads_back_to_its_moment() -> None:
    zone = ZONES["new-york"]
    for at in range(epoch("2024-03-09T00:00:00"), epoch("2024-03-12T00:00:00"), 1799):
        assert zone.epoch(zone.wall(at)) == at


def changed_at(utc: str, **options) -> tuple[Company, str, int]:
    """A company in which one invoice was edited at a moment, long after all others."""
    company = a_company(today="2023-12-29", **options)
    company.books.now = epoch(utc) - acts.finding.ACT_SECONDS
    invoice = an_open_invoice(company.books)
    acts.edit(company.books, invoice.txn_id, memo="late")
    return company, invoice.txn_id, company.books.now


def found(company: Company, body: str) -> list[str]:
    query = (
        f"<InvoiceQueryRq><ModifiedDateRangeFilter>{body}</ModifiedDateRangeFilter>"
        "</InvoiceQueryRq>"
    )
    return texts(ask_one(a_session(company), query), "InvoiceRet/TxnID")


def since(company: Company, text: str) -> bool:
    return bool(found(company, f"<FromModifiedDate>{text}</FromModifiedDate>"))


def until(company: Company, text: str) -> bool:
    body = f"<FromModifiedDate>2024-01-01</FromModifiedDate><ToModifiedDate>{text}</ToModifiedDate>"
    return bool(found(company, body))


def test_modified_dates_are_inclusive_wall_clock_times() -> None:
    company, _, _ = changed_at("2024-06-12T13:46:40")
    assert since(company, "2024-06-12T09:46:40")
    assert not since(company, "2024-06-12T09:46:41")
    assert until(company, "2024-06-12T09:46:40")
    assert not until(company, "2024-06-12T09:46:39")


@pytest.mark.parametrize(
    ("text", "from_finds", "to_finds"),
    [
        ("2024-06-12", True, True),
        ("2024-06-13", False, True),
        ("2024-06-11", True, False),
        ("2024-06-12T09", True, True),
        ("2024-06-12T10", False, True),
        ("2024-06-12T09:46", True, True),
        ("2024-6-12T9:46:40", True, True),
    ],
)
def test_what_is_left_out_is_the_start_or_the_end(text, from_finds, to_finds) -> None:
    company, _, _ = changed_at("2024-06-12T13:46:40")
    assert since(company, text) is from_finds
    assert until(company, text) is to_finds


def test_a_time_sent_back_as_received_finds_the_same_moment() -> None:
    for offsets in ("winter", "true"):
        company, _, at = changed_at("2024-06-12T13:46:40", profile=profile(offsets))
        printed = company.books.stamp(at)
        assert since(company, printed)
        assert until(company, printed)
        company.books.invoices.clear()


def profile(offsets: str):
    from shared.structs import replace

    return replace(make_profile(), offsets=offsets)


def test_true_universal_time_is_off_by_an_hour_in_summer() -> None:
    company, _, _ = changed_at("2024-06-12T13:46:40")
    assert since(company, "2024-06-12T14:46:40+00:00")
    assert not since(company, "2024-06-12T14:46:41+00:00")
    winter, _, _ = changed_at("2024-02-12T13:46:40")
    assert since(winter, "2024-02-12T13:46:40+00:00")
    assert not since(winter, "2024-02-12T13:46:41+00:00")


def test_a_later_change_in_the_repeated_hour_may_have_an_earlier_time() -> None:
    company, _, _ = changed_at("2024-11-03T05:59:00")
    other = next(
        one.txn_id
        for one in company.books.invoices.values()
        if one.memo != "late" and not one.voided
    )
    acts.edit(company.books, other, memo="later still")
    times = texts(
        ask_one(a_session(company), "<InvoiceQueryRq><ModifiedDateRangeFilter>"
                "<FromModifiedDate>2024-11-03</FromModifiedDate></ModifiedDateRangeFilter>"
                "</InvoiceQueryRq>"),
        "InvoiceRet/TimeModified",
    )  # fmt: skip
    assert sorted(times) == ["2024-11-03T01:00:30-05:00", "2024-11-03T01:59:00-05:00"]


@pytest.mark.parametrize("text", ["2024-13-01", "2024-02-30", "1969-01-01", "2024-01-01T24:00:00"])
def test_a_date_that_there_is_not_is_an_error(text: str) -> None:
    since = f"<FromModifiedDate>{text}</FromModifiedDate>"
    body = (
        f"<InvoiceQueryRq><ModifiedDateRangeFilter>{since}</ModifiedDateRangeFilter>"
        "</InvoiceQueryRq>"
    )
    assert status(ask_one(a_session(), body)) == (3020, "Error")


@pytest.mark.parametrize(
    "body",
    [
        "<ModifiedDateRangeFilter><FromModifiedDate>2024-02-01</FromModifiedDate><ToModifiedDate>"
        "2024-01-01</ToModifiedDate></ModifiedDateRangeFilter>",
        "<TxnDateRangeFilter><FromTxnDate>2024-02-01</FromTxnDate><ToTxnDate>2024-01-01"
        "</ToTxnDate></TxnDateRangeFilter>",
    ],
)
def test_a_range_that_ends_before_it_begins_is_an_error(body: str) -> None:
    assert status(ask_one(a_session(), f"<InvoiceQueryRq>{body}</InvoiceQueryRq>"))[0] == 3030


def test_a_zone_of_ones_own_will_do() -> None:
    assert stamp(Zone("Asia/Kathmandu"), 600_000_000) == "1989-01-05T16:25:00+05:45"

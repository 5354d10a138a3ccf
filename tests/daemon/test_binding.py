"""Which company file answers, and whether its QuickBooks is served."""

from __future__ import annotations

import pytest

from daemon.session.binding import Alone, Bound, Refused, identify, tell_apart
from daemon.stages.reading import Introduced
from shared.qbxml.responses import (
    CompanyRet,
    DataExt,
    HostRet,
    MultiCurrencyPreferences,
    PreferencesRet,
)
from shared.rules.company_files import Neighbor
from shared.rules.values import SampleCompany
from shared.structs import replace
from tests.daemon.builders import NOW, a_binding, a_connection, an_application

OURS = an_application()
STAMP = DataExt(OURS.owner_id.lower(), "FileID", OURS.file_id.lower())
HOST = HostRet(
    product_name="QuickBooks Enterprise Solutions 24.0",
    major_version="34",
    minor_version="0",
    country="US",
    supported_versions=("1.0", "12.0", "13.0", "16.0"),
)


def said(name: str = "Larkspur Tile & Stone", *, stamps=(STAMP,), host=HOST, preferences=None):
    return Introduced(host, CompanyRet(company_name=name, data_exts=tuple(stamps)), preferences)


def decide(introduced: Introduced, bound=None):
    return identify(introduced, a_connection(binding=bound), OURS, NOW)


def test_the_first_reply_is_what_the_connection_is_bound_to():
    found = decide(said())
    assert isinstance(found, Bound)
    assert found.binding.company_name == "Larkspur Tile & Stone"
    assert (found.binding.qbxml_version, found.binding.country) == ("13.0", "US")
    assert found.binding.bound_at == NOW


def test_the_same_company_is_recognized_whatever_the_spacing_and_case():
    assert isinstance(decide(said("larkspur  tile & STONE "), a_binding()), Bound)


def test_another_name_is_another_company():
    refused = decide(said("Other Ltd"), a_binding())
    assert refused == Refused(
        "company-mismatch", {"expected": "Larkspur Tile & Stone", "found": "Other Ltd"}
    )


def test_another_stamp_is_another_company_even_before_the_connection_is_bound():
    other = STAMP._replace(value="{00000000-0000-0000-0000-000000000001}")
    for bound in (None, a_binding()):
        refused = decide(said(stamps=[other]), bound)
        assert refused == Refused("company-unmarked", {"found": "Larkspur Tile & Stone"})


def test_a_company_of_the_same_name_without_our_stamp_is_another_one():
    refused = decide(said(stamps=[]), a_binding())
    assert refused == Refused("company-unmarked", {"found": "Larkspur Tile & Stone"})


def test_a_stamp_of_another_application_is_not_ours():
    foreign = STAMP._replace(owner_id="{11111111-0000-0000-0000-000000000001}")
    assert isinstance(decide(said(stamps=[foreign, STAMP]), a_binding()), Bound)
    assert isinstance(decide(said(stamps=[foreign]), a_binding()), Refused)


@pytest.mark.parametrize(
    "introduced",
    [Introduced(), Introduced(host=HOST), said("")],
    ids=["nothing", "no company", "no name"],
)
def test_a_quickbooks_that_does_not_say_which_company_is_open_gets_no_request(introduced):
    assert decide(introduced) == Refused("company-unidentified")


def test_products_older_than_2015_are_refused():
    old = HOST._replace(product_name="QuickBooks Pro 2014", major_version="24")
    refused = decide(said(host=old))
    assert refused == Refused("quickbooks-too-old", {"product": "QuickBooks Pro 2014"})


def test_a_quickbooks_without_a_common_version_is_refused():
    ancient = HOST._replace(supported_versions=("1.0", "CA2.0"))
    refused = decide(said(host=ancient))
    assert isinstance(refused, Refused)
    assert refused.code == "qbxml-unsupported"


@pytest.mark.parametrize(("country", "currency"), [("US", "USD"), ("CA", "CAD"), ("UK", "GBP")])
def test_a_company_with_one_currency_keeps_that_of_its_country(country, currency):
    found = decide(said(host=HOST._replace(country=country)))
    assert isinstance(found, Bound)
    assert (found.binding.home_currency, found.binding.multicurrency) == (currency, False)


def test_a_company_with_several_currencies_names_its_own():
    preferences = PreferencesRet(multi_currency=MultiCurrencyPreferences(True, "Euro"))
    found = decide(said(preferences=preferences))
    assert isinstance(found, Bound)
    assert (found.binding.home_currency, found.binding.multicurrency) == ("EUR", True)


def test_withheld_preferences_do_not_stop_a_company_that_is_known():
    found = decide(said(), a_binding(home_currency="CAD", bound_at=NOW.replace(year=2020)))
    assert isinstance(found, Bound)
    assert found.binding.home_currency == "CAD"
    assert found.binding.bound_at.year == 2020


def test_a_sample_company_is_refused_unless_the_connection_allows_it():
    sample = Introduced(HOST, said().company._replace(is_sample_company=True), None)
    refused = decide(sample)
    assert refused == Refused("sample-company", {"found": "Larkspur Tile & Stone"})
    allowing = a_connection(sample_company=SampleCompany.ALLOW)
    assert isinstance(identify(sample, allowing, OURS, NOW), Bound)


# One company file, one connection

THEIRS = ("{22222222-0000-0000-0000-000000000001}", "{22222222-0000-0000-0000-000000000002}")
THEIR_STAMP = STAMP._replace(owner_id=THEIRS[0], value=THEIRS[1])
ASKED = ("1-1-a",)


def a_neighbor(**changes):
    plain = {
        "connection_id": 2,
        "name": "Aster",
        "company_key": "key of theirs",
        "bound_at": NOW,
        "stamps": (THEIRS,),
    }
    return Neighbor(**{**plain, **changes})


def told_apart(*neighbors, stamps=(STAMP, THEIR_STAMP), bound=None, read=ASKED):
    introduced = replace(said(stamps=stamps), stamps_read=frozenset(read))
    connection = a_connection(binding=bound)
    found = identify(introduced, connection, OURS, NOW)
    assert isinstance(found, Bound)
    asked = dict.fromkeys(neighbors, ASKED)
    return tell_apart(introduced, found, connection, OURS, asked)


def test_a_company_with_the_stamp_of_a_bound_connection_is_that_ones():
    refused = told_apart(a_neighbor())
    assert isinstance(refused, Refused)
    assert (refused.code, refused.shares) == ("company-bound-elsewhere", "key of theirs")
    assert refused.facts["other"] == "Aster"


def test_a_connection_that_may_still_write_to_the_file_keeps_it():
    assert isinstance(told_apart(a_neighbor(bound_at=None)), Refused)


def test_a_company_of_the_same_name_without_its_stamp_is_another_one():
    alone = told_apart(a_neighbor(), stamps=[STAMP])
    assert isinstance(alone, Alone)
    assert alone.binding.company_key.startswith(OURS.file_id)
    assert (alone.same_file, alone.by_name) == ((), (2,))


def test_of_two_that_are_bound_the_earlier_one_stays():
    earlier, later = NOW.replace(year=2020), NOW.replace(year=2030)
    assert isinstance(told_apart(a_neighbor(bound_at=earlier), bound=a_binding()), Refused)
    alone = told_apart(a_neighbor(bound_at=later), bound=a_binding())
    assert isinstance(alone, Alone)
    assert alone.same_file == (2,)


def test_a_stamp_that_quickbooks_did_not_tell_of_is_not_taken_for_missing():
    assert told_apart(a_neighbor(), stamps=[STAMP], read=()) == Refused("company-unidentified")

"""Which company file answers, and whether its QuickBooks is served."""

from __future__ import annotations

import pytest

from daemon.session.binding import Bound, Refused, identify
from daemon.stages.reading import Introduced
from shared.qbxml.responses import CompanyRet, DataExt, HostRet, PreferencesRet, Ref
from tests.daemon.builders import NOW, a_binding, a_connection, an_application

OURS = an_application()
STAMP = DataExt(OURS.owner_id.lower(), "FileID", "STR255TYPE", OURS.file_id.lower())
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


def test_the_same_company_is_recognised_whatever_the_spacing_and_case():
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
        assert isinstance(refused, Refused)
        assert refused.code == "company-mismatch"


def test_a_company_of_the_same_name_without_our_stamp_is_another_one():
    refused = decide(said(stamps=[]), a_binding())
    assert isinstance(refused, Refused)
    assert refused.code == "company-mismatch"
    assert "without the mark" in refused.facts["found"]


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
    preferences = PreferencesRet(is_multi_currency_on=True, home_currency=Ref("1", "Euro"))
    found = decide(said(preferences=preferences))
    assert isinstance(found, Bound)
    assert (found.binding.home_currency, found.binding.multicurrency) == ("EUR", True)


def test_withheld_preferences_do_not_stop_a_company_that_is_known():
    found = decide(said(), a_binding(home_currency="CAD", bound_at=NOW.replace(year=2020)))
    assert isinstance(found, Bound)
    assert found.binding.home_currency == "CAD"
    assert found.binding.bound_at.year == 2020

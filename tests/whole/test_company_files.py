"""One company file, one connection; and sample companies."""

from __future__ import annotations

import pytest

from shared.models import applications, company_files, connections
from shared.rules.values import ApplicationKind, SampleCompany
from shared.structs import replace
from simulator.webconnector import Result
from tests.whole.conftest import small_company

ELSEWHERE = "company-bound-elsewhere"


@pytest.fixture
def bound(rig):
    """A rig whose first connection, Larkspur, is bound to the company."""
    assert rig.sync().ok
    rig.requests.clear()
    return rig


def binding(rig, name):
    with rig.store.reading():
        return connections.get(name).binding


def remove(rig, name):
    with rig.store.transaction():
        connections.remove(connections.get(name).id)


def test_a_second_connection_to_a_company_file_is_refused_and_the_first_goes_on(bound):
    bound.add_connection("Aster")
    outcome = bound.sync("Aster")
    assert outcome.result is Result.FAILED
    sync = bound.syncs("Aster")[0]
    assert sync.error_code == ELSEWHERE
    assert "Aster" in sync.error
    assert "Larkspur" in sync.error
    assert [one.code for one in bound.problems("Aster")] == [ELSEWHERE]
    assert binding(bound, "Aster") is None
    assert bound.invoices("Aster") == {}
    assert not any("InvoiceQueryRq" in request for request in bound.requests)
    assert bound.sync().ok


def test_the_other_application_of_the_first_connection_is_no_second_one(bound):
    assert bound.sync(kind=ApplicationKind.PAYMENT).ok
    assert not any("CompanyQueryRq" in request for request in bound.requests)


def test_two_companies_of_one_name_are_two(bound):
    other = small_company(seed=8)
    bound.add_connection("Aster")
    assert other.books.profile.name == bound.company.books.profile.name
    assert bound.sync("Aster", company=other).ok
    assert bound.sync().ok
    assert bound.sync("Aster", company=other).ok
    keys = {binding(bound, name).company_key for name in ("Larkspur", "Aster")}
    assert len(keys) == 2
    assert "" not in keys


def test_once_the_first_connection_is_removed_the_file_is_free(bound):
    bound.add_connection("Aster")
    bound.sync("Aster")
    remove(bound, "Larkspur")
    assert bound.sync("Aster").ok
    assert bound.problems("Aster") == []


def test_once_the_first_connection_is_unbound_the_file_is_free(bound):
    bound.add_connection("Aster")
    with bound.store.transaction():
        connections.unbind(connections.get("Larkspur").id)
    assert bound.sync("Aster").ok
    assert bound.sync().result is Result.FAILED
    assert bound.syncs("Larkspur")[0].error_code == ELSEWHERE


def test_it_is_seen_through_where_the_first_connection_was_not_in_the_web_connector(bound):
    """Its stamp was gone when the other one came, and is there again."""
    connector, row = bound.web_connector()
    stamps = dict(bound.company.books.data_exts)
    bound.company.books.data_exts.clear()
    bound.add_connection("Aster")
    assert bound.sync("Aster").ok
    bound.company.books.data_exts.update(stamps)
    assert connector.update(row).ok
    assert bound.sync("Aster").result is Result.FAILED
    with bound.store.reading():
        assert company_files.sharing() == [("Larkspur", "Aster")]


def test_new_ids_do_not_hide_a_connection(bound):
    with bound.store.transaction():
        held = connections.get("Larkspur").id
        applications.renew_ids([one.id for one in connections.applications(held)])
    bound.add_connection("Aster")
    assert bound.sync("Aster").ok
    assert bound.sync().ok
    assert bound.sync("Aster").result is Result.FAILED


def test_a_quickbooks_that_does_not_tell_of_stamps_gets_no_request(bound):
    bound.add_connection("Aster")

    def withheld(answer, request):
        if "CompanyQueryRq" not in request:
            return answer
        head, *others = answer.split("<CompanyQueryRs ")
        first, *marks = others
        refused = [mark.replace('statusCode="0"', 'statusCode="3260"', 1) for mark in marks]
        return "<CompanyQueryRs ".join([head, first, *refused])

    bound.alter_with_request = withheld
    assert bound.sync("Aster").result is Result.FAILED
    assert bound.syncs("Aster")[0].error_code == "company-unidentified"
    assert binding(bound, "Aster") is None


def test_where_the_web_connector_brings_no_introduction_it_is_asked_for_all_the_same(bound):
    bound.add_connection("Aster")
    hand = bound.by_hand("Aster")
    hand.log_in()
    assert hand.tell(hand.work(hand.ask(hcp=""))) == -1
    assert bound.syncs("Aster")[0].error_code == ELSEWHERE


# Sample companies


@pytest.fixture
def sample(rig):
    rig.company.books.profile = replace(rig.company.books.profile, is_sample=True)
    return rig


def test_a_sample_company_is_refused(sample):
    outcome = sample.sync()
    assert outcome.result is Result.FAILED
    assert sample.syncs()[0].error_code == "sample-company"
    assert sample.requests == []
    assert binding(sample, "Larkspur") is None


def test_a_sample_company_is_let_in_where_the_connection_allows_it(sample):
    with sample.store.transaction():
        held = connections.get("Larkspur").id
        connections.edit(held, sample_company=SampleCompany.ALLOW)
    assert sample.sync().ok
    assert sample.is_equal()

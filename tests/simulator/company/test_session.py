"""Message sets, statuses, iterators and what ends a session."""

from __future__ import annotations

import pytest
from lxml import etree

from simulator.company import QuickBooksError, acts
from tests.simulator.company.builders import (
    a_company,
    a_session,
    an_open_invoice,
    ask,
    ask_one,
    checked,
    document,
    status,
    texts,
)

COMPANY = a_company()


def page(
    iterator: str, iterator_id: str = "", most: str = "10", extra: str = "", more: str = ""
) -> str:
    ident = f' iteratorID="{iterator_id}"' if iterator_id else ""
    count = f"<MaxReturned>{most}</MaxReturned>" if most else ""
    return (
        f'<InvoiceQueryRq requestID="5" iterator="{iterator}"{ident}{more}>'
        f"{count}{extra}</InvoiceQueryRq>"
    )


def started(session, **options: str) -> etree._Element:
    return ask_one(session, page("Start", **options))


def test_every_request_is_answered_in_order_under_its_own_id() -> None:
    body = '<HostQueryRq requestID="a&amp;b"/><CompanyQueryRq requestID=""/><PreferencesQueryRq/>'
    answers = ask(a_session(COMPANY), body)
    assert [answer.tag for answer in answers] == [
        "HostQueryRs",
        "CompanyQueryRs",
        "PreferencesQueryRs",
    ]
    assert [answer.get("requestID") for answer in answers] == ["a&b", "", None]
    assert {status(answer) for answer in answers} == {(0, "Info")}
    assert {answer.get("statusMessage") for answer in answers} == {"Status OK"}


def test_a_request_id_has_fifty_characters_at_most() -> None:
    session = a_session(COMPANY)
    assert status(ask_one(session, f'<HostQueryRq requestID="{"x" * 50}"/>')) == (0, "Info")
    assert status(ask_one(session, f'<HostQueryRq requestID="{"x" * 51}"/>')) == (1060, "Error")


BAD = "<InvoiceQueryRq><TxnID>not-an-id</TxnID></InvoiceQueryRq>"


def test_after_an_error_the_rest_is_not_done_when_told_to_stop() -> None:
    answers = ask(a_session(COMPANY), f"<HostQueryRq/>{BAD}<HostQueryRq/><HostQueryRq/>")
    assert [status(answer)[0] for answer in answers] == [0, 3000, 3231, 3231]


def test_after_an_error_the_rest_is_done_when_told_to_continue() -> None:
    answers = ask(
        a_session(COMPANY), f"{BAD}<HostQueryRq/>", attributes='onError="continueOnError"'
    )
    assert [status(answer)[0] for answer in answers] == [3000, 0]


def test_finding_nothing_stops_nothing() -> None:
    nothing = "<InvoiceQueryRq><TxnID>FFFF-1</TxnID></InvoiceQueryRq>"
    answers = ask(a_session(COMPANY), f"{nothing}<HostQueryRq/>")
    assert [status(answer) for answer in answers] == [(500, "Warn"), (0, "Info")]


def test_data_can_be_left_out_of_the_answer() -> None:
    answer = ask_one(
        a_session(COMPANY),
        "<HostQueryRq/>",
        attributes='onError="stopOnError" responseData="includeNone"',
    )
    assert status(answer) == (0, "Info")
    assert len(answer) == 0


@pytest.mark.parametrize(
    ("attributes", "body", "code", "answers"),
    [
        ('newMessageSetID="pay-1" ', "<HostQueryRq/>", "0", 1),
        ('newMessageSetID="pay-1" oldMessageSetID="pay-1" ', "", "600", 0),
        ('oldMessageSetID="pay-1" ', "", "600", 0),
        (f'newMessageSetID="{"x" * 24}" ', "<HostQueryRq/>", "9004", 0),
        ("", "<HostQueryRq/>", None, 1),
    ],
)
def test_message_set_ids_are_answered(attributes, body, code, answers) -> None:
    said = ask(a_session(), body, attributes=attributes + 'onError="stopOnError"')
    assert said.get("messageSetStatusCode") == code
    assert len(said) == answers
    assert (said.get("newMessageSetID") is not None) is ("newMessageSetID" in attributes)


def test_an_iterator_hands_out_every_invoice_once() -> None:
    session, found, pages = a_session(COMPANY), [], 0
    answer = started(session)
    while True:
        pages += 1
        found += texts(answer, "InvoiceRet/TxnID")
        left = answer.get("iteratorRemainingCount")
        assert int(left or "-1") == len(COMPANY.books.invoices) - len(found)
        if left == "0":
            break
        answer = ask_one(session, page("Continue", answer.get("iteratorID") or ""))
    assert found == list(COMPANY.books.invoices)
    assert pages == 8


def test_the_page_size_may_change_on_the_way() -> None:
    session = a_session(COMPANY)
    first = started(session)
    second = ask_one(session, page("Continue", first.get("iteratorID") or "", most="25"))
    assert second.get("iteratorRemainingCount") == str(len(COMPANY.books.invoices) - 35)


def test_the_list_is_fixed_at_the_start() -> None:
    company = a_company()
    session = a_session(company)
    first = started(session, most="5")
    ids = list(company.books.invoices)
    open_ones = [one for one in ids[5:10] if not company.books.invoices[one].voided]
    acts.delete(company.books, ids[6])
    acts.edit(company.books, next(one for one in open_ones if one != ids[6]), memo="changed since")
    acts.add_invoice(company.books, next(iter(company.books.customers)), 500)
    second = ask_one(session, page("Continue", first.get("iteratorID") or "", most="5"))
    assert texts(second, "InvoiceRet/TxnID") == [ids[5], *ids[7:10]]
    assert second.get("iteratorRemainingCount") == str(len(ids) - 10)
    assert "changed since" in texts(second, "InvoiceRet/Memo")


def test_a_page_may_be_empty_while_more_remain() -> None:
    company = a_company()
    session = a_session(company)
    first = started(session, most="1")
    acts.delete(company.books, list(company.books.invoices)[1])
    second = ask_one(session, page("Continue", first.get("iteratorID") or "", most="1"))
    assert status(second) == (0, "Info")
    assert len(second) == 0
    assert second.get("iteratorRemainingCount") == str(len(company.books.invoices) - 1)


@pytest.mark.parametrize("iterator", ["Start", "Continue"])
def test_an_iterator_needs_a_page_size(iterator: str) -> None:
    session = a_session(COMPANY)
    iterator_id = started(session).get("iteratorID") or ""
    body = page(iterator, iterator_id if iterator == "Continue" else "", most="")
    answer = ask_one(session, body)
    assert status(answer) == (3150, "Error")
    assert answer.get("statusMessage") == "There is a missing element: MaxReturned"


def test_an_iterator_goes_on_with_the_same_filters_only() -> None:
    session = a_session(COMPANY)
    iterator_id = started(session, extra="<PaidStatus>All</PaidStatus>").get("iteratorID") or ""
    other = page("Continue", iterator_id, extra="<PaidStatus>PaidOnly</PaidStatus>")
    assert status(ask_one(session, other)) == (3391, "Error")
    same = page("Continue", iterator_id, extra="<PaidStatus>All</PaidStatus>")
    assert status(ask_one(session, same)) == (0, "Info")


def test_an_iterator_dies_with_its_session() -> None:
    company = a_company()
    session = a_session(company)
    iterator_id = started(session).get("iteratorID") or ""
    session.close()
    again = a_session(company)
    started(again)
    assert status(ask_one(again, page("Continue", iterator_id))) == (3391, "Error")


@pytest.mark.parametrize("iterator_id", ["", "{0F4A7C1E-8A55-4F0E-9D53-3D4B0B6F7A21}", "nonsense"])
def test_an_unknown_iterator_is_an_error(iterator_id: str) -> None:
    assert status(ask_one(a_session(COMPANY), page("Continue", iterator_id))) == (3391, "Error")


def test_a_finished_iterator_is_gone() -> None:
    session = a_session(COMPANY)
    whole = started(session, most="500")
    assert whole.get("iteratorRemainingCount") == "0"
    assert status(ask_one(session, page("Continue", whole.get("iteratorID") or "")))[0] == 3391


def test_two_iterators_do_not_disturb_each_other_or_other_requests() -> None:
    session = a_session(COMPANY)
    one, two = started(session), started(session, most="20")
    ask(session, "<HostQueryRq/>")
    first = ask_one(session, page("Continue", one.get("iteratorID") or ""))
    second = ask_one(session, page("Continue", two.get("iteratorID") or ""))
    ids = list(COMPANY.books.invoices)
    assert texts(first, "InvoiceRet/TxnID") == ids[10:20]
    assert texts(second, "InvoiceRet/TxnID") == ids[20:30]


def test_only_the_count_is_told_when_only_the_count_is_asked() -> None:
    answer = ask_one(a_session(COMPANY), '<InvoiceQueryRq metaData="MetaDataOnly"/>')
    assert answer.get("retCount") == str(len(COMPANY.books.invoices))
    assert len(answer) == 0
    assert answer.get("iteratorID") is None


def test_the_count_can_come_with_the_data() -> None:
    answer = ask_one(
        a_session(COMPANY),
        '<InvoiceQueryRq metaData="MetaDataAndResponseData"><MaxReturned>7</MaxReturned>'
        "</InvoiceQueryRq>",
    )
    assert answer.get("retCount") == "7" == str(len(answer))


def test_a_count_of_nothing_is_zero() -> None:
    answer = ask_one(
        a_session(COMPANY),
        '<InvoiceQueryRq metaData="MetaDataOnly"><TxnDateRangeFilter>'
        "<FromTxnDate>2037-01-01</FromTxnDate></TxnDateRangeFilter></InvoiceQueryRq>",
    )
    assert (answer.get("retCount"), status(answer)) == ("0", (1, "Info"))


def test_nothing_is_answered_after_the_session_ended() -> None:
    session = a_session(COMPANY)
    session.close()
    session.close()
    for call in (lambda: session.process(document("<HostQueryRq/>")),
                 session.host_company_preferences):  # fmt: skip
        with pytest.raises(QuickBooksError) as refused:
            call()
        assert refused.value.hresult == "0x8004040D"


def test_the_web_connectors_own_questions_carry_what_it_stamped_on_the_file() -> None:
    company = a_company()
    owner = "{87EDAAF8-637E-4203-867F-4BA79C2F8998}"
    company.set_data_ext(owner, "FileID", "{CA1C3EB8-1B61-4747-A743-8D5B438B83AC}")
    company.set_data_ext("{11111111-1111-1111-1111-111111111111}", "FileID", "another's")
    session = company.connect("Invoice Sync", owner_id=owner.lower())
    answers = checked(session.host_company_preferences())
    assert [answer.get("requestID") for answer in answers] == ["0", "1", "2"]
    assert texts(answers, "CompanyQueryRs/CompanyRet/DataExtRet/DataExtValue") == [
        "{CA1C3EB8-1B61-4747-A743-8D5B438B83AC}"
    ]
    company.set_data_ext(owner, "FileID", "")
    assert company.data_ext(owner, "FileID") is None
    answers = checked(session.host_company_preferences())
    assert not texts(answers, "CompanyQueryRs/CompanyRet/DataExtRet/DataExtValue")


def test_the_same_seed_gives_the_same_answers() -> None:
    body = document(page("Start"))
    assert a_session(a_company()).process(body) == a_session(a_company()).process(body)


def test_a_change_shows_in_the_next_answer_of_a_session() -> None:
    company = a_company()
    session, invoice = a_session(company), an_open_invoice(company.books)
    query = (
        f"<InvoiceQueryRq><TxnID>{invoice.txn_id}</TxnID>"
        "<IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq>"
    )
    before = ask_one(session, query)
    acts.close(company.books, invoice.txn_id)
    acts.rename(company.books, invoice.customer, "Another “name”")
    after = ask_one(session, query)
    assert (texts(before, "*/IsPaid"), texts(after, "*/IsPaid")) == (["false"], ["true"])
    assert texts(after, "*/CustomerRef/FullName")[0].endswith("Another \x93name\x94")

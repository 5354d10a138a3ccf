"""What we send, held against Intuit's own schema and checks; these lie beside the checkout."""

from __future__ import annotations

import importlib.util
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from shared.qbxml.requests import (
    AccountQuery,
    ActiveStatus,
    AppliedToTxn,
    CompanyQuery,
    Continue,
    CustomerQuery,
    EntityFilter,
    HostQuery,
    InvoiceQuery,
    ListDeletedQuery,
    Metadata,
    OnError,
    PaidStatus,
    PaymentMethodAdd,
    PaymentMethodQuery,
    PreferencesQuery,
    ReceivePaymentAdd,
    ReceivePaymentQuery,
    RequestRefused,
    Start,
    Stop,
    TxnDeletedQuery,
)
from shared.qbxml.writer import write_message_set
from tests.qbxml.builders import INTUIT_SCHEMA, SAMPLES, needs_intuit_schema, needs_samples

ITERATOR = "{0f4a7c1e-8a55-4f0e-9d53-3d4b0b6f7a21}"


def maybe(strategy: st.SearchStrategy[Any], nothing: Any = "") -> st.SearchStrategy[Any]:
    return st.just(nothing) | strategy


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


ids = st.sampled_from(["1A2-1718200000", "80000101-1689200000", "x" * 36])
names = st.sampled_from(["Søn & Co:Job", "“Ö™”", "x" * 11]) | st.text(max_size=11)
moments = st.datetimes(datetime(1969, 12, 31), datetime(2038, 1, 1), allow_imaginary=False)
times = moments.map(lambda at: at.isoformat(timespec="seconds"))
days = st.dates(date(1969, 12, 31), date(2038, 1, 1))
owners = some(st.sampled_from(["0", ITERATOR]))
includes = some(st.sampled_from(["TxnID", "BillAddress", "x" * 50, "a b"]))
counts = st.integers(0, 100_000)
metadata = st.sampled_from(Metadata)
iterators = st.sampled_from([None, Start(), Continue(ITERATOR), Continue("{x}"), Stop(ITERATOR)])
request_ids = st.sampled_from(["1", "2", "a" * 50])
entities = st.builds(EntityFilter, some(ids)) | st.builds(EntityFilter, st.just(()), ids)

statuses = maybe(st.sampled_from(ActiveStatus), None)
amounts = st.sampled_from(["0.01", "5", "99999999.90", "9999999999999.99"]).map(Decimal)
bad_amounts = st.sampled_from(["0", "-1.00", "1.001", "NaN", "10000000000000"]).map(Decimal)
memos = st.sampled_from(["Deskbridge pay_8Kd2 | stripe ch_9x", "a\n\tb", "x" * 4095, "x" * 4096])
guids = st.sampled_from(["", ITERATOR, ITERATOR.upper(), ITERATOR[1:-1], "0"])
uses = st.builds(AppliedToTxn, ids, amounts)
payments = st.builds(
    ReceivePaymentAdd,
    request_ids,
    ids,
    amounts | bad_amounts,
    st.lists(uses, min_size=1, max_size=3, unique_by=lambda use: use.txn_id).map(tuple),
    ar_account_list_id=maybe(ids),
    txn_date=maybe(days, None),
    ref_number=st.sampled_from(["", "pay_8Kd2-Q7RM2ABC", "“Ö™”"]) | names,
    payment_method_list_id=maybe(ids),
    memo=maybe(memos),
    deposit_to_account_list_id=maybe(ids),
    external_guid=guids,
)
methods = st.builds(
    PaymentMethodAdd, request_ids, names, maybe(st.sampled_from(["Check", "ECheck", "Dream"]))
)

requests = st.one_of(
    st.builds(HostQuery, request_ids),
    st.builds(CompanyQuery, request_ids, st.sampled_from(["", "0", ITERATOR])),
    st.builds(PreferencesQuery, request_ids),
    st.builds(
        CustomerQuery,
        request_ids,
        list_ids=some(ids),
        full_names=some(names),
        include=includes,
        owner_ids=owners,
        metadata=metadata,
    ),
    st.builds(
        CustomerQuery,
        request_ids,
        max_returned=counts,
        active_status=maybe(st.sampled_from(ActiveStatus), None),
        from_modified=maybe(times),
        to_modified=maybe(times),
        include=includes,
        owner_ids=owners,
        iterator=iterators,
        metadata=metadata,
    ),
    st.builds(
        InvoiceQuery,
        request_ids,
        txn_ids=some(ids),
        ref_numbers=some(names),
        include_lines=st.booleans(),
        include_links=st.booleans(),
        include=includes,
        owner_ids=owners,
        metadata=metadata,
    ),
    st.builds(
        InvoiceQuery,
        request_ids,
        max_returned=counts,
        from_modified=maybe(times),
        to_modified=maybe(times),
        from_date=maybe(days, None),
        to_date=maybe(days, None),
        entity=maybe(entities, None),
        paid_status=maybe(st.sampled_from(PaidStatus), None),
        include_lines=st.booleans(),
        include_links=st.booleans(),
        include=includes,
        owner_ids=owners,
        iterator=iterators,
        metadata=metadata,
    ),
    st.builds(
        ReceivePaymentQuery,
        request_ids,
        txn_ids=some(ids),
        ref_numbers=some(names),
        include_lines=st.booleans(),
        include=includes,
        metadata=metadata,
    ),
    st.builds(
        ReceivePaymentQuery,
        request_ids,
        max_returned=counts,
        from_modified=maybe(times),
        to_modified=maybe(times),
        from_date=maybe(days, None),
        to_date=maybe(days, None),
        entity=maybe(entities, None),
        include_lines=st.booleans(),
        include=includes,
        iterator=iterators,
        metadata=metadata,
    ),
    st.builds(
        AccountQuery,
        request_ids,
        types=some(st.sampled_from(["AccountsReceivable", "Bank", "OtherCurrentAsset", "Dream"])),
        active_status=statuses,
        include=includes,
    ),
    st.builds(PaymentMethodQuery, request_ids, active_status=statuses, include=includes),
    st.builds(
        TxnDeletedQuery,
        request_ids,
        types=some(st.sampled_from(["Invoice", "CreditMemo", "ReceivePayment", "Nothing"])),
        from_deleted=maybe(times),
        to_deleted=maybe(times),
        metadata=metadata,
    ),
    st.builds(
        ListDeletedQuery,
        request_ids,
        types=some(st.sampled_from(["Customer", "Account", "PaymentMethod", "Nothing"])),
        from_deleted=maybe(times),
        to_deleted=maybe(times),
        metadata=metadata,
    ),
)
message_set_ids = st.sampled_from(["", "pay-000042"])


@pytest.fixture(scope="module")
def intuit() -> ModuleType:
    path = INTUIT_SCHEMA.parent / "validate_qbxml.py"
    spec = importlib.util.spec_from_file_location("validate_qbxml", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_intuit_schema
def test_whatever_leaves_is_valid_for_intuit(intuit):
    check = intuit.lxml_checker(INTUIT_SCHEMA)
    sent = 0

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(st.lists(requests, max_size=2), st.sampled_from(OnError), message_set_ids)
    def holds(asked, on_error, new_id):
        nonlocal sent
        try:
            data = write_message_set(asked, on_error=on_error, new_message_set_id=new_id)
        except RequestRefused:
            return
        sent += 1
        assert check(data) == []
        assert intuit.extra_checks(data, "request", True) == []
        assert intuit.rules(data) == []

    holds()
    assert sent > 60  # else the strategies make nothing but refusals


@needs_intuit_schema
def test_whatever_is_written_is_valid_for_intuit(intuit):
    check = intuit.lxml_checker(INTUIT_SCHEMA)
    sent = {ReceivePaymentAdd: 0, PaymentMethodAdd: 0}

    @settings(max_examples=1000, deadline=None, derandomize=True, database=None)
    @given(payments | methods, message_set_ids, message_set_ids)
    def holds(write, new_id, old_id):
        try:
            data = write_message_set([write], new_message_set_id=new_id, old_message_set_id=old_id)
        except RequestRefused:
            return
        sent[type(write)] += 1
        assert check(data) == []
        assert intuit.extra_checks(data, "request", True) == []
        assert intuit.rules(data) == []

    holds()
    assert all(count > 20 for count in sent.values()), sent


@needs_intuit_schema
def test_a_status_check_without_a_request_is_valid_for_intuit(intuit):
    sent = write_message_set([], new_message_set_id="pay-42", old_message_set_id="pay-42")
    assert intuit.lxml_checker(INTUIT_SCHEMA)(sent) == []


SAMPLE_REQUESTS = {
    "handshake-rq.xml": (
        [HostQuery("1"), CompanyQuery("2"), PreferencesQuery("3")],
        {"on_error": OnError.CONTINUE},
    ),
    "customer-query-rq-all-iterator.xml": (
        [
            CustomerQuery(
                "30",
                max_returned=100,
                active_status=ActiveStatus.ALL,
                from_modified="2024-06-01T00:00:00",
                owner_ids=("0",),
                iterator=Start(),
            )
        ],
        {},
    ),
    "invoice-query-rq-by-txnid.xml": (
        [InvoiceQuery("25", txn_ids=("1A2-1718200000", "1C0-1718500000"), include_links=True)],
        {},
    ),
    "invoice-query-rq-iterator-continue.xml": (
        [
            InvoiceQuery(
                "18",
                max_returned=3,
                from_modified="2024-06-12T00:00:00",
                include_lines=True,
                include_links=True,
                owner_ids=("0",),
                iterator=Continue(ITERATOR),
            )
        ],
        {},
    ),
    "invoice-query-rq-open-for-customer-and-jobs.xml": (
        [
            InvoiceQuery(
                "24",
                entity=EntityFilter(list_id_with_children="80000101-1689200000"),
                paid_status=PaidStatus.NOT_PAID,
            )
        ],
        {},
    ),
    "txn-deleted-query-rq.xml": (
        [
            TxnDeletedQuery(
                "70",
                types=("Invoice", "ReceivePayment", "CreditMemo"),
                from_deleted="2024-06-11T00:00:00",
            )
        ],
        {},
    ),
    "recovery-1-status-check-keeps-state.xml": (
        [],
        {"new_message_set_id": "pay-000042", "old_message_set_id": "pay-000042"},
    ),
    "recovery-2-clear-state.xml": ([], {"old_message_set_id": "pay-000042"}),
}


def canonical(data: bytes) -> bytes:
    root = etree.fromstring(data, etree.XMLParser(remove_blank_text=True))
    for element in root.iter():
        element.text = (element.text or "").strip() or None
    return etree.tostring(root, method="c14n")


@needs_samples
@pytest.mark.parametrize("name", SAMPLE_REQUESTS)
def test_sample_requests_come_out_the_same(name):
    asked, options = SAMPLE_REQUESTS[name]
    sample = (SAMPLES / "requests" / name).read_bytes()
    assert canonical(write_message_set(asked, **options)) == canonical(sample)


VALID_DATES = (date(1970, 1, 1), date(2037, 12, 31))


@needs_intuit_schema
def test_the_first_and_last_day_that_quickbooks_takes(intuit):
    query = InvoiceQuery("1", from_date=VALID_DATES[0], to_date=VALID_DATES[1])
    assert intuit.lxml_checker(INTUIT_SCHEMA)(write_message_set([query])) == []

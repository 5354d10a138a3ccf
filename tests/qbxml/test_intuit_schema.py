"""What we send, held against Intuit's own schema and checks; these lie beside the checkout."""

from __future__ import annotations

import importlib.util
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from shared.qbxml.fields import shape_of
from shared.qbxml.requests import (
    AccountQuery,
    AppliedToTxn,
    CompanyQuery,
    Continue,
    CreditMemoQuery,
    CustomerQuery,
    HostQuery,
    InvoiceQuery,
    Metadata,
    OnError,
    PaymentMethodAdd,
    PaymentMethodQuery,
    PreferencesQuery,
    ReceivePaymentAdd,
    ReceivePaymentQuery,
    RequestRefused,
    Start,
    TxnDeletedQuery,
)
from shared.qbxml.responses import Ret
from shared.qbxml.shape import Shape
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
includes = some(st.sampled_from(["TxnID", "BillAddress", "x" * 50, "a b"]))
counts = st.integers(0, 100_000)
metadata = st.sampled_from(Metadata)
iterators = st.sampled_from([None, Start(), Continue(ITERATOR), Continue("{x}")])
request_ids = st.sampled_from(["1", "2", "a" * 50])

amounts = st.sampled_from(["0.01", "5", "99999999.90", "9999999999999.99"]).map(Decimal)
bad_amounts = st.sampled_from(["0", "-1.00", "1.001", "NaN", "10000000000000"]).map(Decimal)
memos = st.sampled_from(["Deskbridge pay_8Kd2 | stripe ch_9x", "a\n\tb", "x" * 4095, "x" * 4096])
guids = st.sampled_from(["", ITERATOR, ITERATOR.upper(), ITERATOR[1:-1], "0"])
uses = st.builds(AppliedToTxn, ids, amounts)
payments = st.builds(
    ReceivePaymentAdd,
    request_ids,
    customer_list_id=ids,
    total_amount=amounts | bad_amounts,
    applied=st.lists(uses, max_size=3, unique_by=lambda use: use.txn_id).map(tuple),
    unapplied=st.booleans(),
    ar_account_list_id=maybe(ids),
    txn_date=maybe(days, None),
    ref_number=st.sampled_from(["", "pay_8Kd2-Q7RM2ABC", "“Ö™”"]) | names,
    payment_method_list_id=maybe(ids),
    memo=maybe(memos),
    deposit_to_account_list_id=maybe(ids),
    external_guid=guids,
)
methods = st.builds(PaymentMethodAdd, request_ids, names)

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
    ),
    st.builds(
        CustomerQuery,
        request_ids,
        max_returned=maybe(counts, None),
        inactive_too=st.booleans(),
        from_modified=maybe(times, ""),
        include=includes,
    ),
    st.builds(
        InvoiceQuery,
        request_ids,
        txn_ids=some(ids),
        ref_numbers=some(names),
        include_lines=st.booleans(),
        include=includes,
        metadata=metadata,
    ),
    st.builds(
        InvoiceQuery,
        request_ids,
        max_returned=counts,
        from_modified=maybe(times),
        from_date=maybe(days, None),
        unpaid_only=st.booleans(),
        include_lines=st.booleans(),
        include=includes,
        iterator=iterators,
        metadata=metadata,
    ),
    st.builds(
        CreditMemoQuery,
        request_ids,
        max_returned=counts,
        from_modified=maybe(times),
        from_date=maybe(days, None),
        include_links=st.booleans(),
        include=includes,
        iterator=iterators,
    ),
    st.builds(
        ReceivePaymentQuery,
        request_ids,
        txn_ids=some(ids),
        ref_numbers=some(names),
        include_lines=st.booleans(),
        include=includes,
    ),
    st.builds(
        ReceivePaymentQuery,
        request_ids,
        max_returned=counts,
        from_modified=maybe(times),
        from_date=maybe(days, None),
        to_date=maybe(days, None),
        customer_list_id=maybe(ids),
        include_lines=st.booleans(),
        include=includes,
        iterator=iterators,
    ),
    st.builds(AccountQuery, request_ids, inactive_too=st.booleans(), include=includes),
    st.builds(PaymentMethodQuery, request_ids, inactive_too=st.booleans(), include=includes),
    st.builds(
        TxnDeletedQuery,
        request_ids,
        types=some(st.sampled_from(["Invoice", "CreditMemo", "ReceivePayment", "Nothing"])),
        from_deleted=maybe(times),
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
    query = ReceivePaymentQuery("1", from_date=VALID_DATES[0], to_date=VALID_DATES[1])
    assert intuit.lxml_checker(INTUIT_SCHEMA)(write_message_set([query])) == []


XSD = "{http://www.w3.org/2001/XMLSchema}"
OF_OTHER_EDITIONS = {"Tax1Total", "Tax2Total", "Province", "County"}  # these files are of the US


@pytest.fixture(scope="module")
def intuit_elements():
    """The elements and groups that Intuit's files declare, by name."""
    files = map(etree.parse, INTUIT_SCHEMA.parent.glob("*.xsd"))
    return {one.get("name"): one for file in files for one in file.getroot() if one.get("name")}


def names_within(intuit_elements, name, found):
    """Every element that may stand in this one, at any depth."""
    for one in intuit_elements[name].iter(f"{XSD}element", f"{XSD}group"):
        within = one.get("ref") or one.get("name")
        if within not in found:
            found.add(within)
            if within in intuit_elements:
                names_within(intuit_elements, within, found)
    return found


def names_read(shape):
    for name, (_, _, read, _) in shape._children.items():
        yield name
        if isinstance(read, Shape):
            yield from names_read(read)


@needs_intuit_schema
@pytest.mark.parametrize("kind", get_args(Ret), ids=lambda kind: kind.__name__)
def test_what_is_read_of_a_record_is_what_intuit_names(intuit_elements, kind):
    known = names_within(intuit_elements, kind.__name__, set())
    assert set(names_read(shape_of(kind))) <= known | OF_OTHER_EDITIONS

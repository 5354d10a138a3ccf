"""The accounts and payment methods of a company, as QuickBooks listed them."""

from __future__ import annotations

from shared.models.payments import quickbooks_lists
from shared.rules.payments.values import ListEntry, ListKind
from shared.structs import replace
from tests.models.payments.builders import Till

CHECKING = ListEntry(ListKind.ACCOUNT, "8-1", "Bank:Checking", "Bank", "", "USD", True)
UNDEPOSITED = ListEntry(
    *(ListKind.ACCOUNT, "8-2", "Undeposited Funds", "OtherCurrentAsset", "UndepositedFunds"),
    *("", True),
)
CHECK = ListEntry(ListKind.PAYMENT_METHOD, "9-1", "Check", "Check", "", "", True)


def accounts(till):
    return quickbooks_lists.entries(till.id, ListKind.ACCOUNT)


def test_a_list_is_kept_with_all_that_it_tells_by_name(till):
    quickbooks_lists.replace(till.id, ListKind.ACCOUNT, [UNDEPOSITED, CHECKING])
    assert accounts(till) == [CHECKING, UNDEPOSITED]


def test_each_kind_is_a_list_of_its_own(till):
    quickbooks_lists.add(till.id, [CHECKING, CHECK])
    assert accounts(till) == [CHECKING]
    assert quickbooks_lists.entries(till.id, ListKind.PAYMENT_METHOD) == [CHECK]


def test_a_list_that_is_read_again_replaces_what_was_kept_of_it(till):
    quickbooks_lists.add(till.id, [CHECKING, UNDEPOSITED, CHECK])
    quickbooks_lists.replace(till.id, ListKind.ACCOUNT, [UNDEPOSITED])
    assert accounts(till) == [UNDEPOSITED]
    assert quickbooks_lists.entries(till.id, ListKind.PAYMENT_METHOD) == [CHECK]


def test_an_entry_that_was_made_joins_its_list_and_is_renewed(till):
    quickbooks_lists.add(till.id, [CHECKING])
    renamed = replace(CHECKING, full_name="Bank:Main", active=False)
    quickbooks_lists.add(till.id, [renamed])
    assert accounts(till) == [renamed]


def test_the_lists_of_another_company_are_left_alone(till):
    other = Till(till.store, "Bramble")
    quickbooks_lists.add(till.id, [CHECKING])
    quickbooks_lists.replace(other.id, ListKind.ACCOUNT, [UNDEPOSITED])
    assert accounts(till) == [CHECKING]
    assert accounts(other) == [UNDEPOSITED]

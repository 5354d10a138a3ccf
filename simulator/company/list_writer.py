"""Lists as qbXML text: CustomerRet and its kin, in QuickBooks' element order."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.company.answers import Shape, element, escape, flag, record, wrap
from simulator.company.books import Books, money
from simulator.company.grammar import Version
from simulator.company.product import Edition
from simulator.company.records import Account, Customer, Deletion, Entry
from simulator.company.references import References, address, custom_fields

_TAX_COUNTRY = {Edition.CA: "Canada", Edition.UK: "UK"}


class ListWriter:
    """Writes list entries, and deletions, of one company."""

    def __init__(self, books: Books, references: References) -> None:
        self._books = books
        self._refs = references
        self._stamp = books.stamp
        self._tax_country = _TAX_COUNTRY.get(books.profile.edition, "")

    def customer(self, one: Customer, total_balance: int, shape: Shape) -> str:
        """A CustomerRet."""
        books = self._books
        parts = [
            *self._list_core(one.list_id, one.created, one.modified, one.edit_sequence),
            element("Name", one.name),
            element("FullName", books.full_name(one.list_id)),
            flag("IsActive", one.active),
            self._refs.customer("ParentRef", one.parent) if one.parent else "",
            f"<Sublevel>{books.sublevel(one.list_id)}</Sublevel>\n",
            element("CompanyName", one.company_name),
            element("FirstName", one.first_name),
            element("LastName", one.last_name),
            *address("BillAddress", one.address),
            element("Phone", one.phone),
            element("Email", one.email),
            element("Contact", one.contact),
            *(_contact(one, shape.version, self._stamp(one.created)) if one.contact else ()),
            self._refs.entry("TermsRef", one.terms),
            f"<Balance>{money(one.balance)}</Balance>\n",
            f"<TotalBalance>{money(total_balance)}</TotalBalance>\n",
            self._refs.entry("SalesTaxCodeRef", one.tax_code),
            self._refs.entry("ItemSalesTaxRef", one.tax_item),
            element("SalesTaxCountry", self._tax_country),
            element("AccountNumber", one.account_number),
            "<JobStatus>None</JobStatus>\n",
            element("Notes", one.notes),
            element("PreferredDeliveryMethod", one.delivery),
            self._refs.currency(one.currency),
            *custom_fields(one.custom, shape),
        ]
        return record("CustomerRet", parts, shape)

    def account(self, one: Account, shape: Shape) -> str:
        """An AccountRet."""
        balance = self._books.account_balance(one.list_id)
        parts = [
            *self._list_core(one.list_id, one.created, one.created, one.created),
            element("Name", one.name),
            element("FullName", one.name),
            flag("IsActive", True),
            "<Sublevel>0</Sublevel>\n",
            element("AccountType", one.type),
            element("SpecialAccountType", one.special),
            element("AccountNumber", one.number),
            f"<Balance>{money(balance)}</Balance>\n",
            f"<TotalBalance>{money(balance)}</TotalBalance>\n",
            "<CashFlowClassification>NotApplicable</CashFlowClassification>\n",
            self._refs.currency(one.currency),
        ]
        return record("AccountRet", parts, shape)

    def payment_method(self, one: Entry, shape: Shape) -> str:
        """A PaymentMethodRet."""
        parts = [
            *self._list_core(one.list_id, one.created, one.created, one.created),
            element("Name", one.name),
            flag("IsActive", one.active),
            element("PaymentMethodType", one.detail),
        ]
        return record("PaymentMethodRet", parts, shape)

    def txn_deleted(self, one: Deletion, shape: Shape) -> str:
        """A TxnDeletedRet."""
        return record(
            "TxnDeletedRet",
            [
                element("TxnDelType", one.kind),
                element("TxnID", one.object_id),
                element("TimeCreated", self._stamp(one.created)),
                element("TimeDeleted", self._stamp(one.deleted)),
                element("RefNumber", one.label),
            ],
            shape,
        )

    def _list_core(
        self, list_id: str, created: int, modified: int, edit_sequence: int
    ) -> tuple[str, ...]:
        return (
            f"<ListID>{list_id}</ListID>\n",
            f"<TimeCreated>{self._stamp(created)}</TimeCreated>\n",
            f"<TimeModified>{self._stamp(modified)}</TimeModified>\n",
            f"<EditSequence>{edit_sequence}</EditSequence>\n",
        )


def _contact(one: Customer, version: Version, stamp: str) -> Iterator[str]:
    """The contact person: not a reference, and with an id of its own that is no customer's."""
    yield wrap(
        "AdditionalContactRef",
        (element("ContactName", "Main Email"), element("ContactValue", one.email)),
    )
    if version >= (12, 0):
        yield (
            f"<ContactsRet>\n<ListID>{one.list_id[2:8].lower():0>16}</ListID>\n"
            f"<TimeCreated>{stamp}</TimeCreated>\n<TimeModified>{stamp}</TimeModified>\n"
            f"<EditSequence>{one.created}</EditSequence>\n"
            f"<FirstName>{escape(one.first_name)}</FirstName>\n</ContactsRet>\n"
        )

"""Records as qbXML text: CustomerRet, InvoiceRet and their kin, in QuickBooks' element order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from simulator.company.answers import data_ext, element, escape, flag, record, ref, wrap
from simulator.company.books import Books, in_home, money
from simulator.company.grammar import Version
from simulator.company.product import Edition
from simulator.company.records import (
    Account,
    Address,
    Application,
    Credit,
    Customer,
    Deletion,
    Entry,
    Invoice,
    Line,
    Payment,
)

_TAX_COUNTRY = {Edition.CA: "Canada", Edition.UK: "UK"}
CUSTOM_FIELDS = "0"


@dataclass(frozen=True, slots=True)
class Shape:
    """What an answer should hold of each record."""

    version: Version = (13, 0)
    lines: bool = False
    links: bool = False
    include: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()


class Renderer:
    """Writes records of one company; references are written once and kept for the session."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._edition = books.profile.edition
        self._home = books.profile.home_currency
        self._stamp = books.stamp
        self._refs: dict[tuple[str, str], str] = {}
        self._receivables = {
            code: books.receivable(code).list_id for code in books.profile.currencies
        }
        self._currencies = {one.detail: one.list_id for one in books.of_kind("Currency")}
        self._templates = {one.name: one.list_id for one in books.of_kind("Template")}

    # Lists.

    def customer(self, one: Customer, total_balance: int, shape: Shape) -> str:
        """A CustomerRet."""
        books = self._books
        parts = [
            *self._list_core(one.list_id, one.created, one.modified, one.edit_sequence),
            element("Name", one.name),
            element("FullName", books.full_name(one.list_id)),
            flag("IsActive", one.active),
            self._customer_ref("ParentRef", one.parent) if one.parent else "",
            f"<Sublevel>{books.sublevel(one.list_id)}</Sublevel>\n",
            element("CompanyName", one.company_name),
            element("FirstName", one.first_name),
            element("LastName", one.last_name),
            *_address("BillAddress", one.address),
            element("Phone", one.phone),
            element("Email", one.email),
            element("Contact", one.contact),
            *(_contact(one, shape.version, self._stamp(one.created)) if one.contact else ()),
            self._ref("TermsRef", one.terms),
            f"<Balance>{money(one.balance)}</Balance>\n",
            f"<TotalBalance>{money(total_balance)}</TotalBalance>\n",
            self._ref("SalesTaxCodeRef", one.tax_code),
            self._ref("ItemSalesTaxRef", one.tax_item),
            element("SalesTaxCountry", _TAX_COUNTRY.get(self._edition, "")),
            element("AccountNumber", one.account_number),
            "<JobStatus>None</JobStatus>\n",
            element("Notes", one.notes),
            element("PreferredDeliveryMethod", one.delivery),
            self._currency_ref(one.currency),
            *_custom(one.custom, shape),
        ]
        return record("CustomerRet", parts, shape.version, shape.include)

    def account(self, one: Account, balance: int, shape: Shape) -> str:
        """An AccountRet."""
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
            self._currency_ref(one.currency),
        ]
        return record("AccountRet", parts, shape.version, shape.include)

    def payment_method(self, one: Entry, shape: Shape) -> str:
        """A PaymentMethodRet."""
        parts = [
            *self._list_core(one.list_id, one.created, one.created, one.created),
            element("Name", one.name),
            flag("IsActive", one.active),
            element("PaymentMethodType", one.detail),
        ]
        return record("PaymentMethodRet", parts, shape.version, shape.include)

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
            shape.version,
            shape.include,
        )

    def list_deleted(self, one: Deletion, shape: Shape) -> str:
        """A ListDeletedRet."""
        return record(
            "ListDeletedRet",
            [
                element("ListDelType", one.kind),
                element("ListID", one.object_id),
                element("TimeCreated", self._stamp(one.created)),
                element("TimeDeleted", self._stamp(one.deleted)),
                element("FullName", one.label),
            ],
            shape.version,
            shape.include,
        )

    # Transactions.

    def invoice(self, one: Invoice, shape: Shape) -> str:
        """An InvoiceRet."""
        parts = [
            *self._txn_core(one),
            *self._receivable(one.customer, one.currency),
            self._ref("TemplateRef", self._templates["Intuit Product Invoice"]),
            f"<TxnDate>{one.date}</TxnDate>\n",
            element("RefNumber", one.number),
            *_address("BillAddress", one.address),
            *_address("ShipAddress", one.ship_address),
            flag("IsPending", one.pending),
            "<IsFinanceCharge>false</IsFinanceCharge>\n",
            element("PONumber", one.po_number),
            self._ref("TermsRef", one.terms),
            element("DueDate", one.due_date),
            f"<ShipDate>{one.date}</ShipDate>\n",
            *self._amounts(one.subtotal, one.tax, one.tax_item),
            f"<AppliedAmount>{money(-one.applied)}</AppliedAmount>\n",
            f"<BalanceRemaining>{money(one.balance)}</BalanceRemaining>\n",
            *self._currency(one, "BalanceRemainingInHomeCurrency", one.balance),
            element("Memo", one.memo),
            flag("IsPaid", one.is_paid),
            flag("IsToBePrinted", one.to_be_printed),
            flag("IsToBeEmailed", one.to_be_emailed),
            *self._tax_code(one.tax_included, one.tax_code),
            element("SuggestedDiscountAmount", money(one.discount) if one.discount else ""),
            element("SuggestedDiscountDate", one.discount_date if one.discount else ""),
            element("ExternalGUID", one.external_guid),
        ]
        if shape.links:
            parts += self._invoice_links(one)
        if shape.lines:
            parts += [self._line("InvoiceLine", line) for line in one.lines]
        parts += _custom(one.custom, shape)
        return record("InvoiceRet", parts, shape.version, shape.include)

    def credit(self, one: Credit, shape: Shape) -> str:
        """A CreditMemoRet."""
        parts = [
            *self._txn_core(one),
            *self._receivable(one.customer, one.currency),
            self._ref("TemplateRef", self._templates["Custom Credit Memo"]),
            f"<TxnDate>{one.date}</TxnDate>\n",
            element("RefNumber", one.number),
            "<IsPending>false</IsPending>\n",
            f"<DueDate>{one.date}</DueDate>\n",
            *self._amounts(one.subtotal, one.tax, one.tax_item),
            f"<TotalAmount>{money(one.total)}</TotalAmount>\n",
            f"<CreditRemaining>{money(one.remaining)}</CreditRemaining>\n",
            *self._currency(one, "CreditRemainingInHomeCurrency", one.remaining),
            element("Memo", one.memo),
            "<IsToBePrinted>false</IsToBePrinted>\n",
            *self._tax_code(False, one.tax_code),
        ]
        if shape.links:
            parts += [self._invoice_link(application) for application in one.applied]
        if shape.lines:
            parts += [self._line("CreditMemoLine", line) for line in one.lines]
        return record("CreditMemoRet", parts, shape.version, shape.include)

    def payment(self, one: Payment, shape: Shape) -> str:
        """A ReceivePaymentRet; what it is applied to counts as its lines."""
        parts = [
            *self._txn_core(one),
            *self._receivable(one.customer, one.currency),
            f"<TxnDate>{one.date}</TxnDate>\n",
            element("RefNumber", one.number),
            f"<TotalAmount>{money(one.total)}</TotalAmount>\n",
            *self._currency(one, "TotalAmountInHomeCurrency", one.total),
            self._ref("PaymentMethodRef", one.method),
            element("Memo", one.memo),
            self._account_ref("DepositToAccountRef", one.deposit_to),
            f"<UnusedPayment>{money(one.unused)}</UnusedPayment>\n",
            "<UnusedCredits>0.00</UnusedCredits>\n",
            element("ExternalGUID", one.external_guid),
        ]
        if shape.lines:
            parts += [self._applied_to(one, application) for application in one.applied]
        return record("ReceivePaymentRet", parts, shape.version, shape.include)

    # Parts of transactions.

    def _txn_core(self, one: Invoice | Credit | Payment) -> tuple[str, ...]:
        return (
            f"<TxnID>{one.txn_id}</TxnID>\n",
            f"<TimeCreated>{self._stamp(one.created)}</TimeCreated>\n",
            f"<TimeModified>{self._stamp(one.modified)}</TimeModified>\n",
            f"<EditSequence>{one.edit_sequence}</EditSequence>\n",
            f"<TxnNumber>{one.txn_number}</TxnNumber>\n",
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

    def _receivable(self, customer: str, currency: str) -> tuple[str, str]:
        return (
            self._customer_ref("CustomerRef", customer),
            self._account_ref("ARAccountRef", self._receivables[currency]),
        )

    def _amounts(self, subtotal: int, tax: int, tax_item: str) -> Iterator[str]:
        yield f"<Subtotal>{money(subtotal)}</Subtotal>\n"
        if tax_item:
            yield self._ref("ItemSalesTaxRef", tax_item)
            rate = float(self._books.entries[tax_item].detail)
            yield f"<SalesTaxPercentage>{rate:.2f}</SalesTaxPercentage>\n"
        yield f"<SalesTaxTotal>{money(tax)}</SalesTaxTotal>\n"

    def _currency(
        self, one: Invoice | Credit | Payment, home_name: str, amount: int
    ) -> Iterator[str]:
        """Currency, rate and the amount in home currency, in a company that keeps several."""
        if self._books.profile.multicurrency:
            yield self._currency_ref(one.currency)
            yield f"<ExchangeRate>{one.exchange_rate}</ExchangeRate>\n"
            home = money(in_home(amount, one.exchange_rate))
            yield f"<{home_name}>{home}</{home_name}>\n"

    def _tax_code(self, included: bool, tax_code: str) -> Iterator[str]:
        if self._edition is not Edition.US:
            yield flag("IsTaxIncluded", included)
        yield self._ref("CustomerSalesTaxCodeRef", tax_code)

    def _line(self, kind: str, line: Line) -> str:
        if line.parts:
            return self._group(kind, line)
        amount = "" if line.amount is None else f"<Amount>{money(line.amount)}</Amount>\n"
        tax = f"<TaxAmount>{money(line.tax)}</TaxAmount>\n" if line.tax else ""
        return (
            f"<{kind}Ret>\n<TxnLineID>{line.line_id}</TxnLineID>\n{self._ref('ItemRef', line.item)}"
            f"{element('Desc', line.desc)}{element('Quantity', line.quantity)}{_rate(line.rate)}"
            f"{amount}{tax}{element('ServiceDate', line.service_date)}"
            f"{self._ref('SalesTaxCodeRef', line.tax_code)}</{kind}Ret>\n"
        )

    def _group(self, kind: str, line: Line) -> str:
        return wrap(
            f"{kind}GroupRet",
            (
                f"<TxnLineID>{line.line_id}</TxnLineID>\n",
                self._ref("ItemGroupRef", line.item),
                element("Desc", line.desc),
                element("Quantity", line.quantity),
                "<IsPrintItemsInGroup>true</IsPrintItemsInGroup>\n",
                f"<TotalAmount>{money(line.amount or 0)}</TotalAmount>\n",
                *(self._line(kind, part) for part in line.parts),
            ),
        )

    def _invoice_links(self, one: Invoice) -> Iterator[str]:
        """What reduced the invoice, negative, after the order that it was made from."""
        if one.origin:
            origin = one.origin
            yield _link(origin.txn_id, origin.type, origin.date, origin.number, -one.total)
        for applier in self._books.appliers(one.txn_id):
            kind = "ReceivePayment" if isinstance(applier, Payment) else "CreditMemo"
            amount = sum(use.amount for use in applier.applied if use.txn_id == one.txn_id)
            yield _link(applier.txn_id, kind, applier.date, applier.number, -amount)

    def _invoice_link(self, application: Application) -> str:
        invoice = self._books.invoices[application.txn_id]
        return _link(invoice.txn_id, "Invoice", invoice.date, invoice.number, application.amount)

    def _applied_to(self, payment: Payment, application: Application) -> str:
        """One application with the other links of its invoice, as QuickBooks lists them."""
        invoice = self._books.invoices[application.txn_id]
        mine = f"<TxnID>{payment.txn_id}</TxnID>"
        parts = [
            f"<TxnID>{invoice.txn_id}</TxnID>\n<TxnType>Invoice</TxnType>\n",
            f"<TxnDate>{invoice.date}</TxnDate>\n",
            element("RefNumber", invoice.number),
            f"<BalanceRemaining>{money(invoice.balance)}</BalanceRemaining>\n",
            f"<Amount>{money(application.amount)}</Amount>\n",
        ]
        if application.discount:
            account = next(
                one for one in self._books.accounts.values() if one.name == "Sales Discounts"
            )
            parts.append(f"<DiscountAmount>{money(application.discount)}</DiscountAmount>\n")
            parts.append(self._account_ref("DiscountAccountRef", account.list_id))
        parts += [link for link in self._invoice_links(invoice) if mine not in link]
        return wrap("AppliedToTxnRet", parts)

    # References.

    def _ref(self, name: str, list_id: str) -> str:
        if not list_id:
            return ""
        known = self._refs.get((name, list_id))
        if known is None:
            entry = self._books.entries[list_id]
            known = self._refs[name, list_id] = ref(name, list_id, entry.name)
        return known

    def _account_ref(self, name: str, list_id: str) -> str:
        known = self._refs.get((name, list_id))
        if known is None:
            account = self._books.accounts[list_id]
            known = self._refs[name, list_id] = ref(name, list_id, account.name)
        return known

    def _customer_ref(self, name: str, list_id: str) -> str:
        return ref(name, list_id, self._books.full_name(list_id))

    def _currency_ref(self, code: str) -> str:
        return self._ref("CurrencyRef", self._currencies.get(code, ""))


def _rate(rate: str) -> str:
    if rate.endswith("%"):
        return f"<RatePercent>{rate[:-1]}</RatePercent>\n"
    return f"<Rate>{rate}</Rate>\n" if rate else ""


def _link(txn_id: str, kind: str, date: str, number: str, amount: int) -> str:
    return (
        f"<LinkedTxn>\n<TxnID>{txn_id}</TxnID>\n<TxnType>{kind}</TxnType>\n"
        f"<TxnDate>{date}</TxnDate>\n{element('RefNumber', number)}"
        f"<LinkType>AMTTYPE</LinkType>\n<Amount>{money(amount)}</Amount>\n</LinkedTxn>\n"
    )


@lru_cache(maxsize=4096)
def _address(name: str, address: Address | None) -> tuple[str, ...]:
    """The address field by field, and as the block of lines that is printed."""
    if address is None:
        return ()
    fields = [element(f"Addr{n}", line) for n, line in enumerate(address.lines, 1)]
    fields.append(element("City", address.city))
    fields.append(element("State", address.state))
    fields.append(element("PostalCode", address.postal_code))
    fields.append(element("Country", address.country))
    printed = (*address.lines, f"{address.city}, {address.state} {address.postal_code}")
    block = [element(f"Addr{n}", line) for n, line in enumerate(printed, 1)]
    return wrap(name, fields), wrap(f"{name}Block", block)


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


def _custom(fields: tuple[tuple[str, str], ...], shape: Shape) -> list[str]:
    if CUSTOM_FIELDS not in shape.owners:
        return []
    return [data_ext(CUSTOM_FIELDS, name, value) for name, value in fields]

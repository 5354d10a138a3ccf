"""Transactions as qbXML text: InvoiceRet and its kin, in QuickBooks' element order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.company.answers import Shape, element, flag, record, wrap
from simulator.company.books import USUAL_DISCOUNTS, Books, in_home, money
from simulator.company.product import Edition
from simulator.company.records import (
    TXN_TYPES,
    Application,
    Credit,
    Document,
    Invoice,
    Line,
    Payment,
)
from simulator.company.references import References, address, custom_fields

_LINKS_SINCE = (10, 0)  # of a payment's applications


class TxnWriter:
    """Writes transactions of one company."""

    def __init__(self, books: Books, references: References) -> None:
        self._books = books
        self._refs = references
        self._stamp = books.stamp
        self._edition = books.profile.edition
        self._usual = {code: books.receivable(code).list_id for code in books.profile.currencies}
        self._templates = {one.name: one.list_id for one in books.of_kind("Template")}

    def invoice(self, one: Invoice, shape: Shape) -> str:
        """An InvoiceRet."""
        parts = [
            *self._txn_core(one),
            *self._receivable(one),
            self._refs.entry("TemplateRef", self._templates["Intuit Product Invoice"]),
            f"<TxnDate>{one.date}</TxnDate>\n",
            element("RefNumber", one.number),
            *address("BillAddress", one.address),
            *address("ShipAddress", one.ship_address),
            flag("IsPending", one.pending),
            "<IsFinanceCharge>false</IsFinanceCharge>\n",
            element("PONumber", one.po_number),
            self._refs.entry("TermsRef", one.terms),
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
        parts += custom_fields(one.custom, shape)
        return record("InvoiceRet", parts, shape)

    def credit(self, one: Credit, shape: Shape) -> str:
        """A CreditMemoRet."""
        parts = [
            *self._txn_core(one),
            *self._receivable(one),
            self._refs.entry("TemplateRef", self._templates["Custom Credit Memo"]),
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
        return record("CreditMemoRet", parts, shape)

    def payment(self, one: Payment, shape: Shape) -> str:
        """A ReceivePaymentRet; what it is applied to counts as its lines.

        One without id was not made: it only moved credits.
        """
        parts = [
            *(self._txn_core(one) if one.txn_id else ()),
            *self._receivable(one),
            f"<TxnDate>{one.date}</TxnDate>\n",
            element("RefNumber", one.number),
            f"<TotalAmount>{money(one.total)}</TotalAmount>\n",
            *self._currency(one, "TotalAmountInHomeCurrency", one.total),
            self._refs.entry("PaymentMethodRef", one.method),
            element("Memo", one.memo),
            self._refs.entry("DepositToAccountRef", one.deposit_to),
            f"<UnusedPayment>{money(one.unused)}</UnusedPayment>\n",
            f"<UnusedCredits>{money(self._credits_left(one))}</UnusedCredits>\n",
            element("ExternalGUID", one.external_guid),
        ]
        if shape.lines:
            parts += [self._applied_to(one, application, shape) for application in one.applied]
        return record("ReceivePaymentRet", parts, shape)

    # Parts of transactions.

    def _txn_core(self, one: Document) -> tuple[str, ...]:
        return (
            f"<TxnID>{one.txn_id}</TxnID>\n",
            f"<TimeCreated>{self._stamp(one.created)}</TimeCreated>\n",
            f"<TimeModified>{self._stamp(one.modified)}</TimeModified>\n",
            f"<EditSequence>{one.edit_sequence}</EditSequence>\n",
            f"<TxnNumber>{one.txn_number}</TxnNumber>\n",
        )

    def _receivable(self, one: Document) -> tuple[str, str]:
        return (
            self._refs.customer("CustomerRef", one.customer),
            self._refs.entry("ARAccountRef", one.receivable or self._usual[one.currency]),
        )

    def _amounts(self, subtotal: int, tax: int, tax_item: str) -> Iterator[str]:
        yield f"<Subtotal>{money(subtotal)}</Subtotal>\n"
        if tax_item:
            yield self._refs.entry("ItemSalesTaxRef", tax_item)
            rate = Decimal(self._books.entries[tax_item].detail)
            yield f"<SalesTaxPercentage>{rate:.2f}</SalesTaxPercentage>\n"
        yield f"<SalesTaxTotal>{money(tax)}</SalesTaxTotal>\n"

    def _currency(self, one: Document, home_name: str, amount: int) -> Iterator[str]:
        """Currency, rate and the amount in home currency, in a company that keeps several."""
        if self._books.profile.multicurrency:
            yield self._refs.currency(one.currency)
            yield f"<ExchangeRate>{one.exchange_rate}</ExchangeRate>\n"
            home = money(in_home(amount, one.exchange_rate))
            yield f"<{home_name}>{home}</{home_name}>\n"

    def _tax_code(self, included: bool, tax_code: str) -> Iterator[str]:
        if self._edition is not Edition.US:
            yield flag("IsTaxIncluded", included)
        yield self._refs.entry("CustomerSalesTaxCodeRef", tax_code)

    def _line(self, kind: str, line: Line) -> str:
        if line.parts:
            return self._group(kind, line)
        amount = "" if line.amount is None else f"<Amount>{money(line.amount)}</Amount>\n"
        tax = f"<TaxAmount>{money(line.tax)}</TaxAmount>\n" if line.tax else ""
        return (
            f"<{kind}Ret>\n<TxnLineID>{line.line_id}</TxnLineID>\n"
            f"{self._refs.entry('ItemRef', line.item)}"
            f"{element('Desc', line.desc)}{element('Quantity', line.quantity)}{_rate(line.rate)}"
            f"{amount}{tax}{element('ServiceDate', line.service_date)}"
            f"{self._refs.entry('SalesTaxCodeRef', line.tax_code)}</{kind}Ret>\n"
        )

    def _group(self, kind: str, line: Line) -> str:
        return wrap(
            f"{kind}GroupRet",
            (
                f"<TxnLineID>{line.line_id}</TxnLineID>\n",
                self._refs.entry("ItemGroupRef", line.item),
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
            kind = TXN_TYPES[type(applier)]
            amount = sum(use.amount for use in applier.applied if use.txn_id == one.txn_id)
            yield _link(applier.txn_id, kind, applier.date, applier.number, -amount)

    def _invoice_link(self, application: Application) -> str:
        invoice = self._books.invoices[application.txn_id]
        return _link(invoice.txn_id, "Invoice", invoice.date, invoice.number, application.amount)

    def _credits_left(self, one: Payment) -> int:
        """What the credits that a payment named still have left."""
        named = map(self._books.applier, one.credits)
        return sum(credit.balance for credit in named if credit)

    def _credits_set(self, payment: Payment, invoice_id: str) -> int:
        """What the credits that a payment named pay of an invoice."""
        named = map(self._books.applier, payment.credits)
        uses = (use for credit in named if credit for use in credit.applied)
        return sum(use.amount for use in uses if use.txn_id == invoice_id)

    def _applied_to(self, payment: Payment, application: Application, shape: Shape) -> str:
        """One application with the other links of its invoice, as QuickBooks lists them."""
        invoice = self._books.invoices[application.txn_id]
        habits = self._books.profile.habits
        amount = application.amount
        if not habits.amounts_include_discounts:
            amount -= application.discount
        if habits.amounts_include_credits:
            amount += self._credits_set(payment, application.txn_id)
        parts = [
            f"<TxnID>{invoice.txn_id}</TxnID>\n<TxnType>Invoice</TxnType>\n",
            f"<TxnDate>{invoice.date}</TxnDate>\n",
            element("RefNumber", invoice.number),
            f"<BalanceRemaining>{money(invoice.balance)}</BalanceRemaining>\n",
            f"<Amount>{money(amount)}</Amount>\n",
        ]
        if application.discount:
            account = application.discount_account or self._books.account(USUAL_DISCOUNTS).list_id
            parts.append(f"<DiscountAmount>{money(application.discount)}</DiscountAmount>\n")
            parts.append(self._refs.entry("DiscountAccountRef", account))
        if shape.version >= _LINKS_SINCE:
            mine = f"<TxnID>{payment.txn_id}</TxnID>"
            parts += [link for link in self._invoice_links(invoice) if mine not in link]
        return wrap("AppliedToTxnRet", parts)


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

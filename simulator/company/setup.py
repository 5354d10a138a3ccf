"""The lists that a new company starts with: accounts, terms, items, taxes, currencies, methods."""

from __future__ import annotations

from simulator.company import names
from simulator.company.books import Books
from simulator.company.product import CURRENCIES, Edition
from simulator.company.records import Account, Entry

TERMS = (("Net 30", "30"), ("Net 15", "15"), ("Due on receipt", "0"), ("2% 10 Net 30", "30"))
PAYMENT_METHODS = (
    ("Cash", "Cash"),
    ("Check", "Check"),
    ("Visa", "Visa"),
    ("MasterCard", "MasterCard"),
    ("American Express", "AmericanExpress"),
    ("E-Check", "ECheck"),
    ("Barter", "Other"),
)
INACTIVE = ("Barter",)
# Code and percentage; in the US a code only says whether the form's tax item applies.
TAX_CODES = {
    Edition.US: (("Tax", "100"), ("Non", "0")),
    Edition.CA: (("G", "5.0"), ("H", "13.0"), ("Z", "0"), ("E", "0")),
    Edition.UK: (("S", "20.0"), ("R", "5.0"), ("Z", "0"), ("E", "0")),
}
TAX_ITEMS = (("State Tax", "8.25"), ("County Tax", "6.0"), ("Out of State", "0.0"))


def add_lists(books: Books) -> None:
    """Put the usual lists and accounts into new books."""
    profile = books.profile
    in_us, several = profile.edition is Edition.US, profile.multicurrency
    lists = {
        "Terms": TERMS,
        "Template": (("Intuit Product Invoice", ""), ("Custom Credit Memo", "")),
        "SalesTaxCode": TAX_CODES[profile.edition],
        "ItemSalesTax": TAX_ITEMS if in_us else (),
        "Item": (
            *((name, kind) for name, kind, _, _ in names.ITEMS),
            *((name, "group") for name, _ in names.PACKAGES),
            ("Subtotal", "subtotal"),
            ("Discount", "discount"),
        ),
        "PaymentMethod": PAYMENT_METHODS,
        "Currency": [(CURRENCIES[code].name, code) for code in profile.currencies if several],
    }
    for kind, entries in lists.items():
        for name, detail in entries:
            list_id = books.new_list_id()
            active = name not in INACTIVE
            books.entries[list_id] = Entry(kind, list_id, name, detail, books.now, active)
    _add_accounts(books)


def _add_accounts(books: Books) -> None:
    home = books.profile.home_currency
    rows = [
        ("Checking", "Bank", "", "10100", home),
        ("Savings", "Bank", "", "10300", home),
        ("Accounts Receivable", "AccountsReceivable", "", "11000", home),
        ("Undeposited Funds", "OtherCurrentAsset", "UndepositedFunds", "12000", home),
        ("Sales", "Income", "", "40000", home),
        ("Sales Discounts", "Income", "", "40900", home),
    ]
    for code in books.profile.currencies[1:]:
        name = f"Accounts Receivable - {code}"
        rows.append((name, "AccountsReceivable", "", "", code))
    for name, kind, special, number, currency in rows:
        list_id = books.new_list_id()
        books.accounts[list_id] = Account(list_id, name, kind, special, number, currency, books.now)

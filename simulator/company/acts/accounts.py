"""Acts on the chart of accounts."""

from __future__ import annotations

from simulator.company.acts.finding import ACT_SECONDS, Change, checked
from simulator.company.books import BookError, Books
from simulator.company.records import Account

ACCOUNT_TYPES = ("AccountsReceivable", "Bank", "Income", "Expense", "OtherCurrentAsset")
MAX_ACCOUNT_NAME = 31


def add_account(books: Books, name: str, kind: str, *, currency: str = "") -> Change:
    """Add an account called NAME of a TYPE such as Bank or AccountsReceivable."""
    if not name or ":" in name:
        raise BookError("An account needs a name without a colon.")
    checked(name, MAX_ACCOUNT_NAME, "account name")
    if kind not in ACCOUNT_TYPES:
        raise BookError(f"There is no account type {kind!r}; there are: {', '.join(ACCOUNT_TYPES)}")
    if any(one.name.casefold() == name.casefold() for one in books.accounts.values()):
        raise BookError(f"An account {name!r} already exists.")
    code = currency or books.profile.home_currency
    if code not in books.profile.currencies:
        raise BookError(f"The company does not use {code}.")
    books.now += ACT_SECONDS
    list_id = books.new_list_id()
    books.accounts[list_id] = Account(list_id, name, kind, "", "", code, books.now)
    return Change("add-account", "Account", list_id, name, f"Account {name} added ({kind}).")

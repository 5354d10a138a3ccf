"""Acts on lists: on customers with their jobs, and on the chart of accounts."""

from __future__ import annotations

from simulator.company import ledger
from simulator.company.acts.finding import (
    ACT_SECONDS,
    MAX_NAME,
    Change,
    checked,
    customer_change,
    find_customer,
)
from simulator.company.books import MAX_SUBLEVEL, BookError, Books
from simulator.company.records import Account, Customer

ACCOUNT_TYPES = ("AccountsReceivable", "Bank", "Income", "Expense", "OtherCurrentAsset")
MAX_ACCOUNT_NAME = 31


def add_customer(books: Books, name: str, *, parent: str = "", currency: str = "") -> Change:
    """Add a customer or job called NAME."""
    above = find_customer(books, parent) if parent else None
    parent_id = above.list_id if above else ""
    _free_name(books, name, parent_id)
    currency = _currency(books, currency, above)
    if above and books.sublevel(above.list_id) >= MAX_SUBLEVEL:
        raise BookError("QuickBooks allows at most five levels of customers and jobs.")
    books.now += ACT_SECONDS
    customer = Customer(
        list_id=books.new_list_id(),
        name=name,
        parent=parent_id,
        active=True,
        created=books.now,
        modified=books.now,
        edit_sequence=books.now,
        balance=0,
        currency=currency,
        tax_code=books.of_kind("SalesTaxCode")[-1].list_id,
    )
    books.put_customer(customer)
    happened = f"added. ListID {customer.list_id}."
    return customer_change(books, "add-customer", customer.list_id, happened)


def rename(books: Books, reference: str, name: str) -> Change:
    """Rename a CUSTOMER to NAME (the last part of its full name)."""
    customer = find_customer(books, reference)
    _free_name(books, name, customer.parent, but=customer.list_id)
    _edit(books, customer._replace(name=name))
    return customer_change(books, "rename", customer.list_id, f"was called {customer.name}.")


def deactivate(books: Books, reference: str) -> Change:
    """Make a CUSTOMER inactive."""
    customer = _that_is(books, reference, active=True)
    _edit(books, customer._replace(active=False))
    return customer_change(books, "deactivate", customer.list_id, "inactive now.")


def reactivate(books: Books, reference: str) -> Change:
    """Make a CUSTOMER active again."""
    customer = _that_is(books, reference, active=False)
    _edit(books, customer._replace(active=True))
    return customer_change(books, "reactivate", customer.list_id, "active again.")


def merge(books: Books, reference: str, into: str) -> Change:
    """Merge a CUSTOMER INTO another one; the first is gone."""
    loser, winner = find_customer(books, reference), find_customer(books, into)
    if loser.list_id == winner.list_id:
        raise BookError("A customer cannot be merged into itself.")
    if (loser.parent, loser.currency) != (winner.parent, winner.currency):
        raise BookError("Only customers of the same parent and currency can be merged.")
    _without_jobs(books, loser)
    name = books.full_name(loser.list_id)
    books.now += ACT_SECONDS
    ledger.move_documents(books, loser.list_id, winner.list_id)
    ledger.drop_customer(books, loser.list_id)
    return customer_change(books, "merge", winner.list_id, f"took over {name}.")


def delete_customer(books: Books, reference: str) -> Change:
    """Delete a CUSTOMER that has neither jobs nor documents."""
    customer = find_customer(books, reference)
    _without_jobs(books, customer)
    for one in books.documents():
        if one.customer == customer.list_id:
            raise BookError(
                f"Customer {books.full_name(customer.list_id)} has documents, such as "
                f"{one.txn_id}; make it inactive instead."
            )
    books.now += ACT_SECONDS
    change = customer_change(books, "delete-customer", customer.list_id, "deleted.")
    ledger.drop_customer(books, customer.list_id)
    return change


def add_account(books: Books, name: str, kind: str, *, currency: str = "") -> Change:
    """Add an account called NAME of a TYPE such as Bank or AccountsReceivable."""
    if not name or ":" in name:
        raise BookError("An account needs a name without a colon.")
    checked(name, MAX_ACCOUNT_NAME, "account name")
    if kind not in ACCOUNT_TYPES:
        raise BookError(f"There is no account type {kind!r}; there are: {', '.join(ACCOUNT_TYPES)}")
    if any(one.name.casefold() == name.casefold() for one in books.accounts.values()):
        raise BookError(f"An account {name!r} already exists.")
    code = _used(books, currency or books.profile.home_currency)
    books.now += ACT_SECONDS
    list_id = books.new_list_id()
    books.accounts[list_id] = Account(list_id, name, kind, "", "", code, books.now)
    return Change("add-account", "Account", list_id, name, f"Account {name} added ({kind}).")


def _edit(books: Books, customer: Customer) -> None:
    books.now += ACT_SECONDS
    books.put_customer(customer._replace(modified=books.now, edit_sequence=books.now))


def _that_is(books: Books, reference: str, *, active: bool) -> Customer:
    customer = find_customer(books, reference)
    if customer.active is not active:
        word = "inactive" if active else "active"
        raise BookError(f"Customer {books.full_name(customer.list_id)} is already {word}.")
    return customer


def _currency(books: Books, currency: str, above: Customer | None) -> str:
    if above is not None and currency not in ("", above.currency):
        raise BookError(f"A job has its parent's currency, which is {above.currency}.")
    return _used(books, currency or (above.currency if above else books.profile.home_currency))


def _used(books: Books, currency: str) -> str:
    if currency not in books.profile.currencies:
        known = ", ".join(books.profile.currencies)
        raise BookError(f"This company does not use {currency}. It uses {known}.")
    return currency


def _free_name(books: Books, name: str, parent: str, but: str = "") -> None:
    checked(name, MAX_NAME, "name")
    if not name.strip() or ":" in name:
        raise BookError("A name must not be blank and must not contain a colon.")
    for other in books.customers.values():
        same = other.parent == parent and other.name.casefold() == name.casefold()
        if same and other.list_id != but:
            raise BookError(f"The name {name!r} is already used, by {other.list_id}.")


def _without_jobs(books: Books, customer: Customer) -> None:
    for other in books.customers.values():
        if other.parent == customer.list_id:
            name = books.full_name(customer.list_id)
            raise BookError(
                f"Customer {name} has jobs, such as {other.name!r}; move or delete them first."
            )

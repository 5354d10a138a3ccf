"""Inventing customers and invoices: names, addresses, lines; every shape that QuickBooks has."""

from __future__ import annotations

import random

from simulator.company import forms, ledger, names
from simulator.company.books import Books, guid
from simulator.company.clock import day, later
from simulator.company.product import Edition
from simulator.company.records import Address, Customer, Invoice, Line, Origin

DAY = 86400
INACTIVE, FOREIGN, JOB = 0.08, 0.15, 0.45
MAX_JOB_LEVEL = 3


class CustomerMaker:
    """Makes customers and jobs down to three levels; tricky names come first."""

    def __init__(self, books: Books, rnd: random.Random) -> None:
        self._books, self._rnd = books, rnd
        self._taken: set[tuple[str, str]] = set()
        self._jobs_made = 0

    def make(self, count: int) -> None:
        """Add so many customers and jobs; the first is always a customer."""
        levels: dict[str, int] = {}
        for n in range(count):
            self._books.now += self._rnd.randrange(60, 600)
            parents = [one for one in levels if levels[one] < MAX_JOB_LEVEL]
            job = n >= 2 and bool(parents) and self._rnd.random() < JOB
            # Late parents are preferred a little, so that third levels come about.
            parent = self._rnd.choice(parents[-40:]) if job else ""
            customer = self._customer(parent, top=n - self._jobs_made)
            if not n:
                customer = customer._replace(active=True)
            levels[customer.list_id] = levels[parent] + 1 if parent else 0
            self._books.put_customer(customer)

    def _customer(self, parent: str, top: int) -> Customer:
        books, rnd = self._books, self._rnd
        name = self._job_name(parent) if parent else self._name(top)
        above = books.customers.get(parent)
        first, last = rnd.choice(names.FIRST_NAMES), rnd.choice(names.LAST_NAMES)
        foreign = books.profile.currencies[1:] if rnd.random() < FOREIGN else ()
        currency = rnd.choice(foreign) if foreign else books.profile.home_currency
        address = above.address if above else self._address()
        modified = books.now + rnd.choice((0, 0, 1))  # TimeModified may be a second later
        return Customer(
            list_id=books.new_list_id(),
            name=name,
            parent=parent,
            active=rnd.random() >= INACTIVE,
            created=books.now,
            modified=modified,
            edit_sequence=books.now,
            balance=0,
            currency=above.currency if above else currency,
            company_name=above.company_name if above else name,
            first_name=first,
            last_name=last,
            address=address,
            phone=f"({rnd.randrange(200, 990)}) 555-0{rnd.randrange(100, 200)}",
            email=f"ap{top}@{'job' if parent else 'books'}{rnd.randrange(100, 999)}.example",
            contact=f"{first} {last}",
            terms=rnd.choice(books.of_kind("Terms")).list_id,
            tax_code=books.of_kind("SalesTaxCode")[0].list_id,
            tax_item=self._tax_item(currency),
            account_number=f"{rnd.randrange(10, 99)}-{rnd.randrange(100, 999)}",
            notes="9/15: prefers e-mail.\n\n10/2: asked for “net 45”." if top % 7 == 3 else "",
            delivery="Mail" if top % 11 == 5 else "Email",
            custom=(("Contract", f"C-{rnd.randrange(100, 999)}"),) if top % 5 == 2 else (),
        )

    def _tax_item(self, currency: str) -> str:
        items = self._books.of_kind("ItemSalesTax")
        if not items:
            return ""
        home = currency == self._books.profile.home_currency
        return self._rnd.choice(items).list_id if home else items[-1].list_id

    def _name(self, top: int) -> str:
        if top < len(names.TRICKY_CUSTOMERS):
            return self._free("", names.TRICKY_CUSTOMERS[top])
        rnd = self._rnd
        if rnd.random() < 0.2:
            return self._free(
                "", f"{rnd.choice(names.LAST_NAMES)}, {rnd.choice(names.FIRST_NAMES)}"
            )
        word, trade = rnd.choice(names.FIRST_WORDS), rnd.choice(names.TRADES)
        return self._free("", f"{word} {trade}{rnd.choice(names.SUFFIXES)}")

    def _job_name(self, parent: str) -> str:
        self._jobs_made += 1
        rnd = self._rnd
        if rnd.random() < 0.4:
            return self._free(parent, rnd.choice(names.TRICKY_JOBS))
        return self._free(parent, f"{rnd.choice(names.JOB_WORDS)} {rnd.randrange(1, 99)}")

    def _free(self, parent: str, name: str) -> str:
        """The name, with a number behind it when it is taken."""
        n, free = 1, name
        while (parent, free.casefold()) in self._taken:
            n += 1
            free = f"{name[:36]} {n}"
        self._taken.add((parent, free.casefold()))
        return free

    def _address(self) -> Address:
        rnd, edition = self._rnd, self._books.profile.edition
        city, state, post = rnd.choice(names.PLACES[edition.value])
        tail = {
            Edition.US: f"{rnd.randrange(10, 99)}",
            Edition.CA: f"{rnd.randrange(1, 9)}A{rnd.randrange(1, 9)}",
            Edition.UK: f"{rnd.randrange(1, 9)}QB",
        }[edition]
        street = f"{rnd.randrange(1, 990)} {rnd.choice(names.STREETS)}"
        return Address((street, "Attn: Accounts"), city, state, post + tail)


class InvoiceMaker:
    """Makes invoices; ``lines`` 0 means all shapes of forms, else so many plain lines."""

    def __init__(self, books: Books, rnd: random.Random, lines: int) -> None:
        self._books, self._rnd, self._plain_lines = books, rnd, lines
        items = {entry.name: entry for entry in books.of_kind("Item")}
        self._items = [(items[name], desc, price) for name, _, desc, price in names.ITEMS]
        self._packages = [(items[name], desc) for name, desc in names.PACKAGES]
        self._discount = items["Discount"]
        self._codes = books.of_kind("SalesTaxCode")
        self._customers = list(books.customers.values())
        self._active = [one for one in self._customers if books.is_active(one.list_id)]

    def make(
        self, number: str, *, pending: bool, free: bool, ordered: bool, active_only: bool
    ) -> Invoice:
        """An invoice of now, not in the books yet.

        ``free`` ones come to nothing, ``ordered`` ones were made from an order or estimate.
        """
        books, rnd = self._books, self._rnd
        customer = rnd.choice((active_only and self._active) or self._customers)
        head = books.new_head(customer.list_id, customer.currency)
        date = later(day(books.zone, books.now), -rnd.choice((0, 0, 0, 1, 3)))
        terms = books.entries[customer.terms]
        included = books.profile.edition is not Edition.US and rnd.random() < 0.1
        lines = self._lines(free=free)
        if included:
            lines = tuple(forms.with_tax_inside(books, line) for line in lines)
        subtotal = ledger.subtotal(books, lines, tax_included=included)
        tax = ledger.sales_tax(books, lines, customer.tax_item)
        discounted = terms.name.startswith("2%")
        return Invoice(
            **head,
            exchange_rate=books.exchange_rate(customer.currency),
            date=date,
            due_date=later(date, int(terms.detail)),
            number=number,
            lines=lines,
            subtotal=subtotal,
            tax=tax,
            applied=0,
            pending=pending,
            terms=terms.list_id,
            tax_item=customer.tax_item,
            tax_code=customer.tax_code,
            tax_included=included,
            po_number=f"PO-{rnd.randrange(1000, 9999)}" if rnd.random() < 0.6 else "",
            memo=rnd.choice(names.MEMOS if not self._plain_lines else names.LONG_MEMOS),
            address=customer.address,
            ship_address=customer.address if self._plain_lines else None,
            to_be_printed=rnd.random() < 0.2,
            external_guid=guid(rnd) if rnd.random() < 0.05 else "",
            discount=subtotal * 2 // 100 if discounted else 0,
            discount_date=later(date, 10) if discounted else "",
            origin=self._origin(date) if ordered else None,
            custom=(("Job code", f"J{rnd.randrange(100, 999)}"),) if rnd.random() < 0.1 else (),
        )

    def _origin(self, date: str) -> Origin:
        kind = self._rnd.choice(("SalesOrder", "Estimate"))
        number = f"{'SO' if kind == 'SalesOrder' else 'EST'}-{self._rnd.randrange(10, 999)}"
        return Origin(self._books.new_txn_id(), kind, later(date, -14), number)

    def _lines(self, *, free: bool) -> tuple[Line, ...]:
        if free:
            return (self._item(price=0),)
        if self._plain_lines:
            return tuple(self._item(dated=True) for _ in range(self._plain_lines))
        lines = [self._item() for _ in range(self._rnd.choice((1, 1, 2, 2, 3, 4, 6)))]
        chance = self._rnd.random()
        if chance < 0.08:
            lines.append(self._group())
        elif chance < 0.18:
            lines.append(forms.subtotal_line(self._books, lines))
            lines.append(self._percent_off(lines[-1]))
        elif chance < 0.36:
            lines.append(forms.words_line(self._books, self._rnd.choice(names.REMARKS)))
        elif chance < 0.40:
            lines.append(forms.words_line(self._books))
        return tuple(lines)

    def _item(self, price: int | None = None, *, dated: bool = False) -> Line:
        rnd = self._rnd
        item, desc, usual = rnd.choice(self._items)
        quantity = rnd.choice(("1", "2", "3", "6", "12", "40", "2.5", "0.75"))
        code = self._codes[0] if rnd.random() < 0.7 else rnd.choice(self._codes[1:])
        on = day(self._books.zone, self._books.now) if dated or rnd.random() < 0.1 else ""
        return forms.item_line(
            self._books,
            item,
            usual if price is None else price,
            code.list_id,
            quantity=quantity,
            desc=desc,
            service_date=on,
        )

    def _group(self) -> Line:
        item, desc = self._rnd.choice(self._packages)
        return forms.group_line(self._books, item, desc, [self._item() for _ in range(3)])

    def _percent_off(self, above: Line) -> Line:
        rate = self._rnd.choice(("-5.0", "-10.0", "-12.5"))
        base = above.amount or 0
        return forms.percent_line(self._books, self._discount, rate, base, self._codes[-1].list_id)

"""What people do on Invoiced: customers who pay, staff who corrects, a bank that decides.

An act happens inside ``account.change()`` and answers what happened, as a sentence and the record
that it is about. Raises ApiError where Invoiced would refuse, ``NotThere`` for an unknown name.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from simulator.invoiced import customers, documents, payments
from simulator.invoiced.account import Account, Record
from simulator.invoiced.documents import INVOICES
from simulator.invoiced.errors import ApiError
from simulator.invoiced.money import ZERO, cents, total

One = TypeVar("One")
METHODS = {"card": "credit_card", "bank": "ach", "check": "check", "cash": "cash"}
FEE = Decimal("0.03")


class NotThere(Exception):
    """What an act is about is not there."""


class Done(NamedTuple):
    """What happened, and to which record."""

    kind: str
    id: int
    sentence: str


def invoice_named(account: Account, name: str) -> Record:
    """The invoice of that number or ID. Raises NotThere."""
    found = account.first("invoices", "number", name)
    found = found or (account.get("invoices", int(name)) if name.isdecimal() else None)
    if found is None:
        raise NotThere(f"There is no invoice {name!r}.")
    return found


def payment_numbered(account: Account, id_: int) -> Record:
    """The payment of that ID. Raises NotThere."""
    found = account.get("payments", id_)
    if found is None:
        raise NotThere(f"There is no payment {id_}.")
    return found


def charge_of(account: Account, payment: Record) -> Record:
    """The charge of a payment. Raises NotThere where it was recorded by hand."""
    found = account.get("charges", payment["charge"])
    if found is None:
        raise NotThere(f"Payment {payment['id']} has no charge.")
    return found


def pay(
    account: Account,
    invoices: Sequence[Record],
    *,
    by: str = "card",
    amount: Decimal | None = None,
    fee: Decimal = ZERO,
    over: Decimal = ZERO,
) -> Done:
    """A customer pays invoices, each in full or ``amount`` of it, with a fee, or too much.

    By card and bank it is a charge, and that of a bank is pending; else staff records it.
    """
    paid = [(one, one["balance"] if amount is None else amount) for one in invoices]
    rows: list[Record] = [
        {"type": "invoice", "invoice": one["id"], "amount": part} for one, part in paid
    ]
    extra = (("convenience_fee", fee), ("credit", over))
    rows += [{"type": kind, "amount": more} for kind, more in extra if more]
    given = {
        "customer": _payer(account, invoices),
        "amount": total(row["amount"] for row in rows),
        "currency": invoices[0]["currency"],
        "method": METHODS[by],
        "applied_to": rows,
    }
    if by in ("card", "bank"):
        made = payments.charge(account, given, "customer_portal")
    else:
        number = 1000 + account.next_id("payments")
        made = payments.create(account, {**given, "reference": str(number)})
    numbers = ", ".join(one["number"] for one in invoices)
    return Done(
        "payments", made["id"], f"Payment {made['id']} of {made['amount']:.2f} for {numbers}."
    )


def settle(account: Account, payment: Record, *, succeeds: bool) -> Done:
    """The bank says how a pending charge ended; when it failed, its payment is voided."""
    charge = payments.settle(account, charge_of(account, payment), succeeds=succeeds)
    return Done("payments", payment["id"], f"Payment {payment['id']} {charge['status']}.")


def refund(account: Account, payment: Record, amount: Decimal | None = None) -> Done:
    """Staff pays a charge back."""
    made = payments.refund(account, charge_of(account, payment), {"amount": amount})
    return Done("refunds", made["id"], f"{made['amount']:.2f} of payment {payment['id']} refunded.")


def dispute(account: Account, payment: Record) -> Done:
    """A cardholder disputes a payment."""
    charge = payments.dispute(account, charge_of(account, payment))
    return Done("charges", charge["id"], f"Payment {payment['id']} disputed.")


def void_payment(account: Account, payment: Record) -> Done:
    """Staff voids a payment."""
    payments.void(account, payment)
    return Done("payments", payment["id"], f"Payment {payment['id']} voided.")


def delete_payment(account: Account, payment: Record) -> Done:
    """Staff deletes a payment for good."""
    payments.delete(account, payment)
    return Done("payments", payment["id"], f"Payment {payment['id']} deleted.")


def void(account: Account, invoice: Record) -> Done:
    """Staff voids an invoice."""
    documents.void(account, INVOICES, invoice)
    return Done("invoices", invoice["id"], f"Invoice {invoice['number']} voided.")


def delete(account: Account, invoice: Record) -> Done:
    """Staff deletes an invoice for good."""
    documents.delete(account, INVOICES, invoice)
    return Done("invoices", invoice["id"], f"Invoice {invoice['number']} deleted.")


def edit(account: Account, invoice: Record, *, add: Decimal = ZERO, notes: str = "") -> Done:
    """Staff adds a line to an invoice, or writes other notes."""
    lines = [*invoice["items"], {"name": "Added by hand", "quantity": 1, "unit_cost": add}]
    given: Record = {"items": lines} if add else {}
    documents.edit(account, INVOICES, invoice, given | ({"notes": notes} if notes else {}))
    return Done("invoices", invoice["id"], f"Invoice {invoice['number']} edited.")


def renumber(account: Account, invoice: Record, number: str) -> Done:
    """Staff gives an invoice another number."""
    documents.edit(account, INVOICES, invoice, {"number": number})
    return Done("invoices", invoice["id"], f"Invoice {invoice['number']} is {number} now.")


def add_customer(account: Account, name: str, contact: str = "") -> Done:
    """Staff adds a customer, whatever others are called, and perhaps a contact."""
    made = customers.create(account, {"name": name})
    if contact:
        email = f"{contact.split()[0].lower()}@example.com"
        customers.save_contact(account, made, {"name": contact, "email": email})
    return Done("customers", made["id"], f"Customer {name} added as {made['number']}.")


def add_contact(account: Account, customer: Record, name: str) -> Done:
    """Staff adds a contact to a customer."""
    made = customers.save_contact(account, customer, {"name": name})
    return Done("contacts", made["id"], f"Contact {name} of {customer['name']} added.")


def random_acts(account: Account, count: int, seed: int) -> list[Done]:
    """So many acts by chance, the same for the same account and seed; some cannot be done."""
    rnd = random.Random(f"deskbridge invoiced acts {seed}")
    done: list[Done] = []
    for _ in range(count):
        act = rnd.choices(list(_BY_CHANCE), list(_BY_CHANCE.values()))[0]
        try:
            with account.change():
                happened = act(account, rnd)
        except ApiError:
            continue  # Invoiced refused it, as it would a person
        done += [happened] if happened else []
    return done


Chance = Callable[[Account, random.Random], Done | None]


def _payer(account: Account, invoices: Sequence[Record]) -> int:
    """Who may pay all of them: their customer, or the parent of those who differ from it."""
    owners = [account.the("customers", one["customer"]) for one in invoices]
    same = len({one["id"] for one in owners}) == 1
    return int(owners[0]["id"] if same else owners[0]["parent_customer"] or owners[0]["id"])


def _some(rnd: random.Random, among: Sequence[One]) -> One | None:
    return rnd.choice(among) if among else None


def _open(account: Account, rnd: random.Random) -> Record | None:
    owed = [one for one in account.all("invoices") if one["balance"] > 0 and not one["closed"]]
    return _some(rnd, [one for one in owed if not one["pending"] and not one["draft"]])


def _live(account: Account, rnd: random.Random, *statuses: str) -> Record | None:
    """A payment that is not voided, with a charge of such a status; none means any payment."""
    live = [one for one in account.all("payments") if not one["voided"] and one["amount"] > 0]
    if statuses:
        live = [one for one in live if one["charge"] is not None]
        live = [one for one in live if charge_of(account, one)["status"] in statuses]
    return _some(rnd, live)


def _pays(by: str, **options: Any) -> Chance:
    def act(account: Account, rnd: random.Random) -> Done | None:
        invoice = _open(account, rnd)
        return pay(account, [invoice], by=by, **options) if invoice else None

    return act


def _pays_a_part(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    if invoice is None:
        return None
    part = max(Decimal("0.01"), cents(invoice["balance"] * rnd.randrange(1, 100) / 100))
    return pay(account, [invoice], by=rnd.choice(list(METHODS)), amount=part)


def _pays_with_a_fee(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    return pay(account, [invoice], fee=cents(invoice["balance"] * FEE)) if invoice else None


def _pays_too_much(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    over = Decimal(rnd.randrange(1, 5000)) / 100
    return pay(account, [invoice], by=rnd.choice(list(METHODS)), over=over) if invoice else None


def _pays_several(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    if invoice is None:
        return None
    others = account.find("invoices", "customer", invoice["customer"])
    owed = [
        one for one in others if one["balance"] > 0 and not one["closed"] and not one["pending"]
    ]
    same = [one for one in owed if one["currency"] == invoice["currency"] and not one["draft"]]
    return pay(account, same[: rnd.randrange(1, 5)], by=rnd.choice(list(METHODS)))


def _settles(account: Account, rnd: random.Random) -> Done | None:
    payment = _live(account, rnd, "pending")
    return settle(account, payment, succeeds=rnd.random() < 0.7) if payment else None


def _refunds(account: Account, rnd: random.Random) -> Done | None:
    payment = _live(account, rnd, "succeeded")
    if payment is None:
        return None
    part = cents(payment["amount"] * rnd.randrange(10, 101) / 100)
    return refund(account, payment, part)


def _disputes(account: Account, rnd: random.Random) -> Done | None:
    payment = _live(account, rnd, "succeeded")
    return dispute(account, payment) if payment else None


def _voids_a_payment(account: Account, rnd: random.Random) -> Done | None:
    payment = _live(account, rnd)
    return void_payment(account, payment) if payment else None


def _edits(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    if invoice is None:
        return None
    add = rnd.choice((ZERO, Decimal(rnd.randrange(100, 9000)) / 100))
    return edit(account, invoice, add=add, notes=f"Called {rnd.randrange(1000)}")


def _voids(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    return void(account, invoice) if invoice else None


def _deletes(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    return delete(account, invoice) if invoice else None


def _renumbers(account: Account, rnd: random.Random) -> Done | None:
    invoice = _open(account, rnd)
    return renumber(account, invoice, f"I-{rnd.randrange(10_000)}") if invoice else None


def _adds_a_namesake(account: Account, rnd: random.Random) -> Done | None:
    customer = _some(rnd, account.all("customers"))
    return add_customer(account, customer["name"], "Nancy Talty") if customer else None


def _adds_a_contact(account: Account, rnd: random.Random) -> Done | None:
    customer = _some(rnd, account.all("customers"))
    return add_contact(account, customer, f"Pat {rnd.randrange(1000)}") if customer else None


_BY_CHANCE: dict[Chance, int] = {
    _pays("card"): 16,
    _pays("bank"): 12,
    _pays("check"): 8,
    _pays_a_part: 10,
    _pays_with_a_fee: 5,
    _pays_too_much: 4,
    _pays_several: 8,
    _settles: 12,
    _refunds: 4,
    _disputes: 2,
    _voids_a_payment: 4,
    _edits: 4,
    _voids: 2,
    _deletes: 1,
    _renumbers: 2,
    _adds_a_namesake: 1,
    _adds_a_contact: 2,
}

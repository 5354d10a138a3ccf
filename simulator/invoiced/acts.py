"""What people do on Invoiced: customers who pay, staff who corrects, a bank that decides.

An act happens inside ``account.change()`` and answers what happened, as a sentence and the record
that it is about. Raises ApiError where Invoiced would refuse, ``NotThere`` for an unknown name.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from simulator.invoiced import customers, documents, payments
from simulator.invoiced.account import Account, Record
from simulator.invoiced.documents import INVOICES
from simulator.invoiced.errors import ApiError
from simulator.invoiced.money import CENT, ZERO, cents, total

METHODS = {"card": "credit_card", "bank": "ach", "check": "check", "cash": "cash"}
FEE, SUCCESS = Decimal("0.03"), 0.7


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


def customer_named(account: Account, number: str) -> Record:
    """The customer of that number. Raises NotThere."""
    found = account.first("customers", "number", number)
    if found is None:
        raise NotThere(f"There is no customer {number!r}.")
    return found


def payment_named(account: Account, name: str) -> Record:
    """The payment of that ID. Raises NotThere."""
    found = account.get("payments", int(name)) if name.isdecimal() else None
    if found is None:
        raise NotThere(f"There is no payment {name!r}.")
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


def win(account: Account, payment: Record) -> Done:
    """The dispute about a payment is won."""
    charge = payments.win(account, charge_of(account, payment))
    return Done("charges", charge["id"], f"Dispute about payment {payment['id']} won.")


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


def delete_customer(account: Account, customer: Record) -> Done:
    """Staff deletes a customer that has nothing."""
    customers.delete(account, customer)
    return Done("customers", customer["id"], f"Customer {customer['name']} deleted.")


def add_contact(account: Account, customer: Record, name: str) -> Done:
    """Staff adds a contact to a customer."""
    made = customers.save_contact(account, customer, {"name": name})
    return Done("contacts", made["id"], f"Contact {name} of {customer['name']} added.")


def random_acts(account: Account, count: int, seed: int) -> list[Done]:
    """Do random acts of all kinds.

    They are the same for the same account and seed; some cannot be done.
    """
    rnd = random.Random(f"deskbridge invoiced acts {seed}")
    shares, acts = zip(*_BY_CHANCE, strict=True)
    done: list[Done] = []
    for _ in range(count):
        act = rnd.choices(acts, shares)[0]
        try:
            with account.change():
                happened = act(account, rnd)
        except ApiError:
            continue  # Invoiced refused it, as it would a person
        done += [happened] if happened else []
    return done


Chance = Callable[[Account, random.Random], Done | None]
OnRecord = Callable[[Account, Record, random.Random], Done]


def _payer(account: Account, invoices: Sequence[Record]) -> int:
    """Who may pay all of them: their customer, or the parent of those who differ from it."""
    owners = [account.the("customers", one["customer"]) for one in invoices]
    same = len({one["id"] for one in owners}) == 1
    return int(owners[0]["id"] if same else owners[0]["parent_customer"] or owners[0]["id"])


def _is_open(one: Record) -> bool:
    return one["balance"] > 0 and not (one["closed"] or one["pending"] or one["draft"])


def _on_open(act: OnRecord) -> Chance:
    """An act on an invoice that somebody owes."""

    def by_chance(account: Account, rnd: random.Random) -> Done | None:
        owed = [one for one in account.all("invoices") if _is_open(one)]
        return act(account, rnd.choice(owed), rnd) if owed else None

    return by_chance


def _on_payment(act: OnRecord, status: str = "") -> Chance:
    """An act on a payment that is not voided, with a charge of that status, or any payment."""

    def by_chance(account: Account, rnd: random.Random) -> Done | None:
        live = [one for one in account.all("payments") if not one["voided"] and one["amount"]]
        if status:
            live = [one for one in live if one["charge"] is not None]
            live = [one for one in live if charge_of(account, one)["status"] == status]
        return act(account, rnd.choice(live), rnd) if live else None

    return by_chance


def _on_customer(act: OnRecord) -> Chance:
    """An act on any customer."""

    def by_chance(account: Account, rnd: random.Random) -> Done | None:
        known = account.all("customers")
        return act(account, rnd.choice(known), rnd) if known else None

    return by_chance


def _way(rnd: random.Random) -> str:
    return rnd.choice(list(METHODS))


def _part(amount: Decimal, rnd: random.Random) -> Decimal:
    return max(CENT, cents(amount * rnd.randrange(1, 100) / 100))


def _some_of_its_customer(account: Account, invoice: Record, rnd: random.Random) -> list[Record]:
    others = account.find("invoices", "customer", invoice["customer"])
    same = [one for one in others if _is_open(one) and one["currency"] == invoice["currency"]]
    return same[: rnd.randrange(1, 5)]


_BY_CHANCE: tuple[tuple[int, Chance], ...] = (
    (16, _on_open(lambda account, one, _: pay(account, [one]))),
    (12, _on_open(lambda account, one, _: pay(account, [one], by="bank"))),
    (8, _on_open(lambda account, one, _: pay(account, [one], by="check"))),
    (10, _on_open(lambda account, one, rnd: pay(
        account, [one], by=_way(rnd), amount=_part(one["balance"], rnd)))),
    (5, _on_open(lambda account, one, _: pay(account, [one], fee=cents(one["balance"] * FEE)))),
    (4, _on_open(lambda account, one, rnd: pay(
        account, [one], by=_way(rnd), over=_part(one["balance"], rnd)))),
    (8, _on_open(lambda account, one, rnd: pay(
        account, _some_of_its_customer(account, one, rnd), by=_way(rnd)))),
    (12, _on_payment(
        lambda account, one, rnd: settle(account, one, succeeds=rnd.random() < SUCCESS),
        "pending")),
    (4, _on_payment(
        lambda account, one, rnd: refund(account, one, _part(one["amount"], rnd)), "succeeded")),
    (2, _on_payment(lambda account, one, _: dispute(account, one), "succeeded")),
    (4, _on_payment(lambda account, one, _: void_payment(account, one))),
    (2, _on_open(lambda account, one, _: edit(account, one, notes="Called"))),
    (2, _on_open(lambda account, one, rnd: edit(account, one, add=_part(one["balance"], rnd)))),
    (2, _on_open(lambda account, one, _: void(account, one))),
    (1, _on_open(lambda account, one, _: delete(account, one))),
    (2, _on_open(lambda account, one, rnd: renumber(account, one, f"I-{rnd.randrange(10_000)}"))),
    (1, _on_customer(lambda account, one, _: add_customer(account, one["name"], "Nancy Talty"))),
    (1, _on_customer(lambda account, one, _: delete_customer(account, one))),
    (2, _on_customer(
        lambda account, one, rnd: add_contact(account, one, f"Pat {rnd.randrange(1000)}"))),
)  # fmt: skip

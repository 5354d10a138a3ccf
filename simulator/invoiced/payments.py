"""Payments with what they are applied to, their charges, refunds and disputes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from simulator.invoiced import documents
from simulator.invoiced.account import Account, Record
from simulator.invoiced.customers import credit_balance, the_customer
from simulator.invoiced.documents import KINDS
from simulator.invoiced.errors import ApiError
from simulator.invoiced.fields import PAYMENT, choice, money, number_of, read_fields, text, whole
from simulator.invoiced.money import ZERO, cents, total
from simulator.invoiced.showing import tell

NON_CASH = ("applied_credit", "credit_note", "document_adjustment")
TYPES = ("invoice", "convenience_fee", "credit", *NON_CASH)
TROUBLE = "An error occurred while trying to apply payment: "
CHARGE = {
    "amount": money(required=True),
    "currency": text(3),
    "customer": whole(),
    "method": choice("credit_card", "ach", "direct_debit", "paypal"),
    "applied_to": PAYMENT["applied_to"],
    "notes": text(5000),
    "receipt_email": text(),
}


def create(account: Account, given: Record, charge: Record | None = None) -> Record:
    """A new payment, applied as ``applied_to`` says."""
    values = read_fields(PAYMENT, given, new=True)
    rows = values.pop("applied_to") or ()
    _check_amount(values["amount"])
    values["customer"] = values["customer"] or _customer_of(account, rows)
    if values["customer"] is not None:
        the_customer(account, values["customer"])
    values["currency"] = _currency(account, values)
    values["date"] = account.now if values["date"] is None else values["date"]
    start = {"balance": values["amount"], "voided": False, "date_voided": None, "matched": None}
    linked: Record = {"charge": charge["id"] if charge else None, "applied_to": []}
    made = account.add("payments", {**values, **start, **linked})
    if rows:
        made = _apply(account, made, rows)
    tell(account, "payment.created", "payments", made)
    return made


def edit(account: Account, payment: Record, given: Record) -> Record:
    """Change what is given; ``applied_to`` replaces all that it is applied to."""
    if payment["voided"]:
        raise ApiError("The payment is voided and cannot be edited.", "voided")
    values = read_fields(PAYMENT, given, new=False)
    rows = values.pop("applied_to", None)
    changed = {**payment, **values}
    _check_amount(changed["amount"])
    if changed["currency"] != payment["currency"] and payment["applied_to"]:
        raise ApiError(
            "The currency cannot be modified if the payment is applied. "
            "You must first unapply the payment to change the currency."
        )
    if payment["customer"] and changed["customer"] != payment["customer"]:
        rows = () if rows is None else rows
    used = payment["amount"] - payment["balance"]
    if rows is None and changed["amount"] < used:
        raise ApiError("The amount cannot cause the balance to go below 0.", "amount")
    if changed == payment and rows is None and not account.profile.mapping_touches:
        return payment
    changed["balance"] = max(ZERO, changed["amount"] - used)
    kept = account.alter("payments", changed)
    if rows is not None:
        kept = _apply(account, kept, rows)
    tell(account, "payment.updated", "payments", kept, payment)
    return kept


def void(account: Account, payment: Record) -> Record:
    """Void a payment: nothing is applied any more. The event says that it was deleted."""
    if payment["voided"]:
        raise ApiError("This payment has already been voided.")
    gone = {"applied_to": [], "balance": payment["amount"], "voided": True}
    kept = account.alter("payments", payment, **gone, date_voided=account.now)
    _settle_up(account, payment["applied_to"])
    tell(account, "payment.deleted", "payments", kept)
    return kept


def delete(account: Account, payment: Record) -> None:
    """Delete a payment for good; only an event is left of it."""
    account.remove("payments", payment)
    for mapping in account.find("mappings", "record", ("payment", payment["id"])):
        account.remove("mappings", mapping)
    _settle_up(account, payment["applied_to"])
    tell(account, "payment.deleted", "payments", payment)


def charge(account: Account, given: Record, source: str = "api") -> Record:
    """Charge a card, or a bank account, which is pending at first. Answers the payment."""
    values = read_fields(CHARGE, given, new=True)
    is_card = values["method"] in ("credit_card", "paypal")
    number = account.next_id("charges")
    asked = {
        **{name: values[name] for name in ("amount", "customer", "receipt_email")},
        "currency": _currency(account, values),
        "status": "succeeded" if is_card else "pending",
        "gateway": "test",
        "gateway_id": f"ch_{number:08}",
        "amount_refunded": ZERO,
        "refunded": False,
        "disputed": False,
        "failure_message": None,
        "description": None,
        "payment_source": _source_of_money(number, is_card=is_card),
    }
    made = account.add("charges", asked)
    tell(account, f"charge.{made['status']}", "charges", made)
    names = ("amount", "currency", "customer", "method", "applied_to", "notes")
    paid = {name: values[name] for name in names}
    return create(account, {**paid, "source": source, "reference": made["gateway_id"]}, made)


def settle(account: Account, of: Record, *, succeeds: bool) -> Record:
    """Say how a pending charge ended. Success does not move the payment's ``updated_at``."""
    if of["status"] != "pending":
        raise ApiError(f"The charge is {of['status']} already.")
    ended: Record = (
        {"status": "succeeded"}
        if succeeds
        else {"status": "failed", "failure_message": "R01: insufficient funds"}
    )
    kept = account.alter("charges", of, **ended)
    tell(account, f"charge.{kept['status']}", "charges", kept, of)
    payment = account.first("payments", "charge", of["id"])
    if payment and not payment["voided"]:
        if succeeds:
            _settle_up(account, payment["applied_to"])
        else:
            void(account, payment)
    return kept


def refund(account: Account, of: Record, given: Record) -> Record:
    """Pay a charge back, in part or whole. Payment and invoice stay as they are."""
    left = of["amount"] - of["amount_refunded"]
    amount = read_fields({"amount": money()}, given, new=True)["amount"]
    amount = left if amount is None else amount
    if of["status"] != "succeeded" or not 0 < amount <= left:
        raise ApiError(f"The refund amount must be between 0 and {left}.", "amount")
    names = ("currency", "gateway", "gateway_id")
    made = account.add(
        "refunds",
        {
            "charge": of["id"],
            "amount": amount,
            "status": "succeeded",
            "failure_message": None,
            **{name: of[name] for name in names},
        },
    )
    so_far = of["amount_refunded"] + amount
    account.alter("charges", of, amount_refunded=so_far, refunded=so_far == of["amount"])
    tell(account, "refund.created", "refunds", made)
    return made


def dispute(account: Account, of: Record) -> Record:
    """A cardholder disputes a charge. Payment and invoice stay as they are."""
    kept = account.alter("charges", of, disputed=True)
    tell(account, "dispute.created", "charges", kept, of)
    return kept


def win(account: Account, of: Record) -> Record:
    """A dispute ends well. Nothing but the charge tells: no event, and the payment stays so."""
    if not of["disputed"]:
        raise ApiError("The charge is not disputed.")
    return account.alter("charges", of, disputed=False)


def _check_amount(amount: Decimal | None) -> None:
    if amount is None or amount < 0:
        raise ApiError("The amount cannot be less than 0.", "amount")


def _currency(account: Account, values: Record) -> str:
    customer = account.get("customers", values["customer"])
    own = customer["currency"] if customer else None
    return str(values["currency"] or own or account.profile.currency).lower()


def _customer_of(account: Account, rows: Iterable[Any]) -> int | None:
    """Whose documents they are, where the payment does not say."""
    for row in rows:
        for name, kind in KINDS.items():
            document = account.get(kind.table, row.get(name)) if isinstance(row, dict) else None
            if document:
                return int(document["customer"])
    return None


def _apply(account: Account, payment: Record, given: Iterable[Any]) -> Record:
    """Replace what a payment is applied to. Raises ApiError with ``applied_to``."""
    try:
        return _applied(account, payment, list(given))
    except ApiError as wrong:
        raise ApiError(TROUBLE + wrong.message, "applied_to") from wrong


def _applied(account: Account, payment: Record, given: list[Any]) -> Record:
    before = {_key(row): row["id"] for row in payment["applied_to"]}
    if given and payment["customer"] is None:
        raise ApiError("Missing customer")
    fresh = max(before.values(), default=payment["id"] * 100)
    rows: dict[str, Record] = {}
    for one in given:
        row = _row(account, payment, one)
        key = _key(row)
        if key in rows:
            said = "Each document can only be applied once per payment. Detected duplicate"
            raise ApiError(f"{said} ({key})")
        fresh += key not in before
        rows[key] = {"id": before.get(key, fresh), **row}
    cash = total(row["amount"] for row in rows.values() if row["type"] not in NON_CASH)
    if cash > payment["amount"]:
        raise ApiError(
            f"Total amount applied ({cash}) cannot exceed the payment amount ({payment['amount']})"
        )
    left = payment["amount"] - cash
    kept = account.put("payments", {**payment, "applied_to": list(rows.values()), "balance": left})
    _settle_up(account, [*payment["applied_to"], *rows.values()])
    return kept


def _row(account: Account, payment: Record, given: Any) -> Record:
    """One application, checked, with the documents that it is about."""
    for name in ("type", "amount"):
        if not isinstance(given, dict) or given.get(name) is None:
            raise ApiError(f"Missing `{name}` parameter")
    if given["type"] not in TYPES:
        raise ApiError(f"Invalid payment application type: {given['type']}")
    row: Record = {"type": given["type"], "amount": _amount(given)}
    for name in _documents_of(given):
        row[name] = _document(account, payment, name, given.get(name))
    if row["type"] in NON_CASH and given.get("document_type"):
        row["document_type"] = given["document_type"]
    if "invoice" not in row and row["type"] in ("credit", "credit_note", "applied_credit"):
        row["credited"] = payment["customer"]
    if row["type"] == "applied_credit":
        owner = account.get("invoices", row.get("invoice"))
        row["credited"] = owner["customer"] if owner else payment["customer"]
    return row


def _amount(given: Mapping[str, Any]) -> Decimal:
    amount = cents(number_of(given, "amount"))
    if amount <= 0:
        raise ApiError(f"Amount applied to document must be greater than 0. Provided: {amount}")
    return amount


def _documents_of(given: Mapping[str, Any]) -> list[str]:
    """Which documents a row must name, by its type."""
    if given["type"] == "invoice":
        return ["invoice"]
    if given.get("invoice") is not None and given["type"] not in NON_CASH:
        raise ApiError("Cannot supply invoice ID to non-invoice splits.")
    about = given.get("document_type")
    if about is not None and about not in KINDS:
        raise ApiError(f"Invalid document type provided. Allowed types are {', '.join(KINDS)}")
    if given["type"] == "document_adjustment" and about is None:
        raise ApiError("Unspecified document type.")
    own = ["credit_note"] if given["type"] == "credit_note" else []
    return [*own, *([about] if about else [])] if given["type"] in NON_CASH else []


def _document(account: Account, payment: Record, name: str, id_: Any) -> int:
    document = account.get(KINDS[name].table, id_) if isinstance(id_, int) else None
    word = name.replace("_", " ")
    if document is None:
        raise ApiError(f"Could not find {word}: {id_}")
    if document["voided"]:
        raise ApiError(documents.VOIDED)
    if document["currency"] != payment["currency"]:
        raise ApiError(
            f"The currency of {word} {document['number']} ({document['currency']}) does not match "
            f"the payment currency ({payment['currency']})"
        )
    customer = the_customer(account, payment["customer"])
    owner = account.the("customers", document["customer"])
    if owner["id"] != customer["id"] and owner["parent_customer"] != customer["id"]:
        raise ApiError(
            f"The {word} provided ({document['number']}) does not belong to the customer that was "
            f"selected to apply payments for: {customer['number']}"
        )
    return int(document["id"])


def _key(row: Mapping[str, Any]) -> str:
    """What may be in one payment only once."""
    key = str(row["type"])
    if key in row:
        key += f":{row[key]}"
    about = row.get("document_type")
    return f"{key}, {about}:{row[about]}" if about else key


def _settle_up(account: Account, rows: Iterable[Record]) -> None:
    """Count again what these applications are about. Raises ApiError where credit is overspent."""
    rows = list(rows)
    for name, kind in KINDS.items():
        for id_ in dict.fromkeys(row[name] for row in rows if name in row):
            documents.recount(account, kind, id_)
    for customer in dict.fromkeys(row["credited"] for row in rows if "credited" in row):
        left = credit_balance(account, customer)
        if left < 0:
            raise ApiError(
                "Could not write this change because it caused the customer's credit balance "
                f"to become {left}",
                "amount",
            )


def _source_of_money(number: int, *, is_card: bool) -> Record:
    if is_card:
        return {"id": number, "object": "card", "brand": "Visa", "last4": "4242"}
    return {"id": number, "object": "bank_account", "bank_name": "Wells Fargo", "last4": "6789"}

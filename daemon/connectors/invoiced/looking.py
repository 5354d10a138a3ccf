"""What is on Invoiced already: records looked up by all that may tell them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

from daemon.connectors.invoiced import customers, invoices, payments, values
from daemon.connectors.invoiced.api import Api, ApiRefusal
from daemon.connectors.invoiced.values import OUR_ID, money, our_id_of
from daemon.connectors.platform import Ambiguous
from shared.rules.connectors import CREATE, Change, CustomerCopy, InvoiceCopy
from shared.rules.outlets import Refused
from shared.rules.payments.names import folded
from shared.rules.payments.values import ZERO

Record = Mapping[str, Any]
GONE = 404


class Looks:
    """Reads alone. Each method returns None where there is no such record."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def one(self, kind: str, their_id: str) -> Record | None:
        """The record of this id."""
        query = {"include": "applied_to"} if kind == "payments" else None
        return await self.read(f"/{kind}/{their_id}", query)

    async def read(self, path: str, query: Mapping[str, str] | None = None) -> Record | None:
        """What is at this path."""
        try:
            return await self._api.get(path, query)  # type: ignore[no-any-return]
        except ApiRefusal as why:
            if why.status == GONE:
                return None
            raise

    async def ours(self, kind: str, our_id: str) -> Record | None:
        """The record that names our ListID or TxnID, not one that was voided where others do."""
        more = {"include": "applied_to"} if kind == "payments" else {}
        found = await self._api.get(f"/{kind}", {f"metadata[{OUR_ID}]": our_id, **more})
        same = [one for one in found if our_id_of(one) == our_id]
        living = [one for one in same if not (one.get("voided") or one.get("status") == "voided")]
        return next(iter(living or same), None)

    async def known(self, kind: str, change: Change) -> Record | None:
        """The record that is known to be ours, or says so."""
        if change.mapped is not None:
            there = await self.one(kind, change.mapped.their_id)
            if there is not None:
                return there
        return await self.ours(kind, change.outgoing.object_id)

    async def why_not_tied(self, kind: str, our_id: str, there: Record) -> Refused | None:
        """Why a record there is not to become ours: it is another one of some books, or another
        one there is ours. What names ours by its accounting ID would reach that one.
        """
        if our_id_of(there) == our_id:
            return None
        other = await self.ours(kind, our_id)
        if other is not None and other["id"] != there["id"]:
            return Refused(values.still_linked(kind, other, our_id))
        known_as = await self.accounting_id(kind, there)
        if kind == "customers" or known_as in ("", our_id):
            return None  # a customer is tied anew, since a person chose it
        return Refused(values.linked_otherwise(there, known_as))

    async def accounting_id(self, kind: str, there: Record) -> str:
        """The id under which an accounting system has a record of Invoiced; empty: none has it."""
        told = await self._api.get(f"/{kind}/{there['id']}/accounting_sync_status")
        return str(told.get("accounting_id") or "") if told.get("synced") else ""

    async def customer(
        self, change: Change, copy: CustomerCopy
    ) -> Record | Ambiguous | Refused | None:
        """The customer that is meant: known, chosen, of the same number, or of the same name.

        Where the number is that of one and the name that of others, a person chooses.
        """
        there = await self.known("customers", change)
        if there is not None or change.choice == CREATE:
            return there
        if change.choice:
            there = await self.one("customers", change.choice)
            return there or Ambiguous(f"Invoiced has no customer {change.choice}.")
        numbered = await self._numbered_customers(copy)
        found = await self._api.get("/customers", {"filter[name]": copy.name})
        same = customers.of_name(copy, found)
        if numbered:
            others = [one for one in same if one["id"] != numbered[0]["id"]]
            if len(numbered) > 1 or (others and len(others) == len(same)):
                return customers.ambiguous(copy, [*numbered, *others])
            return await self._free_customer(copy, numbered[0])
        if len(same) > 1 or (same and copy.shares_name):
            return customers.ambiguous(copy, same)
        if found and not same:
            return customers.alike(copy, found)
        return await self._free_customer(copy, same[0]) if same else None

    async def _numbered_customers(self, copy: CustomerCopy) -> list[Record]:
        if not copy.number:
            return []
        found = await self._api.get("/customers", {"filter[number]": copy.number})
        return customers.of_number(copy, found)

    async def _free_customer(self, copy: CustomerCopy, there: Record) -> Record | Ambiguous:
        """A customer that may be taken for ours, unless it is another record of some books."""
        known_as = await self.accounting_id("customers", there)
        if known_as in ("", copy.list_id):
            return there
        return Ambiguous(
            f"Invoiced has {there['name']} as {there['id']}, linked to record {known_as} of an"
            " accounting system. Choose the right one, or create a new one."
        )

    async def invoice(self, change: Change, copy: InvoiceCopy) -> Record | Refused | None:
        """The invoice that ours is, or why its number is in the way.

        One that says that it is ours is found whatever number somebody gave it there.
        """
        there = await self.known("invoices", change)
        if there is not None or not copy.invoice.number:
            return there
        return await self.of_number(copy)

    async def of_number(self, copy: InvoiceCopy) -> Record | Refused | None:
        """The invoice of the same number, where that is ours."""
        for one in await self.numbered(copy.invoice.number):
            known_as = our_id_of(one) or await self.accounting_id("invoices", one)
            if not invoices.may_be_ours(copy, one, known_as):
                return invoices.is_another(copy, one)
            return one
        return None

    async def what_pays(self, invoice: Record) -> tuple[Decimal, tuple[tuple[str, str], ...]]:
        """What had been paid of an invoice of ours when it was sent first, and our payments on it:
        (TxnID, its id there). They are of its customer, or of the one above.
        """
        billed = await self._api.get(f"/customers/{invoice['customer']}")
        baseline, ours = ZERO, {}
        for payer in filter(None, (billed["id"], billed.get("parent_customer"))):
            async for one in self._payments_of(payer):
                rows = [row for row in one["applied_to"] if row.get("invoice") == invoice["id"]]
                if payments.is_ours(one) and our_id_of(one) and rows:
                    ours[our_id_of(one)] = str(one["id"])
                elif not money(one["amount"]):
                    baseline += sum((money(row["amount"]) for row in rows if _is_before(row)), ZERO)
        return baseline, tuple(ours.items())

    async def _payments_of(self, customer: int) -> AsyncIterator[Record]:
        query: Mapping[str, str] | None = {
            "filter[customer]": str(customer),
            "filter[voided]": "0",
            "include": "applied_to",
            "sort": "id asc",
            "per_page": "100",
        }
        while query is not None:
            page = await self._api.page("/payments", query)
            for one in page.records:
                yield one
            query = page.following

    async def holder(self, copy: InvoiceCopy, there: Record) -> Record | None:
        """Another invoice of QuickBooks that still has the number that ours is to have there."""
        number = copy.invoice.number
        if not number or folded(str(there["number"])) == folded(number):
            return None
        held = await self.numbered(number)
        return next((one for one in held if one["id"] != there["id"] and our_id_of(one)), None)

    async def numbered(self, number: str) -> list[Record]:
        """The invoices of a number, however it is typed."""
        found = await self._api.get("/invoices", {"filter[number]": number})
        return [one for one in found if folded(str(one["number"])) == folded(number)]


def _is_before(row: Record) -> bool:
    """Whether this makes up for what an invoice had been paid before it was sent."""
    return row["type"] == "document_adjustment" and row.get("document_type") == "invoice"

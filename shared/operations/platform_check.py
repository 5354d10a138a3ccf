"""Every balance of the billing platform beside the one in the ledger: where the two differ.

balance there = balance in QuickBooks - what was paid there and is not in QuickBooks yet
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from shared.health.invoiced_books import InvoiceThere
from shared.models.platforms import accounts, comparing
from shared.models.platforms.comparing import Billed
from shared.models.store import Store
from shared.rules.connectors import PlatformAccount, SendState
from shared.structs import Value, replace

_ZERO = Decimal(0)
_DECIDED = (SendState.REFUSED.value, SendState.SKIPPED.value, SendState.WAITING.value)
"""Of records that stand so, a person knows, or the worker will say."""


class Beside(Value):
    """An invoice, or all of a customer, on both sides."""

    document: Annotated[str, "number of the invoice, or name of the customer"]
    object_id: Annotated[str, "TxnID or ListID of QuickBooks; empty: it is only on the platform"]
    their_id: Annotated[str, "its id on the platform; empty: it is not there, or a customer"]
    quickbooks: Annotated[Decimal, "balance due in QuickBooks"]
    coming_in: Annotated[Decimal, "paid on the platform, and not in QuickBooks yet"]
    platform: Annotated[Decimal, "balance due on the platform"]
    because: Annotated[str, "what is known of the reason; empty: nothing"] = ""

    @property
    def difference(self) -> Decimal:
        """How much more is due on the platform than should be."""
        return self.platform - (self.quickbooks - self.coming_in)


class Checked(Value):
    """All balances of an account beside those of the ledger."""

    connection: Annotated[str, "the connection"]
    invoices: Annotated[int, "number of invoices compared"]
    quickbooks: Annotated[Decimal, "balance due of these in QuickBooks"]
    coming_in: Annotated[Decimal, "paid on the platform, and not in QuickBooks yet"]
    platform: Annotated[Decimal, "balance due of these on the platform"]
    differing: Annotated[
        tuple[Beside, ...], "invoices whose balances differ; exit code 1 when there are any"
    ]
    customers: Annotated[tuple[Beside, ...], "customers whose balances differ"]
    missing: Annotated[
        tuple[Beside, ...], "open invoices that the platform does not have; exit code 1 as well"
    ]
    only_there: Annotated[tuple[Beside, ...], "open invoices that are only on the platform"]


def view_account(_store: Store, name: str) -> tuple[PlatformAccount, bytes]:
    """The account of a connection, with its encrypted key. Raises NotFound."""
    account = accounts.of(name)
    return account, accounts.sealed_key(account.connection_id)


def view_checked(_store: Store, name: str, there: Iterable[InvoiceThere]) -> Checked:
    """Each invoice and customer beside what the platform shows. Raises NotFound."""
    account = accounts.of(name)
    held = {one.id: one for one in there}
    due = {one.id: one.balance for one in held.values()}
    coming = comparing.coming_in(*account.where)
    billed = list(comparing.billed(*account.where))
    both = [(one, _beside(one, due.get(one.their_id), coming)) for one in billed if one.their_id]
    known = {one.their_id for one in billed}
    return Checked(
        connection=account.connection,
        invoices=len(both),
        quickbooks=sum((one.quickbooks for _, one in both), _ZERO),
        coming_in=sum((one.coming_in for _, one in both), _ZERO),
        platform=sum((one.platform for _, one in both), _ZERO),
        differing=tuple(one for _, one in both if one.difference),
        customers=tuple(one for one in _by_customer(both) if one.difference),
        missing=tuple(_beside(one, None, coming) for one in billed if not one.their_id),
        only_there=tuple(
            Beside(one.number, "", one.id, _ZERO, _ZERO, one.balance)
            for one in held.values()
            if one.is_open and one.id not in known
        ),
    )


def view_differing(
    _store: Store, account: PlatformAccount, due: Mapping[str, Decimal]
) -> tuple[Beside, ...]:
    """Return the invoices on both sides whose balances differ, though all is sent.

    ``due`` has what is due there, by ids; what it does not have is paid there, or gone.
    """
    coming = comparing.coming_in(*account.where)
    found = (
        _beside(one, due.get(one.their_id, _ZERO), coming)
        for one in comparing.billed(*account.where)
        if one.their_id and one.state and one.state not in _DECIDED
    )
    return tuple(one for one in found if one.difference)


def _beside(one: Billed, balance: Decimal | None, coming: Mapping[str, Decimal]) -> Beside:
    """An invoice on both sides; ``balance`` is None where the platform does not have it."""
    paid_there = coming.get(one.txn_id, _ZERO) + coming.get(one.number, _ZERO)
    told = Beside(
        *(one.number or one.txn_id, one.txn_id, one.their_id),
        *(one.balance, paid_there, balance or _ZERO),
    )
    is_there = balance is not None
    if is_there and not told.difference:
        return told
    return replace(told, because=_because(one, is_there=is_there))


def _because(one: Billed, *, is_there: bool) -> str:
    if one.their_id and not is_there:
        return "It is no longer on the platform."
    if one.reason:
        return one.reason
    if not one.state or one.state == SendState.WAITING.value:
        return "It was not sent yet."
    return "It was skipped." if one.state == SendState.SKIPPED.value else ""


def _by_customer(both: Iterable[tuple[Billed, Beside]]) -> Iterator[Beside]:
    found: dict[str, Beside] = {}
    for billed, one in both:
        before = found.get(billed.customer_list_id)
        sums = (before.quickbooks, before.coming_in, before.platform) if before else (_ZERO,) * 3
        found[billed.customer_list_id] = Beside(
            *(billed.customer, billed.customer_list_id, "", sums[0] + one.quickbooks),
            *(sums[1] + one.coming_in, sums[2] + one.platform),
        )
    yield from sorted(found.values(), key=lambda one: (one.document.casefold(), one.object_id))

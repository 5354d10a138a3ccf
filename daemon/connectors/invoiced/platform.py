"""Invoiced behind the seam: what is there is looked at, then one write is prepared, then sent."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from daemon.connectors.invoiced import customers, invoices, payments, writes
from daemon.connectors.invoiced.api import Api, ApiNotNow, ApiRefusal, ApiSilence, Page
from daemon.connectors.invoiced.arriving import Arriving
from daemon.connectors.invoiced.looking import GONE, Looks
from daemon.connectors.invoiced.received import number_of
from daemon.connectors.invoiced.values import SYSTEM, money, our_id_of, still_linked, unpay
from daemon.connectors.invoiced.writes import Call, Write
from daemon.connectors.platform import (
    Ambiguous,
    Answer,
    Arrivals,
    Balances,
    Books,
    Capabilities,
    Company,
    Done,
    FoundAgain,
    Inbox,
    LeaveAlone,
    NotNow,
    Platform,
    Prepared,
    Request,
    Unknown,
)
from shared.rules import invoiced as rules
from shared.rules.arrivals import NumberedThere
from shared.rules.connectors import (
    Change,
    CustomerCopy,
    Ended,
    InvoiceCopy,
    PaymentCopy,
    Watched,
    Would,
)
from shared.rules.outlets import Refused
from shared.rules.values import RecordKind

T = TypeVar("T")
R = TypeVar("R")
Record = Mapping[str, Any]
_SETTINGS = "/settings/accounts_receivable"
_UNPAID = {"filter[paid]": "0", "filter[voided]": "0", "sort": "id asc", "per_page": "100"}
_WAITS_FOR_PAYMENTS = 6
"""So often an invoice that ended waits for its payments to be taken off, some minutes in all."""
_LASTS = timedelta(hours=6)
"""A difference that is there for so long does not pass by itself."""
_VOIDED_THERE = (
    "QuickBooks has this payment, but it was voided on Invoiced and cannot be sent again. Record it"
    " there by hand and acknowledge this problem, or delete it in QuickBooks"
)
_NO_CUSTOMER = "No such customer"
_MAP_CUSTOMER = (
    "It is gone there, as after a merge. Say which one it is now (deskbridge invoiced map), then"
    " retry this one"
)
_LOCKED, _QUOTA, _PENDING = "updated by another process", "quota", "pending payment"
_UNTIL_DECIDED = timedelta(hours=3)
"""So often a change is tried that a charge forbids whose end only the bank knows, in days."""


class Invoiced(Platform, Inbox, Books):
    """An account of Invoiced. ``zone`` is its time zone, empty: it is asked."""

    capabilities = Capabilities(arrivals=True, balances=True)

    def __init__(self, api: Api, zone: str = "") -> None:
        self._api = api
        self._zone = zone
        self._looks = Looks(api)
        self._arriving = Arriving(api)

    def company(self) -> Deferred[Company | Refused | NotNow]:
        return _asked(self._company(), lambda why: Refused(why.said))

    def prepare(self, change: Change) -> Deferred[Prepared]:
        return _asked(self._prepare(change), _unread("Invoiced cannot be read", whole=True))

    def send(self, body: bytes, key: str) -> Deferred[Answer]:
        """Make the calls of a write; where Invoiced refuses one that it may have had, look."""
        return Deferred.fromCoroutine(self._send(writes.read(body), key))

    def close(self) -> Deferred[None]:
        return self._api.close()

    def arrivals(self, cursor: str, watched: Sequence[Watched]) -> Deferred[Arrivals | NotNow]:
        unread = _unread("Payments cannot be read from Invoiced")
        return _asked(self._arrivals(cursor, watched), unread)

    def numbers(self, invoices: Collection[str]) -> Deferred[Mapping[str, NumberedThere] | NotNow]:
        return _asked(self._numbers(invoices), _unread("Invoices cannot be read from Invoiced"))

    def note_posted(self, their_id: str, txn_id: str, key: str) -> Deferred[Answer]:
        """Show the TxnID on the payment's accounting page; what is linked already stays so."""
        return _asked(self._note_posted(their_id, txn_id, key), _not_noted)

    def balances(self, place: str) -> Deferred[Balances | NotNow]:
        """Return the balances of a page of invoices that are issued and not paid."""
        return _asked(self._balances(place), _unread("Invoices cannot be read from Invoiced"))

    async def _balances(self, place: str) -> Balances:
        page: Page = await self._api.page("/invoices", json.loads(place) if place else _UNPAID)
        due = {str(one["id"]): money(one["balance"]) for one in page.records if not one["draft"]}
        return Balances(due, json.dumps(page.following) if page.following else "")

    async def _arrivals(self, cursor: str, watched: Sequence[Watched]) -> Arrivals:
        return await self._arriving.after(cursor, watched, await self._in_zone())

    async def _numbers(self, invoices: Collection[str]) -> Mapping[str, NumberedThere]:
        found = [await self._looks.one("invoices", one) for one in sorted(invoices)]
        there = [one for one in found if one is not None]
        return {str(one["id"]): NumberedThere(number_of(one), money(one["total"])) for one in there}

    async def _note_posted(self, their_id: str, txn_id: str, key: str) -> Answer:
        values = {"accounting_system": SYSTEM, "accounting_id": txn_id}
        await self._api.write("PATCH", f"/payments/{their_id}", values, key)
        return Done(their_id)

    async def _in_zone(self) -> str:
        if not self._zone:
            self._zone = rules.company_of(await self._api.get(rules.COMPANY)).time_zone
        return self._zone

    async def _company(self) -> Company | Refused:
        try:
            told = rules.company_of(await self._api.get(rules.COMPANY))
            settings = await self._api.get(_SETTINGS)
        except KeyError:
            return Refused("The server at that address is not Invoiced.")
        self._zone = told.time_zone
        return Company(
            told.identity, told.name, told.currency, told.time_zone, tuple(_warnings(settings))
        )

    async def _prepare(self, change: Change) -> Prepared:
        looks: dict[RecordKind, Callable[[Change], Awaitable[Prepared]]] = {
            RecordKind.CUSTOMER: self._customer,
            RecordKind.INVOICE: self._invoice,
            RecordKind.PAYMENT: self._payment,
        }
        await self._in_zone()
        return await looks[change.outgoing.kind](change)

    async def _customer(self, change: Change) -> Prepared:
        copy = change.copy
        if not isinstance(copy, CustomerCopy):
            return LeaveAlone("Customers stay on Invoiced.")
        there = await self._looks.customer(change, copy)
        if isinstance(there, Ambiguous | Refused):
            return there
        if there is None:
            is_new = bool(change.choice) or copy.shares_name
            return writes.request(customers.create(copy, as_new=is_new), Would.CREATE)
        stays = await self._looks.why_not_tied("customers", copy.list_id, there)
        if stays:
            return stays
        is_ours = our_id_of(there) == copy.list_id
        if is_ours and customers.is_as_wanted(copy, there):
            return Done(str(there["id"]))
        known_as = "" if is_ours else await self._looks.accounting_id("customers", there)
        write = customers.change(copy, there, ties_anew=known_as not in ("", copy.list_id))
        would = Would.CHANGE if change.mapped else Would.MATCH
        return writes.request(write, would, there["updated_at"])

    async def _invoice(self, change: Change) -> Prepared:
        copy = change.copy
        if not isinstance(copy, InvoiceCopy):
            return await self._ended_invoice(change)
        there = invoices.why_not(copy) or await self._looks.invoice(change, copy)
        if isinstance(there, Refused):
            return there
        if there is None:
            if not copy.customer_id:
                return Request(b"", "", Would.CREATE)  # a dry run: its customer is not there yet
            return writes.request(invoices.create(copy, self._zone), Would.CREATE)
        prepared = await self._onto_invoice(change, copy, there)
        if change.mapped or not invoices.was_ours(copy, there):
            return prepared
        baseline, ours = await self._looks.what_pays(there)
        return FoundAgain(prepared, ours, baseline)

    async def _onto_invoice(
        self, change: Change, copy: InvoiceCopy, there: Record
    ) -> Request | Done | LeaveAlone | Refused | NotNow:
        stays = (
            invoices.of_another(copy, there)
            or await self._looks.why_not_tied("invoices", copy.invoice.txn_id, there)
            or invoices.left_alone(copy, there)
            or await self._moved(copy, there)
        )
        return stays or await self._over_invoice(change, copy, there)

    async def _moved(self, copy: InvoiceCopy, there: Record) -> Refused | None:
        """Why an invoice there is billed to somebody else, and what to do."""
        if not copy.customer_id or str(there["customer"]) == copy.customer_id:
            return None
        is_gone = await self._looks.one("customers", copy.customer_id) is None
        return invoices.merged(copy, there) if is_gone else invoices.moved(copy, there)

    async def _over_invoice(
        self, change: Change, copy: InvoiceCopy, there: Record
    ) -> Request | Done | NotNow:
        over, mapped = there["updated_at"], change.mapped
        holder = await self._looks.holder(copy, there)
        if holder is not None and not invoices.gives_way(copy, holder, change.outgoing.attempts):
            return NotNow(f"Invoice {holder['id']} of Invoiced still has its number.")
        is_known = mapped is not None and mapped.their_id == str(there["id"])
        if not is_known and (invoices.lacks_baseline(copy, there) or there["draft"]):
            return writes.request(invoices.take(copy, there, self._zone), Would.MATCH, over)
        if invoices.is_as_wanted(copy, there, self._zone):
            return _compared(change, copy, there)
        would = Would.CHANGE if is_known else Would.MATCH
        return writes.request(invoices.change(copy, there, self._zone, holder), would, over)

    async def _ended_invoice(self, change: Change) -> Prepared:
        there = await self._looks.known("invoices", change)
        if there is None:
            return Done("")
        if change.ended is Ended.VOIDED and there.get("status") == "voided":
            return Done(str(there["id"]))
        paid = money(there["total"]) - money(there["balance"])
        baseline = change.mapped.baseline if change.mapped else None
        if there.get("status") != "voided" and paid not in (0, baseline):
            # What pays it is taken off first, since payments come after invoices.
            if change.outgoing.attempts < _WAITS_FOR_PAYMENTS:
                return NotNow("It waits until its payments are removed there.")
            return Refused(
                f"It is {change.ended.value} in QuickBooks, but {paid} of it was paid on"
                f" Invoiced. {unpay(there)}Then retry this one."
            )
        write = invoices.end(change.outgoing.object_id, there, change.ended)
        return writes.request(write, Would.END, there["updated_at"])

    async def _payment(self, change: Change) -> Prepared:
        copy = change.copy
        there = await self._looks.known("payments", change)
        if not isinstance(copy, PaymentCopy):
            return self._ended_payment(change, there)
        if there is None and copy.external_id.isdecimal():
            own = await self._looks.one("payments", copy.external_id)
            if own is not None and payments.is_the_same(copy, own):
                return LeaveAlone("It came from Invoiced.")
        if there is not None and not change.mapped and copy.absorbed and payments.is_ours(there):
            found = ((copy.txn_id, str(there["id"])),)
            return FoundAgain(
                NotNow("It is on Invoiced already, and is compared with that."), found
            )
        if not all(one.their_id for one in copy.applied):
            return writes.request(payments.send(copy, self._zone), Would.CREATE)
        if there is None:
            over = await self._over_applied(change, copy, None)
            return over or writes.request(payments.send(copy, self._zone), Would.CREATE)
        if not payments.is_ours(there):
            return LeaveAlone("It was recorded on Invoiced, which keeps it as it is.")
        if there.get("voided"):
            return Done(str(there["id"]), _VOIDED_THERE)
        if payments.is_as_wanted(copy, there, self._zone):
            return Done(str(there["id"]))
        over = await self._over_applied(change, copy, there)
        would = Would.CHANGE if change.mapped else Would.MATCH
        write = payments.send(copy, self._zone)
        return over or writes.request(write, would, there["updated_at"])

    async def _over_applied(
        self, change: Change, copy: PaymentCopy, there: Record | None
    ) -> Refused | NotNow | None:
        """Why a payment would pay more than is due there, which Invoiced accepts all the same.

        What pays the invoice there may still be taken off, or the invoice be changed. What stays
        was paid on Invoiced: maybe it is this payment, which somebody recorded by hand.
        """
        for use in copy.applied:
            invoice = await self._looks.one("invoices", use.their_id)
            if invoice is None:
                continue
            if our_id_of(invoice) != use.txn_id:  # its TxnID would reach another one
                return NotNow(f"Invoice {invoice['number']} is not linked with {use.txn_id} there.")
            due = money(invoice["balance"]) + payments.pays_of(there, use)
            if use.amount + use.discount <= due:
                continue
            if change.outgoing.attempts < _WAITS_FOR_PAYMENTS:
                return NotNow("It waits until payments of its invoice are removed there.")
            return Refused(payments.more_than_due(use, invoice, due))
        return None

    def _ended_payment(self, change: Change, there: Record | None) -> Prepared:
        if there is None:
            return Done("")
        if not payments.is_ours(there):
            return LeaveAlone("It was recorded on Invoiced, which keeps it as it is.")
        write = payments.delete(change.outgoing.object_id)
        return writes.request(write, Would.END, there["updated_at"])

    async def _send(self, write: Write, key: str) -> Answer:
        told: Record | None = None
        try:
            for place, call in enumerate(write.calls):
                told = await self._called(write, call, f"{key}-{place}")
        except ApiRefusal as why:
            return await self._refused(write, why)
        except ApiNotNow as why:
            return _not_now(why)
        except ApiSilence as why:
            return Unknown(why.reason, whole=why.whole)
        return _answered(write, told)

    async def _called(self, write: Write, call: Call, key: str) -> Record | None:
        """Make a call; one that is refused since it was made before is answered by what is there.

        Raises what the client raises.
        """
        try:
            return await self._api.write(  # type: ignore[no-any-return]
                call.method, call.path, call.values, key
            )
        except ApiRefusal:
            try:
                done = await self._done_before(write, call)
            except ApiNotNow as why:
                raise ApiSilence(why.reason, whole=why.whole) from why
            if done is None:
                raise
            return done

    async def _done_before(self, write: Write, call: Call) -> Record | None:
        """What a call that was refused had brought about before; None: nothing."""
        their_id = _their_id(call)
        if call.method == "DELETE":
            return None if await self._looks.one("invoices", their_id) else {}
        if call.path.endswith("/void"):
            there = await self._looks.one("invoices", their_id)
            return there if there and there.get("status") == "voided" else None
        if call.path == "/invoices" and call.values:
            numbered = await self._looks.numbered(str(call.values["number"]))
            return next((one for one in numbered if our_id_of(one) == write.our_id), None)
        return None

    async def _refused(self, write: Write, why: ApiRefusal) -> Refused | NotNow:
        """What a refusal means: some of it passes, and some says that something changed there."""
        if _LOCKED in why.said:
            return NotNow(why.said)
        if _QUOTA in why.said:
            return NotNow(why.said, after=timedelta(hours=1))
        if _PENDING in why.said:
            return NotNow(why.said, after=_UNTIL_DECIDED)
        if _NO_CUSTOMER in why.said:
            return Refused(f"{why.said}. {_MAP_CUSTOMER}")
        call = write.calls[0]
        if why.status == GONE and call.method == "PATCH":
            return NotNow("It is no longer there.")
        if call.method == "PATCH" and write.kind is RecordKind.INVOICE:
            try:
                there = await self._looks.one("invoices", _their_id(call))
            except (ApiNotNow, ApiSilence) as silence:
                return _not_now(silence)
            if there is None or invoices.is_kept(there):
                return NotNow("It changed there in the meantime.")
        return Refused(why.said)


def _their_id(call: Call) -> str:
    """The id of the record that a call names; empty: none."""
    return call.path.split("/")[2] if re.match(r"/\w+/\d", call.path) else ""


def _compared(change: Change, copy: InvoiceCopy, there: Record) -> Done:
    """An invoice that is as it should be, unless another amount of it is open there.

    A payment may be on its way in either sync: so what differs is told when it lasts.
    """
    differs = invoices.differs(copy, there, change.mapped.baseline if change.mapped else None)
    if not differs or change.outgoing.look_at is not None or change.outgoing.reason == differs:
        return Done(str(there["id"]), differs)
    return Done(str(there["id"]), look_after=_LASTS)


def _answered(write: Write, told: Record | None) -> Answer:
    call = write.calls[-1]
    values = call.values or {}
    record = told or {}
    if call.path.endswith("accounting_sync"):
        record = record.get("object") or {}
        if values.get("deleted"):
            return Done("")
        if told is None or told.get("action") is None:
            return _nothing_done(write)
        if _their_id(write.calls[0]) not in ("", str(record["id"])):
            return Refused(still_linked(f"{write.kind.value}s", record, write.our_id))
    if call.method == "DELETE":
        return Done("")
    differs = _differs(write, record)
    is_due = write.due and str(money(record["balance"])) != write.due
    return Done(str(record["id"]), differs, _LASTS if is_due and not differs else timedelta())


def _nothing_done(write: Write) -> Refused | NotNow:
    if write.kind is RecordKind.PAYMENT:
        return Refused("None of its invoices is on Invoiced. Retry those first.")
    return NotNow("Invoiced did not change it.")


def _differs(write: Write, record: Record) -> str:
    if not write.total:
        return ""
    there = money(record["amount"] if write.kind is RecordKind.PAYMENT else record["total"])
    if str(there) == write.total:
        return ""
    return f"Invoiced has {there}, QuickBooks {write.total}."


def _asked(
    asking: Coroutine[Any, Any, T], refused: Callable[[ApiRefusal], R]
) -> Deferred[T | R | NotNow]:
    """What comes of asking; what the client raises is an answer, too."""

    async def answer() -> T | R | NotNow:
        try:
            return await asking
        except ApiRefusal as why:
            return refused(why)
        except (ApiNotNow, ApiSilence) as why:
            return _not_now(why)

    return Deferred.fromCoroutine(answer())


def _unread(what: str, *, whole: bool = False) -> Callable[[ApiRefusal], NotNow]:
    return lambda why: NotNow(f"{what}: {why.said}", whole=whole)


def _not_noted(why: ApiRefusal) -> NotNow | Refused:
    return NotNow(why.said) if _LOCKED in why.said else Refused(why.said)


def _not_now(why: ApiNotNow | ApiSilence) -> NotNow:
    after = why.after if isinstance(why, ApiNotNow) else timedelta()
    return NotNow(why.reason, whole=why.whole, after=after)


def _warnings(settings: Record) -> list[str]:
    """Settings of the account that may surprise who sends invoices there."""
    found = []
    if settings.get("auto_apply_credits"):
        found.append("Invoiced applies credits to new invoices automatically; QuickBooks does not.")
    if settings.get("default_collection_mode") in ("auto", "autopay"):
        found.append("Invoiced collects new invoices with AutoPay: a charge may follow at once.")
    return found

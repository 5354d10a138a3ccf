"""Every route of the API, and what it asks or decides: all of it in ``shared.operations``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from daemon.api.problem_details import needs_of, needs_schema, problem
from daemon.api.routes import (
    BASE,
    LIMIT,
    PAGED,
    Answer,
    Asked,
    BadParameter,
    Found,
    Parameter,
    Route,
    answer_of,
    bad_place,
    list_of,
)
from shared.errors import NotFound
from shared.operations import (
    connections,
    customers,
    events,
    invoices,
    payment_views,
    payments,
    problems,
    programs,
    reconcile,
    syncs,
)
from shared.operations.contracts import requests
from shared.operations.contracts.connections import CONNECTION
from shared.operations.contracts.ledger import (
    CUSTOMER,
    INVOICE_DETAIL,
    LISTED_INVOICE,
    OWING_CUSTOMER,
)
from shared.operations.contracts.payments import PAYMENT_DETAIL, PAYMENT_LINE
from shared.operations.contracts.reconcile import RECONCILIATION
from shared.operations.contracts.records import EVENT, OUTCOME, PROBLEM
from shared.operations.contracts.schemas import Schema, object_of
from shared.operations.contracts.shapes import Shape
from shared.operations.contracts.syncs import SYNC
from shared.operations.deciding import Outcome, Plan, carry_out
from shared.operations.pages import Page
from shared.rules.ledger import CustomerFilter, InvoiceFilter
from shared.rules.payments.values import PaymentStatus
from shared.rules.payments.views import PaymentFilter
from shared.rules.tokens import Access
from shared.rules.values import WAITING, InvoiceStatus, Problem, ProblemState, SyncState

LONGEST_WAIT = 60
OF_ONE = f"{BASE}/connections/{{name}}"
_STATUSES = tuple(one.value for one in InvoiceStatus)
_STANDINGS = tuple(one.value for one in PaymentStatus)
_STATES = tuple(one.value for one in ProblemState)


# Connections.


def _list_connections(asked: Asked) -> Found:
    found = programs.view_connections(asked.store, asked.who)
    return Found({"data": [CONNECTION.of(one) for one in found], "next": None})


# Invoices and customers.


def _page(asked: Asked, shape: Shape[Any], found: Page[Any, Any]) -> Found:
    next_ = asked.place(found.next)
    return Found({"data": [shape.of(one) for one in found.rows], "next": next_}, next_)


def _numbered(after: Any) -> int | None:
    if after is not None and not isinstance(after, int):
        raise bad_place(str(after))
    return after


def _list_invoices(asked: Asked) -> Found:
    """Pages of what there is; or what changed since a cursor, which every answer has."""
    held, limit, statuses = asked.connection, asked.query["limit"], asked.query["status"]
    if (since := _since(asked)) is not None:
        changed = programs.view_changed_invoices(asked.store, held.id, since, limit)
        return _followed(LISTED_INVOICE, changed.rows, None, changed.cursor)
    cursor, after = _begun(asked)
    wanted = InvoiceFilter(connection_id=held.id, statuses=tuple(map(InvoiceStatus, statuses)))
    with asked.store.reading():
        page = invoices.view_page(asked.store, wanted, _numbered(after), limit)
    return _followed(LISTED_INVOICE, page.rows, _goes_on(asked, cursor, page.next), cursor)


def _begun(asked: Asked) -> tuple[int, Any]:
    """The cursor of the first page, which each one has, and where the page before ended.

    With a later one, what changed while pages were read would be missed.
    """
    if asked.after is None:
        return programs.cursor_now(asked.store), None
    match asked.after:
        case (int(cursor), *held) if held:
            return cursor, held[0] if len(held) == 1 else tuple(held)
    raise bad_place(asked.query["after"])


def _goes_on(asked: Asked, cursor: int, next_: Any) -> str | None:
    """Where the next page begins, and the cursor that goes with it; None after the last one."""
    if next_ is None:
        return None
    return asked.place((cursor, *next_) if isinstance(next_, tuple) else (cursor, next_))


def _since(asked: Asked) -> int | None:
    """The cursor after which something changed; it says all of what is wanted."""
    since: int | None = asked.query["since"]
    if since is not None and (asked.query.get("status") or asked.query["after"] is not None):
        raise BadParameter("since cannot be combined with status or after.", "Leave them out.")
    return since


def _followed(shape: Shape[Any], found: Sequence[Any], next_: str | None, cursor: int) -> Found:
    data: list[Any] = [shape.of(one) for one in found]
    return Found({"data": data, "next": next_, "cursor": cursor}, next_)


def _show_invoice(asked: Asked) -> Found:
    txn_id, held = asked.path["invoice"], asked.connection
    return Found(INVOICE_DETAIL.of(invoices.view_called(asked.store, held.id, txn_id)))


def _list_customers(asked: Asked) -> Found:
    held, limit = asked.connection, asked.query["limit"]
    if (since := _since(asked)) is not None:
        changed = programs.view_changed_customers(asked.store, held.id, since, limit)
        return _followed(CUSTOMER, changed.rows, None, changed.cursor)
    cursor, after = _begun(asked)
    kinds = [type(one) for one in after] if isinstance(after, tuple) else [type(after)]
    if after is not None and kinds != [int, str, int]:
        raise bad_place(str(after))
    with asked.store.reading():
        wanted = CustomerFilter(connection_id=held.id)
        page = customers.view_page(asked.store, wanted, after, limit, owing=False)
    return _followed(CUSTOMER, page.rows, _goes_on(asked, cursor, page.next), cursor)


def _show_customer(asked: Asked) -> Found:
    list_id = asked.path["list_id"]
    found = customers.view_one(asked.store, asked.connection.id, list_id, 0)
    return Found(OWING_CUSTOMER.of(found.sides))


# Payments.


def _list_payments(asked: Asked) -> Found:
    wanted = PaymentFilter(
        connection_id=asked.connection.id, statuses=tuple(map(PaymentStatus, asked.query["status"]))
    )
    limit, after = asked.query["limit"], _numbered(asked.after)
    return _page(asked, PAYMENT_LINE, payment_views.view_page(asked.store, wanted, after, limit))


def _show_payment(asked: Asked) -> Found:
    name, text = asked.connection.name, asked.path["external_id"]
    return Found(PAYMENT_DETAIL.of(payment_views.view_called(asked.store, text, name)))


def _take_payment(asked: Asked) -> Found | Answer:
    return _taken(asked, programs.plan_payment(asked.store, asked.connection.name, asked.body))


def _change_payment(asked: Asked) -> Found | Answer:
    external_id, held = asked.path["external_id"], asked.connection
    return _taken(asked, programs.plan_change(asked.store, held, external_id, asked.body))


def _taken(asked: Asked, plan: Any) -> Found | Answer:
    added = carry_out(asked.by, plan)
    if added.refusal is not None:
        # A problem was put on file for it, so this is an answer: what is raised is undone.
        code = "payment-changed-after-sending"
        return problem(code, added.refusal.reason, added.refusal.remedy)
    detail = payment_views.view_payment(asked.store, added.payment.id)
    return Found(PAYMENT_DETAIL.of(detail), status=201 if added.how == "added" else 200)


def _withdraw_payment(asked: Asked) -> Found:
    number = programs.number_of(asked.connection, asked.path["external_id"])
    plan = payments.plan_withdraw(asked.store, [number], asked.query["because"] or "")
    return Found(OUTCOME.of(carry_out(asked.by, plan)))


# Problems.


def _list_problems(asked: Asked) -> Found:
    after = asked.after
    if after is not None and not (isinstance(after, tuple) and len(after) == 2):
        raise bad_place(str(after))
    states = [ProblemState(word) for word in asked.query["state"]] or WAITING
    held, limit = asked.connection.id, asked.query["limit"]
    try:
        return _page(asked, PROBLEM, problems.view_page(asked.store, held, states, after, limit))
    except (TypeError, AttributeError):
        raise bad_place(str(after)) from None


def _problem(asked: Asked) -> Problem:
    text = asked.path["number"]
    number = _number("problem", text)
    found = problems.view(asked.store, number)
    if found.connection_id != asked.connection.id:
        raise NotFound("problem", number)
    return found


def _number(what: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    raise NotFound(what, text)


def _skip_problem(asked: Asked) -> Found:
    plan = problems.plan_skip(asked.store, [_problem(asked).id], asked.body.because)
    return _decided(asked, plan)


_PLAN: Schema = {
    "type": "object",
    "description": "what a decision would do; nothing is changed",
    "properties": {
        "title": {"type": "string", "description": "the question for the person who decides"},
        "told": {"type": "array", "items": {"type": "string"}, "description": "what follows"},
        "needs": needs_schema("what must be confirmed"),
    },
    "required": ["title", "told", "needs"],
}
_PREVIEW = Parameter(
    "preview", "true: only show what it would do", words=("true", "false"), default=False
)


def _decided(asked: Asked, plan: Plan[Outcome]) -> Found:
    if asked.query["preview"]:
        told: list[Any] = list(plan.told)
        return Found({"title": plan.title, "told": told, "needs": needs_of(plan.needs)})
    return Found(OUTCOME.of(carry_out(asked.by, plan, asked.body.confirm)))


_DECIDED: Schema = {"anyOf": [object_of(OUTCOME), _PLAN]}


# Syncs, reconcile, events.


def _list_syncs(asked: Asked) -> Found:
    held, limit, after = asked.connection.id, asked.query["limit"], _numbered(asked.after)
    states = asked.query["state"]
    return _page(asked, SYNC, syncs.view_page(asked.store, held, states, after, limit))


def _show_sync(asked: Asked) -> Found:
    text = asked.path["number"]
    number = _number("sync", text)
    found = syncs.view(asked.store, number, 0, 0).sync
    if found.connection_id != asked.connection.id:
        raise NotFound("sync", number)
    return Found(SYNC.of(found))


def _reconcile(asked: Asked) -> Found:
    [found] = reconcile.view(asked.store, asked.connection.id)
    return Found(RECONCILIATION.of(found))


def _list_events(asked: Asked) -> Found:
    found = events.view_after(
        asked.store,
        asked.query["after"],
        connection_ids=[asked.connection.id],
        kinds=asked.query["kind"],
        limit=asked.query["limit"],
    )
    return Found({"data": [EVENT.of(one) for one in found.events], "cursor": found.cursor})


_CURSOR: Schema = {
    "type": "integer",
    "description": "the cursor for the next request: nothing is returned twice or missed",
}


def _only(name: str, words: tuple[str, ...], told: str = "only these") -> Parameter:
    return Parameter(name, told, words=words, many=True)


_read = partial(Route, "GET")
_write = partial(Route, access=Access.WRITE)
_SINCE = Parameter(
    "since",
    "`cursor` of an earlier answer: returns what has changed since, as it is now",
    least=0,
    most=2**62,
)
_EVENTS_AFTER = Parameter(
    "after",
    "`cursor` of the last answer; 0: everything that is kept",
    least=0,
    most=2**62,
    default=0,
)

ROUTES: tuple[Route, ...] = (
    _read(
        f"{BASE}/connections",
        "list_connections",
        "The connections that the token gives access to",
        _list_connections,
        list_of(CONNECTION),
    ),
    _read(
        OF_ONE,
        "show_connection",
        "One connection",
        lambda asked: Found(CONNECTION.of(connections.view(asked.store, asked.connection.id))),
        object_of(CONNECTION),
    ),
    _read(
        f"{OF_ONE}/invoices",
        "list_invoices",
        "Imported invoices, most recently read first; or those changed since a cursor",
        _list_invoices,
        list_of(LISTED_INVOICE, cursor=_CURSOR),
        (*PAGED, _only("status", _STATUSES), _SINCE),
        own_units=True,
        told=(
            "To keep a copy of all invoices: read every page, each of which has the same "
            "`cursor`, then ask for what changed since, each time with the `cursor` of the "
            "previous answer. Invoices that were deleted or left out in the meantime are "
            "included: see `status` and `left_out`."
        ),
    ),
    _read(
        f"{OF_ONE}/invoices/{{invoice}}",
        "show_invoice",
        "One invoice, by its TxnID or number, with its lines and payments",
        _show_invoice,
        object_of(INVOICE_DETAIL),
    ),
    _read(
        f"{OF_ONE}/customers",
        "list_customers",
        "Customers that imported invoices are billed to, by name; or those changed since a cursor",
        _list_customers,
        list_of(CUSTOMER, cursor=_CURSOR),
        (*PAGED, _SINCE),
        own_units=True,
        told=(
            "To keep a copy of all customers, do as with invoices. Customers that were deleted in "
            "the meantime are included: see `state`."
        ),
    ),
    _read(
        f"{OF_ONE}/customers/{{list_id}}",
        "show_customer",
        "One customer, by its ListID",
        _show_customer,
        object_of(OWING_CUSTOMER),
    ),
    _read(
        f"{OF_ONE}/payments",
        "list_payments",
        "Payments of both sides, newest first",
        _list_payments,
        list_of(PAYMENT_LINE),
        (*PAGED, _only("status", _STANDINGS)),
    ),
    _write(
        "POST",
        f"{OF_ONE}/payments",
        "take_payment",
        "Add a payment, or correct the one with this ID",
        _take_payment,
        object_of(PAYMENT_DETAIL),
        body=requests.NewPaymentBody,
        created=True,
        shows="show_payment",
        told=(
            "Sending the same payment again changes nothing. Different terms correct it as "
            "long as nothing of it was sent to QuickBooks."
        ),
    ),
    _read(
        f"{OF_ONE}/payments/{{external_id}}",
        "show_payment",
        "One payment with its whole history, by your ID, its TxnID or its number",
        _show_payment,
        object_of(PAYMENT_DETAIL),
    ),
    _write(
        "PATCH",
        f"{OF_ONE}/payments/{{external_id}}",
        "change_payment",
        "Correct a payment, or update the state of its charge",
        _change_payment,
        object_of(PAYMENT_DETAIL),
        body=requests.PaymentTerms,
        shows="show_payment",
    ),
    _write(
        "DELETE",
        f"{OF_ONE}/payments/{{external_id}}",
        "withdraw_payment",
        "Withdraw a payment before anything of it was sent",
        _withdraw_payment,
        object_of(OUTCOME),
        (Parameter("because", "the reason, for the record"),),
        shows="show_payment",
    ),
    _read(
        f"{OF_ONE}/problems",
        "list_problems",
        "Problems, most recently seen first",
        _list_problems,
        list_of(PROBLEM),
        (*PAGED, _only("state", _STATES, "only these states; default: those that are waiting")),
    ),
    _read(
        f"{OF_ONE}/problems/{{number}}",
        "show_problem",
        "One problem",
        lambda asked: Found(PROBLEM.of(_problem(asked))),
        object_of(PROBLEM),
    ),
    _write(
        "POST",
        f"{OF_ONE}/problems/{{number}}/retry",
        "retry_problem",
        "Have the next sync check again",
        lambda asked: _decided(asked, problems.plan_retry(asked.store, [_problem(asked).id])),
        _DECIDED,
        (_PREVIEW,),
        body=requests.Confirmation,
        shows="show_problem",
    ),
    _write(
        "POST",
        f"{OF_ONE}/problems/{{number}}/skip",
        "skip_problem",
        "Leave the record out from now on",
        _skip_problem,
        _DECIDED,
        (_PREVIEW,),
        body=requests.SkipBody,
        shows="show_problem",
    ),
    _read(
        f"{OF_ONE}/syncs",
        "list_syncs",
        "Syncs, newest first",
        _list_syncs,
        list_of(SYNC),
        (*PAGED, _only("state", tuple(one.value for one in SyncState))),
    ),
    _read(f"{OF_ONE}/syncs/{{number}}", "show_sync", "One sync", _show_sync, object_of(SYNC)),
    _read(
        f"{OF_ONE}/reconcile",
        "reconcile",
        "Both sides compared, differences first",
        _reconcile,
        object_of(RECONCILIATION),
    ),
    _read(
        f"{OF_ONE}/events",
        "list_events",
        "Events after a cursor, in order; can wait for something to happen",
        _list_events,
        answer_of(EVENT, cursor=_CURSOR),
        (
            LIMIT,
            _EVENTS_AFTER,
            _only(
                "kind",
                events.WORDS,
                "only these kinds: `invoice.closed`, or `invoice` for all of them",
            ),
            Parameter(
                "wait",
                "seconds to wait when nothing has happened",
                least=0,
                most=LONGEST_WAIT,
                default=0,
            ),
        ),
        own_units=True,
        waits=True,
    ),
)
BY_NAME = {route.name: route for route in ROUTES}

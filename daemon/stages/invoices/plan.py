"""The plan of Invoice Sync: which question comes next, and what an answer means.

Delta and sweep. The first run reads all open invoices; later runs read what changed since the
watermark and ask what was deleted and which customers changed: in the message set of the first
page, and in one of its own where that brought no answer. At intervals they also compare
the open invoices of QuickBooks, and the customers we hold, with ours, so that nothing depends on
QuickBooks' clock. What differs is read again by ID, then the customers that invoices newly name.
Everything here is a pure function of a frozen state: no row, clock or socket.

A step without anything left to ask is passed over (a test holds the arrows to ``advance``)::

    read --> deletions --> sweep --> customer-check --> reread --> customers --> settle
                                                          ^
    named-customers --> named --> reread                  |  stages that begin at reread, or
                                                          |  with what payments name, join here
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from daemon.stages import paging
from daemon.stages.moves import Answered, Fail, GiveUpOn, Gone, GoOn, Move, NotTakenIn
from daemon.stages.paging import (
    DELETED,
    DELETIONS_DAYS,
    NOT_FOUND,
    NOT_THERE,
    Beside,
    Paged,
    Shown,
)
from daemon.stages.watermarks import earlier
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.structs import replace

SWEEP_FACTOR = 4
"""What is only compared has few short elements a row, so there may be more at a time."""
CHANGED_AT_ONCE = 1000
"""So many customers that changed come in one answer; where there may be more, all are compared."""

SWEPT = ("TxnID", "TimeModified", "EditSequence", "CustomerRef", "BalanceRemaining")
CHECKED = ("ListID", "EditSequence", "FullName", "IsActive", "ParentRef")


class Step(StrEnum):
    """The questions in the order in which they are asked."""

    READ = "read"
    DELETIONS = "deletions"  # and changed customers; where that was not told beside the first page
    SWEEP = "sweep"
    CUSTOMER_CHECK = "customer-check"
    REREAD = "reread"
    CUSTOMERS = "customers"
    SETTLE = "settle"
    NAMED_CUSTOMERS = "named-customers"
    NAMED = "named"  # both in place of all before REREAD, where only that is to be read


ORDER = tuple(step for step in Step if step not in (Step.NAMED_CUSTOMERS, Step.NAMED))
ITERATED = frozenset({Step.READ, Step.SWEEP})
BESIDE = {Step.NAMED_CUSTOMERS: Step.NAMED, Step.NAMED: Step.REREAD}
"""What follows a step that stands outside of the usual order."""
BY_NAME = frozenset({Step.NAMED_CUSTOMERS, Step.NAMED})
BY_ID = frozenset({Step.CUSTOMER_CHECK, Step.REREAD, Step.CUSTOMERS}) | BY_NAME
IN_ORDER = frozenset({Step.CUSTOMER_CHECK}) | BY_NAME
"""Steps whose IDs are gone through in the store's order: those after the last one are next."""
COMPARED: Mapping[Step, Collection[str]] = {
    Step.READ: ("CustomerRet",),  # of those that changed, beside the first page
    Step.DELETIONS: ("CustomerRet",),
    Step.SWEEP: ("InvoiceRet",),
    Step.CUSTOMER_CHECK: ("CustomerRet",),
}
"""Records of which a step asks for a few elements, only to compare them."""
READS_WHOLE = frozenset({Step.READ, Step.REREAD, Step.CUSTOMERS})
"""Steps that take long in a large company."""
DISPENSABLE = frozenset({Step.DELETIONS})
"""Steps that help but are not needed: the sweep finds what they would have told."""
LATER_RUNS_ONLY = frozenset({Step.DELETIONS, Step.SWEEP, Step.CUSTOMER_CHECK})
"""The first run has read all open invoices, so there is nothing to compare yet."""
COMPARING = frozenset({Step.SWEEP, Step.CUSTOMER_CHECK})
"""What looks at everything that there is, and is therefore not asked in each sync."""

LIST = "InvoiceQueryRs"
"""The answer that decides where others came beside it."""
CHANGED = "CustomerQueryRs"

SHOWN: dict[Step, Shown] = {
    Step.READ: Shown("Reading invoices", 0, 70),
    Step.DELETIONS: Shown("Checking other changes", 70, 72),
    Step.SWEEP: Shown("Comparing open invoices", 72, 84),
    Step.CUSTOMER_CHECK: Shown("Comparing customers", 84, 87),
    Step.NAMED_CUSTOMERS: Shown("Reading customers that payments name", 86, 87),
    Step.NAMED: Shown("Reading invoices that payments name", 87, 88),
    Step.REREAD: Shown("Reading invoices again", 88, 94),
    Step.CUSTOMERS: Shown("Reading customers", 94, 99),
    Step.SETTLE: Shown("Finishing", 99, 99),
}


class InvoiceSync(Paged, kw_only=True):
    """Where an Invoice Sync stands.

    ``since`` is the start of the window, as QuickBooks' wall clock; empty on the first run.
    ``settled_on`` are the terms on which the books were last settled, ``total`` how many
    records there are to take in, as far as is known. ``checked_until`` is a ListID or a number.
    ``is_due``: it is time to compare everything. ``by_id``: whole invoices could not be taken in
    as a list, so they are compared and then read by ID. ``settling`` is the part of the settlement
    that is under way, on the terms ``settled_on``; it goes on after ``settled_until``.
    """

    since: str
    start_date: str
    settled_on: str = ""
    is_due: bool = True
    step: Step = Step.READ
    total: int = 0
    by_id: bool = False
    settling: str = ""
    settled_until: str = ""

    @property
    def first(self) -> bool:
        """No sync of this connection has finished yet: all open invoices are read."""
        return not self.since

    @property
    def compares(self) -> bool:
        """Whether everything that is open in QuickBooks is compared with what we hold."""
        return self.by_id or (self.is_due and not self.first)

    @property
    def iterates(self) -> bool:
        return self.step in ITERATED

    @property
    def asked_rows(self) -> int:
        return self.page_size * SWEEP_FACTOR if self.step is Step.SWEEP else self.page_size


def begin(
    *,
    watermark: str,
    overlap: timedelta,
    start_date: date | None,
    page_size: int,
    largest_page: int,
    most_tries: int,
    settled_on: str = "",
) -> InvoiceSync:
    """A sync from the start. An empty watermark makes it a first run."""
    return InvoiceSync(
        since=earlier(watermark, overlap),
        start_date=start_date.isoformat() if start_date else "",
        page_size=min(page_size, largest_page),
        largest_page=largest_page,
        most_tries=most_tries,
        settled_on=settled_on,
    )


def by_comparing(state: InvoiceSync, newest: str) -> InvoiceSync:
    """Go on where a sync was cut: only what differs from what is held is read, by ID.

    ``newest`` is the latest TimeModified that is held.
    """
    return replace(state, by_id=True, step=Step.SWEEP, newest=newest)


def wants_ids(state: InvoiceSync) -> bool:
    """Whether the step asks for records by their IDs, which the store has to name."""
    return state.step in BY_ID


def is_left_out(state: InvoiceSync) -> bool:
    """Whether this run does not take the step: there is nothing to compare, or not now."""
    if state.first and state.step in LATER_RUNS_ONLY and not state.by_id:
        return True
    if state.step is Step.DELETIONS:
        return state.beside is Beside.TOLD
    return state.step in COMPARING and not state.compares


def requests(
    state: InvoiceSync, request_id: str, ids: Sequence[str], today: date
) -> tuple[InvoiceSync, tuple[ask.Request, ...]]:
    """The message set of the current step; empty when the step has nothing to ask."""
    if is_left_out(state):
        return state, ()
    if state.step in BY_ID:
        chosen = tuple(ids[: state.ids_per_request])
        state = replace(state, asked=chosen)
        if not chosen:
            return state, ()
    if state.step is Step.READ and not state.first and state.beside is Beside.TO_ASK:
        page = _questions(state, f"{request_id}-0", today)
        return replace(state, beside=Beside.ASKED), page + _deletions(state, request_id, today)
    return state, _questions(state, request_id, today)


def _questions(state: InvoiceSync, request_id: str, today: date) -> tuple[ask.Request, ...]:
    match state.step:
        case Step.READ:
            query = _open_invoices(state, request_id)
            if not state.first:
                query = ask.InvoiceQuery(request_id, from_modified=state.since)
            return (replace(_page(state, query), include_lines=True),)
        case Step.DELETIONS:
            return _deletions(state, request_id, today)
        case Step.SWEEP:
            return (replace(_page(state, _open_invoices(state, request_id)), include=SWEPT),)
        case Step.CUSTOMER_CHECK:
            return (ask.CustomerQuery(request_id, list_ids=state.asked, include=CHECKED),)
        case Step.NAMED_CUSTOMERS:
            return (ask.CustomerQuery(request_id, full_names=state.asked),)
        case Step.NAMED:
            return (ask.InvoiceQuery(request_id, ref_numbers=state.asked, include_lines=True),)
        case Step.REREAD:
            return (ask.InvoiceQuery(request_id, txn_ids=state.asked, include_lines=True),)
        case Step.CUSTOMERS:
            return (ask.CustomerQuery(request_id, list_ids=state.asked),)
        case Step.SETTLE:
            return ()


def _page(state: InvoiceSync, query: ask.InvoiceQuery) -> ask.InvoiceQuery:
    iterator = ask.Continue(state.iterator_id) if state.iterator_id else ask.Start()
    return replace(query, max_returned=state.asked_rows, iterator=iterator)


def _open_invoices(state: InvoiceSync, request_id: str) -> ask.InvoiceQuery:
    start = date.fromisoformat(state.start_date) if state.start_date else None
    return ask.InvoiceQuery(request_id, unpaid_only=True, from_date=start)


def _deletions(state: InvoiceSync, request_id: str, today: date) -> tuple[ask.Request, ...]:
    oldest = (today - timedelta(days=DELETIONS_DAYS)).isoformat() + "T00:00:00"
    since = max(state.since, oldest)
    deleted = ask.TxnDeletedQuery(f"{request_id}-1", types=("Invoice",), from_deleted=since)
    # A customer changes with its balance, too: what is compared is what the check compares.
    changed = ask.CustomerQuery(
        f"{request_id}-2",
        max_returned=CHANGED_AT_ONCE,
        inactive_too=True,
        from_modified=state.since,
        include=CHECKED,
    )
    return (deleted,) if state.compares else (deleted, changed)


def advance(state: InvoiceSync) -> InvoiceSync:
    """The next step, from its beginning.

    A first list of which rows may be missing is compared in the same run.
    """
    if state.step is Step.READ and state.is_doubtful:
        state = replace(state, by_id=True)
    named = BESIDE.get(state.step)
    step = named or ORDER[ORDER.index(state.step) + 1]
    begun = {**paging.AFRESH, "ids_per_request": _most_ids(step), "checked_until": ""}
    return _with_percent(replace(state, step=step, **begun))


def _most_ids(step: Step) -> int:
    """How many IDs a request of this step names at the most."""
    light = step is Step.CUSTOMER_CHECK
    return paging.IDS_PER_REQUEST * SWEEP_FACTOR if light else paging.IDS_PER_REQUEST


def expect_more(state: InvoiceSync, records: int) -> InvoiceSync:
    """Count records that the sync just learned it will have to read."""
    return replace(state, total=state.total + records)


def told_beside(state: InvoiceSync, answers: Collection[str], rows: int) -> InvoiceSync:
    """What came beside the list: ``rows``, and by name the ``answers`` that went well."""
    asked = {DELETED} if state.compares else {DELETED, CHANGED}
    told = paging.told_beside(state, asked, answers)
    return _all_where_many(told, rows) if told.beside is Beside.TOLD else told


def answered(state: InvoiceSync, answer: Answered) -> tuple[InvoiceSync, Move]:
    """What an answer means for the plan."""
    if statuses.is_success(answer.status):
        return _understood(state, answer)
    if statuses.is_transient(answer.status, answer.said):
        return paging.try_again(state, answer.said)
    if paging.ended_without_count(state):
        return advance(replace(state, is_doubtful=True)), GoOn()
    if state.iterator_id or statuses.lost_iterator(answer.status, answer.said):
        return paging.start_over(state, answer.said)
    if state.step in DISPENSABLE:
        return advance(state), GoOn()
    if state.step in BY_ID and answer.status in NOT_THERE:
        return _narrow_down(state, answer)
    return state, Fail(str(answer.status), answer.said)


def unreadable(state: InvoiceSync, said: str, stored: int = 0) -> tuple[InvoiceSync, Move]:
    """The answer could not be taken in, or lacked ours: ask again, for less at a time.

    ``stored`` records were taken in before it broke off; read again they are no news. Where
    even one invoice a page is too much, the list is compared instead, which asks for a few
    elements of each, and what differs is read by ID: so the one that does not come in is known.
    """
    state, move = paging.for_less(replace(state, position=state.position + stored), said)
    if isinstance(move, NotTakenIn):
        return _past(state), GoOn() if state.step in BY_NAME else move
    if not isinstance(move, Fail):
        return state, move
    if state.step is Step.READ:
        return advance(replace(state, by_id=True)), GoOn()
    if state.step in DISPENSABLE:
        return advance(state), GoOn()
    return state, move


def _understood(state: InvoiceSync, answer: Answered) -> tuple[InvoiceSync, Move]:
    if paging.page_was_skipped(state, answer):
        return paging.start_over(state, answer.said)
    state = _counted(state, answer)
    if state.step is Step.DELETIONS:
        return advance(_all_where_many(state, answer.rows)), GoOn()
    if state.step in BY_ID:
        # The store names the next IDs; when it names none, the step is over. After trouble with
        # one of them it is on with larger groups.
        more = min(state.ids_per_request * 2, _most_ids(state.step))
        return _with_percent(replace(_past(state), ids_per_request=more)), GoOn()
    if state.step in ITERATED and paging.has_another_page(state, answer):
        return _with_percent(paging.turn_page(state, answer)), GoOn()
    return advance(state), GoOn()


def _all_where_many(state: InvoiceSync, changes: int) -> InvoiceSync:
    """Where more may have changed than one answer tells, everything is compared."""
    return replace(state, is_due=True) if changes >= CHANGED_AT_ONCE else state


def _counted(state: InvoiceSync, answer: Answered) -> InvoiceSync:
    # The first page of the list tells how long it is.
    told = state.step is Step.READ and not state.furthest
    total = state.total + (answer.rows + (answer.remaining or 0)) * told
    state = paging.counted(state, answer)
    return replace(
        state,
        total=max(total - answer.idle, state.position + state.failed),
        newest=max(state.newest, answer.newest),
    )


def _narrow_down(state: InvoiceSync, answer: Answered) -> tuple[InvoiceSync, Move]:
    """One bad ID refuses them all: ask in smaller groups, then give up on the one."""
    if len(state.asked) > 1:
        fewer = max(1, len(state.asked) // paging.SHRINK)
        return replace(state, ids_per_request=fewer, asked=()), GoOn()
    (object_id,) = state.asked
    if state.step in BY_NAME:
        return _past(state), GoOn()  # no number of an invoice
    if answer.status == NOT_FOUND:
        return _past(state), Gone(object_id)
    return _past(state), GiveUpOn(object_id, answer.status, answer.said)


def _past(state: InvoiceSync) -> InvoiceSync:
    until = state.checked_until
    if state.step in IN_ORDER:
        # In the store's own order, which need not be Python's.
        until = state.asked[-1]
    return replace(state, asked=(), checked_until=until)


def _with_percent(state: InvoiceSync) -> InvoiceSync:
    _, low, high = SHOWN[state.step]
    percent = int(low + (high - low) * paging.share_read(state))
    return replace(state, percent=percent) if percent > state.percent else state

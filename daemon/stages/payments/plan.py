"""The plan of Payment Sync: recover, push, pull; pure, as a table of steps.

Before anything is posted the plan makes sure that the company still has what was posted
before, and that no earlier write is in doubt. Then each payment is looked at and posted, one
at a time. What changed in QuickBooks is read in any case.

A step without anything to ask is passed over (a test holds the arrows to ``AFTER``)::

    known --> doubt --> lists --> look --> read --> deletions --> compare --> end
    method --> post --> look

    look --it fits--> post --written as it should--> post    the next one that was looked at
    post --its method is missing--> method
    method --QuickBooks has one by now--> lists
    post --no answer to rely on--> doubt                     what is left is looked at again
    lists, look, method --QuickBooks takes nothing--> read   posting waits for the next sync
    read --even one at a time cannot be taken in--> changed --> deletions
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from daemon.stages import paging
from daemon.stages.moves import Answered, Fail, Gone, GoOn, Move, NotTakenIn
from daemon.stages.paging import DELETIONS_DAYS, NOT_THERE, Beside, Paged, Shown
from daemon.stages.payments.protocol import Step as Doubt
from daemon.stages.watermarks import earlier
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.structs import Value, replace

LOOKS_AT_ONCE = 20
"""So many payments are looked at in one message set: their writes take QuickBooks less than a
minute, so that each is looked at shortly before it is written."""
KNOWN_LIMIT = 20
"""So many of the latest posted payments are asked for: a restored company lacks the latest."""

PAYMENT_TYPE = "ReceivePayment"
SEEN = ("TxnID", "TimeCreated", "TimeModified", "EditSequence", "ExternalGUID")
SEEN_BY_NUMBER = (*SEEN, "RefNumber", "Memo")
ACCOUNT = ("ListID", "FullName", "IsActive", "AccountType", "SpecialAccountType", "CurrencyRef")
METHOD = ("ListID", "Name", "IsActive", "PaymentMethodType")
SHORT_PAGE = 200
"""So many payments a page are compared, where whole ones could not be taken in."""


class Step(StrEnum):
    """What is asked, in the order in which it is asked."""

    KNOWN = "known"
    DOUBT = "doubt"
    LISTS = "lists"
    LOOK = "look"
    METHOD = "method"
    POST = "post"
    READ = "read"
    CHANGED = "changed"
    DELETIONS = "deletions"  # where that was not told beside the first page of READ
    COMPARE = "compare"
    END = "end"


LIST = "ReceivePaymentQueryRs"
"""The answer that decides where others came beside it."""

SHOWN: dict[Step, Shown] = {
    Step.KNOWN: Shown("Checking earlier payments", 0, 2),
    Step.DOUBT: Shown("Settling a payment with an unknown outcome", 2, 4),
    Step.LISTS: Shown("Reading accounts and payment methods", 4, 5),
    Step.LOOK: Shown("Posting payments", 5, 50),
    Step.METHOD: Shown("Posting payments", 5, 50),
    Step.POST: Shown("Posting payments", 5, 50),
    Step.READ: Shown("Reading payments", 50, 92),
    Step.CHANGED: Shown("Reading payments", 92, 92),
    Step.DELETIONS: Shown("Looking for deleted payments", 92, 95),
    Step.COMPARE: Shown("Comparing payments", 95, 99),
    Step.END: Shown("Finishing", 99, 100),
}
WRITING = frozenset({Step.METHOD, Step.POST})
"""Steps between which a look counts; whatever comes between throws it away."""
PUSHING = frozenset({Step.LISTS, Step.LOOK, Step.METHOD})
"""Steps that serve only what is to be posted: where they fail, reading goes on."""
ITERATED = frozenset({Step.READ, Step.CHANGED})
ALWAYS_ASKS = WRITING | ITERATED
"""Steps that have something to ask, whatever the store says."""


class Asked(NamedTuple):
    """A posting that a look asks about, in ``parts`` questions, as one of these ``invoices``.

    Those are TxnIDs, joined by a blank; of a posting on account its customer's ListID.
    """

    posting_id: int
    invoices: str
    parts: int


class Looked(NamedTuple):
    """A posting that fits the books; ``mark`` tells whether it is still what was looked at."""

    posting_id: int
    mark: str


class WhichCopy(Paged, kw_only=True):
    """How it is asked whether the company file has what was posted before; both syncs ask it.

    ``known_limit`` of the latest payments are asked for together with what was deleted. Where
    that answer cannot be read, ``singly`` are the payments to be asked for without deletions,
    each alone: the first one is the next. ``numbers`` are the RefNumbers by which payments are
    looked for that are not there under their TxnIDs, once: then they were ``looked`` for.
    """

    known_limit: int = KNOWN_LIMIT
    singly: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    looked: bool = False


class PaymentSync(WhichCopy, kw_only=True):
    """Where a Payment Sync stands.

    ``since`` is the start of the window, QuickBooks' wall clock; empty on the first run.
    ``resend_after`` is the doubt window in seconds, ``to_push`` how many were ready at the start.
    ``pushing`` is off once nothing more may be posted in this sync. ``posting_id`` is the
    posting that is being looked at or posted, ``method`` a payment method to be made for it;
    ``relisted``: methods were listed again since QuickBooks has one that we did not know.
    ``asked_about`` are the postings of the look that is out, at most ``at_once``, which never
    grows above ``most_at_once``; ``looked_at`` is when it was asked, ISO text of our own clock.
    ``to_write`` are those that are to be written after it, in this order, until ``write_until``:
    the first one is next.
    ``compare``: all payments are compared by ID, since deletions may have been missed;
    ``restored``: since the company file is an older copy, so nothing was deleted.
    ``deletions_known`` is off where deletions could be neither listed nor found by comparing.
    ``unseen`` counts payments in a row at which the look could not be taken in.
    ``deleted_since`` is the time of the newest deletion that QuickBooks listed, its wall clock,
    ``deleted_before`` how many it had before that, -1 while all are to be listed; ``recounts``
    is how often that number was another one later.
    ``position`` and ``failed`` count payments.
    """

    since: str
    start_date: str
    resend_after: int = 900
    to_push: int = 0
    step: Step = Step.KNOWN
    pushing: bool = True
    posting_id: int = 0
    method: str = ""
    relisted: bool = False
    asked_about: tuple[Asked, ...] = ()
    at_once: int = LOOKS_AT_ONCE
    most_at_once: int = LOOKS_AT_ONCE
    looked_at: str = ""
    to_write: tuple[Looked, ...] = ()
    write_until: str = ""
    compare: bool = False
    restored: bool = False
    deletions_known: bool = True
    unseen: int = 0
    deleted_since: str = ""
    deleted_before: int = -1
    recounts: int = 0
    pushed: int = 0

    @property
    def first(self) -> bool:
        """No Payment Sync of this connection has finished yet."""
        return not self.since

    @property
    def iterates(self) -> bool:
        return self.step in ITERATED


class Facts(Value):
    """What the store says of what is left to do.

    ``doubt`` is what the open message set wants, None when there is none. ``ready`` is a
    posting that may go out, 0 for none. ``known`` and ``to_compare`` are TxnIDs, as are
    ``unread``: payments that could not be read so far.
    """

    doubt: Doubt | None = None
    ready: int = 0
    known: Sequence[str] = ()
    to_compare: Sequence[str] = ()
    unread: Sequence[str] = ()


def begin(
    *,
    watermark: str,
    overlap: timedelta,
    start_date: date | None,
    page_size: int,
    largest_page: int,
    most_tries: int,
    resend_after: int,
    today: date,
    to_push: int = 0,
    deletions_listed: str = "",
) -> PaymentSync:
    """A sync from the start. An empty watermark makes it a first run.

    After a break that is nearly as long as QuickBooks remembers deletions, all payments are
    compared. ``deletions_listed`` is the ISO day on which it last listed them; where that is
    not known, the watermark tells.
    """
    since = earlier(watermark, overlap)
    oldest = (today - timedelta(days=DELETIONS_DAYS - 2)).isoformat()
    return PaymentSync(
        since=since,
        start_date=start_date.isoformat() if start_date else "",
        page_size=min(page_size, largest_page),
        largest_page=largest_page,
        most_tries=most_tries,
        resend_after=resend_after,
        to_push=to_push,
        compare=bool(since) and (deletions_listed or since) < oldest,
    )


def onward(state: PaymentSync, facts: Facts) -> PaymentSync:
    """Move to the first step, from where the sync stands, that has something to ask."""
    while not _has_something_to_ask(state, facts):
        state = advance(state)
    return state


def _has_something_to_ask(state: PaymentSync, facts: Facts) -> bool:
    match state.step:
        case Step.KNOWN:
            return bool(facts.known)
        case Step.DOUBT:
            return state.pushing and facts.doubt not in (None, Doubt.WAIT)
        case Step.LISTS | Step.LOOK:
            return state.pushing and facts.doubt is None and facts.ready != 0
        case Step.COMPARE:
            return (state.compare and bool(facts.to_compare)) or bool(facts.unread)
        case Step.DELETIONS:
            return state.beside is not Beside.TOLD
        case _:
            return True


AFTER: dict[Step, Step] = {
    Step.KNOWN: Step.DOUBT,
    Step.DOUBT: Step.LISTS,
    Step.LISTS: Step.LOOK,
    Step.LOOK: Step.READ,
    Step.METHOD: Step.POST,
    Step.POST: Step.LOOK,
    Step.READ: Step.DELETIONS,
    Step.CHANGED: Step.DELETIONS,
    Step.DELETIONS: Step.COMPARE,
    Step.COMPARE: Step.END,
}


def advance(state: PaymentSync) -> PaymentSync:
    """The next step, from its beginning."""
    return go_to(state, AFTER[state.step])


def go_to(state: PaymentSync, step: Step, **changes: Any) -> PaymentSync:
    """Another step, from its beginning, with these fields changed."""
    begun = {**paging.AFRESH, "step": step, "asked_about": ()}
    if step not in WRITING:
        begun["to_write"] = ()
    pushed = changes.get("pushed", state.pushed)
    percent = max(state.percent, _percent(step, 0.0, pushed, state.to_push))
    return replace(state, **begun | changes, percent=percent)


def stop_pushing(state: PaymentSync) -> PaymentSync:
    """Post nothing more in this sync; go on with what is read."""
    return go_to(state, Step.READ, pushing=False, posting_id=0, method="")


def requests(
    state: PaymentSync, request_id: str, facts: Facts
) -> tuple[PaymentSync, tuple[ask.Request, ...]]:
    """The queries of a step that depends on the plan alone."""
    if state.step is Step.KNOWN:
        state = replace(state, asked=tuple(facts.known))
    if state.step is Step.COMPARE:
        ids = sorted({*facts.to_compare, *facts.unread})
        state = replace(state, asked=tuple(ids[: state.ids_per_request]))
    if state.step is Step.READ and state.beside is Beside.TO_ASK:
        page = _questions(state, f"{request_id}-0")
        deleted = deleted_payments(f"{request_id}-1", state.since)
        return replace(state, beside=Beside.ASKED), (*page, deleted)
    return state, _questions(state, request_id)


def _questions(state: PaymentSync, request_id: str) -> tuple[ask.Request, ...]:
    match state.step:
        case Step.KNOWN:
            return known_requests(state, request_id)
        case Step.LISTS:
            # All of them; once that could not be taken in, only what is needed of them.
            account, method = (ACCOUNT, METHOD) if state.tries else ((), ())
            return (
                ask.AccountQuery(f"{request_id}-1", inactive_too=True, include=account),
                ask.PaymentMethodQuery(f"{request_id}-2", inactive_too=True, include=method),
            )
        case Step.METHOD:
            return (ask.PaymentMethodAdd(request_id, method=state.method),)
        case Step.READ:
            return (replace(_of_window(state, request_id), include_lines=True),)
        case Step.CHANGED:
            return (replace(_of_window(state, request_id), include=SEEN),)
        case Step.DELETIONS:
            return (deleted_payments(request_id, state.since),)
        case Step.COMPARE:
            return (ask.ReceivePaymentQuery(request_id, txn_ids=state.asked, include_lines=True),)
        case _:
            raise ValueError(f"what {state.step} asks is not for the plan to say")


def answered(state: PaymentSync, answer: Answered) -> tuple[PaymentSync, Move]:
    """What an answer to a query means for the plan, apart from what its rows say."""
    if statuses.is_success(answer.status):
        return _understood(state, answer)
    if statuses.is_transient(answer.status, answer.said):
        return paging.try_again(state, answer.said)
    if paging.ended_without_count(state):
        return advance(replace(state, is_doubtful=True)), GoOn()
    if state.iterator_id or statuses.lost_iterator(answer.status, answer.said):
        return paging.start_over(state, answer.said)
    if answer.status in NOT_THERE and len(state.asked) > 1:
        # One bad ID refuses them all: ask one by one.
        return replace(state, asked=(), ids_per_request=1), GoOn()
    if answer.status in NOT_THERE and state.asked:
        return _past(state), Gone(state.asked[0])
    if state.step in PUSHING:
        return stop_pushing(state), GoOn()
    return state, Fail(str(answer.status), answer.said)


def unreadable(state: PaymentSync, said: str, stored: int = 0) -> tuple[PaymentSync, Move]:
    """The answer could not be taken in, or lacked ours: ask again, for less at a time.

    ``stored`` payments were taken in before it broke off. Where even one whole payment a page is
    too much, a few elements of each are compared, and what differs is read by ID: so the one that
    does not come in is known. Deletions that cannot be listed are found by comparing all.
    """
    state, move = paging.for_less(replace(state, position=state.position + stored), said)
    if isinstance(move, NotTakenIn):
        return _past(state), move
    if not isinstance(move, Fail):
        return state, move
    if state.step is Step.READ:
        changed = replace(state, page_size=SHORT_PAGE, largest_page=SHORT_PAGE)
        return go_to(changed, Step.CHANGED), GoOn()
    if state.step is Step.DELETIONS:
        return _without_deletions(state), GoOn()
    if state.step in PUSHING:
        return stop_pushing(state), GoOn()
    return state, move


def _without_deletions(state: PaymentSync) -> PaymentSync:
    """All payments are compared; not in a copy of the company file that may be the wrong one."""
    if state.pushing:
        return advance(replace(state, compare=True))
    return advance(replace(state, deletions_known=False, is_doubtful=True))


def cannot_tell_copy(state: PaymentSync) -> PaymentSync:
    """Nothing is posted, nor taken for deleted, in a file that may be an older copy."""
    known = state.deletions_known and not state.compare
    return stop_pushing(replace(state, compare=False, deletions_known=known))


def _with_percent(state: PaymentSync) -> PaymentSync:
    percent = _percent(state.step, paging.share_read(state), state.pushed, state.to_push)
    return replace(state, percent=max(state.percent, percent))


def _percent(step: Step, done: float, pushed: int, to_push: int) -> int:
    _, low, high = SHOWN[step]
    if step in PUSHING or step is Step.POST:
        done = min(1.0, pushed / to_push) if to_push else 0.0
    return int(low + (high - low) * done)


def _understood(state: PaymentSync, answer: Answered) -> tuple[PaymentSync, Move]:
    if state.step in ITERATED and paging.page_was_skipped(state, answer):
        return paging.start_over(state, answer.said)
    state = paging.counted(state, answer)
    state = replace(state, newest=max(state.newest, answer.newest))
    if state.step is Step.COMPARE:
        # After trouble with one, on with larger groups.
        more = min(state.ids_per_request * 2, paging.IDS_PER_REQUEST)
        return replace(_past(state), ids_per_request=more), GoOn()
    if state.step in ITERATED and paging.has_another_page(state, answer):
        return _with_percent(paging.turn_page(state, answer)), GoOn()
    return advance(state), GoOn()


def _past(state: PaymentSync) -> PaymentSync:
    return replace(state, asked=(), checked_until=max((state.checked_until, *state.asked)))


def known_requests(state: WhichCopy, request_id: str) -> tuple[ask.Request, ...]:
    """Whether QuickBooks has the payments that are asked for, and which ones were deleted."""
    if state.numbers:
        return (
            ask.ReceivePaymentQuery(request_id, ref_numbers=state.numbers, include=SEEN_BY_NUMBER),
        )
    payments = ask.ReceivePaymentQuery(f"{request_id}-1", txn_ids=state.asked, include=SEEN)
    return (payments,) if state.singly else (payments, deleted_payments(f"{request_id}-2"))


def _of_window(state: PaymentSync, request_id: str) -> ask.ReceivePaymentQuery:
    start = date.fromisoformat(state.start_date) if state.start_date else None
    return ask.ReceivePaymentQuery(
        request_id,
        max_returned=state.page_size,
        from_modified=state.since,
        from_date=start if state.first else None,
        iterator=ask.Continue(state.iterator_id) if state.iterator_id else ask.Start(),
    )


def deleted_payments(request_id: str, since: str = "") -> ask.TxnDeletedQuery:
    """Payments deleted since then, by QuickBooks' clock; empty: all that it remembers.

    Our clock sets no bound here: a PC whose clock is behind would hide its deletions.
    """
    return ask.TxnDeletedQuery(request_id, types=(PAYMENT_TYPE,), from_deleted=since)

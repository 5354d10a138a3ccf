"""What must hold in the end: both sides hold the same, and nothing was done twice or lost."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from daemon.stages.payments.evidence import Tags
from shared.models import connections, problems
from shared.models.installation import origin
from shared.models.payments import payment_pages, postings
from shared.operations import reconcile
from shared.rules.payments.values import (
    Payment,
    PaymentSource,
    PaymentStatus,
    Posting,
    PostingState,
    UseKind,
)
from shared.rules.values import ProblemState, RecordKind
from simulator.company.audit import Received
from tests.rehearsal.stage import Stage, Violation

TOLD = frozenset(
    {ProblemState.OPEN, ProblemState.SKIPPED, ProblemState.RETRY, ProblemState.ACKNOWLEDGED}
)
NOT_AS_SENT = frozenset({"payment-edited", "payment-not-applied"})
NOT_ALLOWED_IN_THE_END = frozenset({PaymentStatus.SENT, PaymentStatus.UNKNOWN, PaymentStatus.READY})
NEEDS_WORDS = frozenset({PaymentStatus.REFUSED, PaymentStatus.PARKED})


def settle_accounts(stage: Stage, name: str) -> None:
    """Raise Violation for the first thing that does not hold."""
    audit = stage.company.audit()
    _must(audit.ok, f"the company does not add up: {audit.problems}")
    with stage.store.reading():
        connection = connections.get(name)
        payments = list(payment_pages.each(connection.id, deleted=True))
        payments += list(payment_pages.each(connection.id))
        known = {one.id: one for one in payments}
        told = _told(connection.id)
        parts = {one.id: postings.of_payment(one.id) for one in payments}
        [both] = reconcile.view(stage.store, name)
        differences = both.differences
    ours = [one for one in known.values() if one.source is PaymentSource.INVOICED]
    claimed: set[str] = set()
    for payment in ours:
        claimed |= _check(stage, payment, parts[payment.id], told.get(str(payment.id), set()))
    _check_theirs(stage, [one for one in known.values() if one not in ours], claimed, told)
    unequal = _unequal(stage, name)
    _must(not unequal, unequal)
    codes = {code for about in told.values() for code in about} | {"invoice-set-aside"}
    codes |= {"invoice-paid-but-open"} if codes & NOT_AS_SENT else set()
    for one in differences:
        named = one.kind.removeprefix("payment-") in ("parked", "unknown") or one.kind in codes
        _must(named, f"reconcile shows {one}")


def reasons(stage: Stage, name: str) -> dict[str, str]:
    """Why each payment of the platform is not in QuickBooks, by its id; empty: nobody knows."""
    with stage.store.reading():
        connection_id = connections.get(name).id
        told = _told(connection_id)
        kept_out = [
            one
            for one in problems.list_problems(connection_id, TOLD)
            if one.kind is RecordKind.RECEIVING
        ]
        found = [
            *payment_pages.each(connection_id),
            *payment_pages.each(connection_id, deleted=True),
        ]
    ours = [one for one in found if one.source is PaymentSource.INVOICED]
    return {one.object_id.rpartition("/")[2]: one.message for one in kept_out} | {
        one.external_id: _reason(one, told.get(str(one.id), set())) for one in ours
    }


def _reason(payment: Payment, told: set[str]) -> str:
    by_people = payment.status in (PaymentStatus.SKIPPED, PaymentStatus.WITHDRAWN)
    return payment.reason or " ".join(told) or (payment.status.value if by_people else "")


def live(stage: Stage, payment: Payment) -> list[Received]:
    """The payments in QuickBooks that carry any tag of this one."""
    with stage.store.reading():
        parts = postings.of_payment(payment.id)
    return [one for part in parts for one in _live(stage, payment, part)]


def _live(stage: Stage, payment: Payment, part: Posting) -> list[Received]:
    with stage.store.reading():
        known_by = Tags.of(origin(payment.connection_id), payment.external_id, part)
    guids = {guid.casefold() for guid in known_by.guids}
    return [
        one
        for one in stage.company.audit().payments
        if one.external_guid.casefold() in guids
        or any(ref.casefold() == one.ref_number.casefold() for ref in known_by.ref_numbers)
    ]


def _told(connection_id: int) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for problem in problems.list_problems(connection_id, TOLD):
        if problem.kind is RecordKind.PAYMENT:
            told.setdefault(problem.object_id, set()).add(problem.code)
    return told


def _check(stage: Stage, payment: Payment, parts: list[Posting], told: set[str]) -> set[str]:
    """One payment of the platform; returns the TxnIDs in QuickBooks that are its own."""
    name = f"{payment.document} ({payment.status}, {payment.code})"
    _must(payment.status not in NOT_ALLOWED_IN_THE_END, f"(18) {name} is not settled")
    if payment.status in NEEDS_WORDS:
        _must(bool(told), f"nobody is told of {name}")
    if payment.status is PaymentStatus.WAITING:
        _must(bool(payment.reason), f"{name} waits without a reason")
    # One whose charge was returned after it was posted stays there, and a person is told. That it
    # was due when it was posted is judged as it appears (``story``).
    succeeded = payment.charge_state.value == "succeeded" or "payment-returned" in told
    eligible = payment.charged and succeeded
    claimed: set[str] = set()
    for part in parts:
        found = _live(stage, payment, part)
        claimed |= {one.txn_id for one in found}
        _must(eligible or not found, f"{name} must never be posted")
        _must(len(found) <= 1, f"(1) {name} is in QuickBooks {len(found)} times: {found}")
        _check_part(name, payment, part, found, told)
    return claimed


def _check_part(
    name: str, payment: Payment, part: Posting, found: list[Received], told: set[str]
) -> None:
    if part.state is PostingState.POSTED and part.deleted:
        _must(not found, f"{name} is taken for deleted, but is there")
        _must("payment-deleted" in told, f"nobody is told that {name} was deleted")
    elif part.state is PostingState.POSTED:
        # A person may have taken all tags off it; then its TxnID tells.
        _must(bool(found) or bool(told), f"(2) {name} is posted, but not in QuickBooks")
        for one in found:
            _must(one.txn_id == part.txn_id, f"(2) {name} is {one.txn_id}, not {part.txn_id}")
            if not told & NOT_AS_SENT:
                _check_terms(name, payment, part, one)
    elif part.state is not PostingState.PARKED:
        _must(not found, f"{name} is {part.state}, but in QuickBooks as {found}")


def _check_terms(name: str, payment: Payment, part: Posting, one: Received) -> None:
    _must(one.amount == _hundredths(part.amount), f"(2) {name} has another amount there: {one}")
    applied = {use.invoice_txn_id: use.amount for use in one.applied}
    wanted = {use.invoice_txn_id: _hundredths(use.amount) for use in part.uses}
    kept = _hundredths(part.credited)
    fits = (
        all(applied.get(key, 0) <= wanted[key] for key in wanted)
        and applied.keys() <= wanted.keys()
    )
    short = sum(wanted.values()) - sum(applied.values())
    _must(fits and short == kept, f"(2) {name} pays {applied} there, not {wanted} less {kept}")
    day = part.date or payment.date
    _must(one.date == day.isoformat(), f"{name} is dated {one.date} there, not {day}")


def _check_theirs(
    stage: Stage, imported: Iterable[Payment], claimed: set[str], told: dict[str, set[str]]
) -> None:
    theirs = {one.txn_id: one for one in stage.company.audit().payments}
    for txn_id in claimed:
        del theirs[txn_id]
    strange = [one for one in theirs.values() if "[db:" in one.memo]
    _must(not strange, f"no payment of ours is known for {strange}")
    held = {one.txn_id: one for one in imported if not one.deleted}
    _must(not set(held) & claimed, f"ours were imported: {set(held) & claimed}")
    missing = {one for one in set(theirs) - set(held) if one not in told}
    _must(not missing, f"not imported: {[theirs[one] for one in missing]}")
    _must(not set(held) - set(theirs), f"imported, but gone: {set(held) - set(theirs)}")
    for txn_id, payment in held.items():
        one = theirs[txn_id]
        _must(payment.amount * 100 == one.amount, f"{payment.document} is {one.amount} there")
        _must(payment.unused * 100 == one.unused, f"{payment.document} has unused {one.unused}")
        applied = {use.invoice_txn_id: use.amount for use in one.applied}
        ours = {
            use.invoice_txn_id: _hundredths(use.amount)
            for use in payment.uses
            if use.kind is UseKind.INVOICE
        }
        _must(ours == applied, f"{payment.document} pays {applied} there, {ours} here")


def left_out(stage: Stage, name: str) -> set[str]:
    """The invoices that people left out, by their TxnIDs."""
    with stage.store.reading():
        skipped = problems.list_problems(connections.get(name).id, [ProblemState.SKIPPED])
    return {one.object_id for one in skipped if one.kind is RecordKind.INVOICE}


def _unequal(stage: Stage, name: str) -> str:
    """What only one side has, but for what people left out; empty where both are the same."""
    from tests.whole.rig import company_facts

    with stage.store.reading():
        jobs = connections.get(name).jobs
    skipped = left_out(stage, name)
    theirs = {one for one in company_facts(stage.company, jobs) if one[0] not in skipped}
    ours = stage.ledger_facts(name)
    if theirs == ours:
        return ""
    return f"only in QuickBooks: {sorted(theirs - ours)}; only here: {sorted(ours - theirs)}"


def _hundredths(amount: Decimal) -> int:
    return int(amount * 100)


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)

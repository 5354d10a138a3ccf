"""Alerts in words: lines of commands, and the letters that recipients get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from shared import dates, hints
from shared.operations.alert_digest import DigestPart, DigestView
from shared.operations.alerts import RecipientStanding
from shared.operations.describe.text import count, money, plain
from shared.rules.alerts import Alert, AlertKind, Audience, Digest, Message, Recipient
from shared.rules.events import EventKind
from shared.rules.values import Problem, RecordKind
from shared.structs import Value

LONGEST_SUBJECT = 120
MOST_LINES = 50
"""So many alerts a letter tells one by one; the rest is counted."""
_ASK = "Contact the person who runs Deskbridge for you."
_ABOUT_PAYMENTS = (
    *(AlertKind.PAYMENT_REFUSED, AlertKind.PAYMENT_PARKED, AlertKind.PAYMENT_WAITING),
)


def whom(recipient: Recipient) -> str:
    """What it is told of: ``Larkspur Tile, daily digest``."""
    parts = [recipient.connection or "all"]
    if recipient.audience is Audience.BOOKKEEPER:
        parts.append("bookkeeper")
    if recipient.digest is not Digest.NONE:
        parts.append(f"{recipient.digest.value} digest at {recipient.digest_time}")
    if recipient.quiet:
        parts.append(f"quiet {recipient.quiet}")
    if recipient.amounts is not (recipient.audience is Audience.OPERATOR):
        parts.append("with amounts" if recipient.amounts else "no amounts")
    return ", ".join(parts)


def standing(one: RecipientStanding) -> str:
    """How its messages stand."""
    return "failing" if one.reason else "working"


def state(alert: Alert) -> str:
    """Whether it stands."""
    return "closed" if alert.closed_at is not None else "open"


# Letters.


class Letter(Value):
    """A mail: its subject, and its text in lines."""

    subject: str
    text: str


def letter(recipient: Recipient, message: Message) -> Letter:
    """What a recipient reads of alerts."""
    lines = [*_chapter("New", recipient, message.new)]
    lines += _chapter("Still open", recipient, message.repeated)
    if message.cleared:
        lines += ["All clear", ""]
        lines += [f"* {plain(one.subject)}: over." for one in message.cleared[:MOST_LINES]]
        lines += [*_more(message.cleared), ""]
    if message.still:
        others = count(len(message.still), "other alert")
        lines += [f"{others} from earlier messages, not over yet:", ""]
        lines += [f"* {plain(one.subject)}" for one in message.still[:MOST_LINES]]
        lines += [*_more(message.still), ""]
    return Letter(_subject(message), _closed(lines, recipient))


def _subject(message: Message) -> str:
    clear = "" if message.standing else "All clear: "
    first, *others = message.standing or message.cleared
    return _short(f"{clear}{plain(first.subject)}" + f", and {len(others)} more" * bool(others))


def _short(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"


def _chapter(title: str, recipient: Recipient, alerts: Sequence[Alert]) -> Iterator[str]:
    if not alerts:
        return
    yield from (title, "")
    for one in alerts[:MOST_LINES]:
        yield f"* {plain(one.subject)} (since {dates.moment(one.opened_at)})"
        yield f"  {plain(recipient.words(one))}"
        yield f"  What to do: {plain(what_to_do(recipient, one))}"
        yield ""
    yield from [*_more(alerts), ""] if len(alerts) > MOST_LINES else []


def _more(alerts: Sequence[Alert]) -> list[str]:
    more = len(alerts) - MOST_LINES
    return [f"* and {more} more"] if more > 0 else []


def what_to_do(recipient: Recipient, alert: Alert) -> str:
    """The next step of this reader: a bookkeeper has QuickBooks, but no commands."""
    if recipient.audience is Audience.OPERATOR or alert.kind not in _ABOUT_PAYMENTS:
        return alert.remedy
    return _step_of_bookkeeper(alert.code)


def _step_of_bookkeeper(code: str) -> str:
    known = hints.hint(code) if code else None
    if known is None or known.actor is not hints.Actor.BOOKKEEPER:
        return _ASK
    return known.remedy[0]


def test_letter(recipient: Recipient) -> Letter:
    """What a recipient reads as a test."""
    lines = ["This is a test. Alerts of Deskbridge reach you at this address.", ""]
    return Letter("This is a test", _closed(lines, recipient))


def _closed(lines: Iterable[str], recipient: Recipient) -> str:
    """The text with its last lines: why this came, and who changes it."""
    whose = f"of {recipient.connection}" if recipient.connection else "of all connections"
    why = f"You are recipient {recipient.id} of the alerts {plain(whose)}."
    end = "The person who runs Deskbridge can change that: deskbridge alerts list."
    return "\n".join([*lines, "-- ", why, end, ""])


# Digests.


def digest_letter(recipient: Recipient, found: DigestView, now: datetime) -> Letter:
    """What a recipient reads once a day or a week."""
    lines = [f"From {dates.moment(found.since)} to {dates.moment(now)}.", ""]
    if found.standing:
        lines += _chapter("Needs attention now", recipient, found.standing)
    else:
        lines += ["Nothing needs attention now.", ""]
    for part in found.parts:
        lines += _part(recipient, part)
    needs = count(len(found.standing), "thing") + " to check" if found.standing else "all is well"
    whose = recipient.connection or count(len(found.parts), "connection")
    title = "Today" if recipient.digest is Digest.DAILY else "This week"
    return Letter(_short(plain(f"{title}, {whose}: {needs}")), _closed(lines, recipient))


def _part(recipient: Recipient, part: DigestPart) -> Iterator[str]:
    yield from (plain(part.connection), "")
    for one in part.overview.applications:
        label = one.application.kind.label
        if one.sync is None:
            yield f"* {label}: has not run yet"
        elif one.sync.ended_at is None:
            yield f"* {label}: running since {dates.moment(one.sync.started_at)}"
        else:
            yield f"* {label}: {one.sync.state.value} {dates.moment(one.sync.ended_at)}"
    yield f"* Syncs: {part.syncs_finished} finished, {part.syncs_failed} failed"
    yield f"* Invoices imported: {part.invoices_imported}"
    yield _payments(recipient, part, "posted to QuickBooks", part.payments_posted, _POSTED)
    yield _payments(recipient, part, "recorded in QuickBooks", part.payments_imported, _IMPORTED)
    if part.payments_refused:
        yield f"* Payments refused: {part.payments_refused}"
    if part.open_problems:
        yield f"* To check: {part.open_problems}"
        for problem in part.problems:
            yield f"  - {plain(_problem(recipient, problem))}"
        more = part.open_problems - len(part.problems)
        if more > 0:
            yield f"  - and {more} more"
    yield ""


_POSTED, _IMPORTED = EventKind.PAYMENT_POSTED, EventKind.PAYMENT_IMPORTED


def _payments(
    recipient: Recipient, part: DigestPart, words: str, number: int, kind: EventKind
) -> str:
    told = f"* Payments {words}: {number}"
    if not recipient.amounts:
        return told
    sums = [_sum(held, total) for counted, held, total in part.sums if counted is kind]
    return f"{told} ({', '.join(sums)})" if sums else told


def _sum(currency: str, total: Decimal) -> str:
    return money(total, currency)


def _problem(recipient: Recipient, problem: Problem) -> str:
    """A problem in one line; without amounts it is told by its hint."""
    if recipient.amounts and recipient.audience is Audience.OPERATOR:
        return f"{problem.document}: {problem.message} {problem.remedy}"
    document = problem.document
    if problem.kind is RecordKind.PAYMENT and not recipient.amounts:
        document = document.rpartition(", ")[0] or document
    known = hints.hint(problem.code)
    if known is None:
        return f"{document}: {_ASK}"
    step = known.remedy[0] if recipient.audience is Audience.OPERATOR else ""
    return f"{document}: {known.happened} {step or _step_of_bookkeeper(problem.code)}"

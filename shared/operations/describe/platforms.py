"""An account on a billing platform in words, in both directions, and what a dry run found."""

from __future__ import annotations

from collections.abc import Iterator

from shared import dates
from shared.operations.describe.sections import Section
from shared.operations.describe.text import count
from shared.operations.platform_standing import AccountLine, Preview, Standing
from shared.rules.connectors import ConvenienceFees, Outgoing, PlatformAccount, Would


def sections(standing: Standing) -> tuple[Section, Section]:
    """What goes out, then what comes in."""
    return _going_out(standing), _coming_in(standing)


def account(one: PlatformAccount) -> str:
    """The account itself: ``Larkspur Tile (sandbox), https://api.sandbox.invoiced.com``."""
    sandbox = " (sandbox)" if one.sandbox else ""
    return f"{one.company or 'not asked yet'}{sandbox}, {one.url}"


def state(one: PlatformAccount) -> str:
    """``live``, ``paused``, or ``checking`` while a dry run is under way."""
    return "checking" if one.is_looking else one.state.value


def counted(line: AccountLine) -> str:
    """``3 refused, 12 waiting, 421 sent``; nothing that is zero."""
    numbers = ((line.refused, "refused"), (line.waiting, "waiting"), (line.sent, "sent"))
    return ", ".join(f"{number:,} {word}" for number, word in numbers if number) or "nothing yet"


def becomes(one: Outgoing) -> str:
    """What sending it would do, as a dry run found; else its state."""
    return one.state.value if one.would is Would.UNKNOWN else one.would.value


def named(one: Outgoing) -> str:
    """The record: ``Invoice 1035``; by its ID where it has no number."""
    kind = one.kind.value.capitalize()
    return (
        f"{kind} {one.document}" if one.document else f"{kind} without a number ({one.object_id})"
    )


def found(preview: Preview) -> str:
    """What a dry run found, counted."""
    told = (
        ("created", preview.create),
        ("changed", preview.change),
        ("matched", preview.match),
        ("voided or deleted", preview.end),
        ("left alone", preview.nothing),
        ("need your choice", preview.ambiguous),
        ("refused", preview.refuse),
    )
    return ", ".join(f"{number:,} {word}" for word, number in told) + "."


def _going_out(standing: Standing) -> Section:
    held = standing.account
    lines = [
        ("Account", account(held)),
        ("State", state(held)),
        ("Convenience fees", _FEES[held.convenience_fees]),
        ("Key", "in the store, encrypted" if held.key_source == "store" else held.key_source),
        ("On both sides", ", ".join(_on_both_sides(standing))),
        ("Not checked yet", count(standing.behind, "event")),
        ("Waiting", f"{standing.waiting:,}"),
        ("Sent", f"{standing.sent:,}"),
        ("Refused", f"{standing.refused:,}"),
        ("Skipped", f"{standing.skipped:,}"),
        ("Left alone", f"{standing.left_alone:,}"),
    ]
    if standing.reason and standing.tries_again_at:
        again = dates.moment(standing.tries_again_at)
        lines.append(("Sending is stopped", f"{standing.reason} Next try {again}."))
    if held.warning:
        lines.append(("Note", held.warning))
    return Section(f"Invoiced for {held.connection}", tuple(lines))


_FEES = {
    ConvenienceFees.LEAVE_OUT: "not posted",
    ConvenienceFees.ON_ACCOUNT: "posted as the customer's credit",
}


def _on_both_sides(standing: Standing) -> Iterator[str]:
    yield count(standing.customers, "customer")
    yield count(standing.invoices, "invoice")
    yield count(standing.payments, "payment")


def _coming_in(standing: Standing) -> Section:
    kept_out = ", ".join(f"{one.document} (problem {one.id})" for one in standing.kept_out)
    lines = [
        ("Last received", dates.moment(standing.received_at, "never")),
        ("Imported", count(standing.taken_in, "payment")),
        ("To post", f"{standing.to_post:,}"),
        ("Need a decision", f"{standing.to_decide:,}"),
        ("In QuickBooks", f"{standing.posted:,}"),
        ("Not imported", kept_out or "0"),
        ("Read again", count(len(standing.watched), "record")),
    ]
    if standing.not_receiving_since:
        since = dates.moment(standing.not_receiving_since)
        lines.append(("Failing since", f"{since}: {standing.not_receiving_because}"))
    return Section("Payments from Invoiced", tuple(lines))

"""What the demo prints at its end: the payments each way, both sides, and the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import click

from shared.structs import Value
from simulator.comparison import Comparison
from simulator.story import Payment, Record, Story

WIDTH = 80
MOST_DIFFERENCES = 10
_POSTED, _NEVER, _IMPORTED = "posted", "not_eligible", "imported"
_TEXT_COLUMN, _TXN_ID_COLUMN = 27, 61


class Ending(Value):
    """How the demo ended.

    ``payments`` are those of ``payments list``, ``verdict`` is the first line of ``reconcile``,
    and ``reconciled`` whether it found no difference.
    """

    story: Story
    payments: Sequence[Record]
    comparison: Comparison
    verdict: str
    reconciled: bool

    def of_platform(self) -> Iterator[tuple[Payment, Record | None]]:
        """Each payment of the platform, with what is on file of it."""
        on_file = {one["external_id"]: one for one in self.payments if one["external_id"]}
        for payment in self.story.platform:
            yield payment, on_file.get(payment.case.name)

    @property
    def brought_back(self) -> list[Record]:
        """The payments that were read from QuickBooks."""
        return [one for one in self.payments if one["status"] == _IMPORTED]

    @property
    def differences(self) -> tuple[str, ...]:
        """What is not equal, or not as it has to be."""
        return self.comparison.differences + tuple(self._unexpected())

    def _unexpected(self) -> Iterator[str]:
        for payment, record in self.of_platform():
            status = record["status"] if record else "not on file"
            wanted = _POSTED if payment.case.goes_out else _NEVER
            if status != wanted:
                why = f": {record['reason']}" if record and record["reason"] else ""
                name = payment.case.name
                yield f"payment {name} is {_word(status)}, but should be {_word(wanted)}{why}"
        if not self.reconciled:
            yield f"reconcile: {self.verdict}"


def show(ending: Ending) -> None:
    """Print all of it."""
    _show_posted([pair for pair in ending.of_platform() if _status(pair) == _POSTED])
    _show_brought_back(ending)
    _show_not_posted([pair for pair in ending.of_platform() if _status(pair) != _POSTED])
    _show_sides(ending.comparison)
    click.echo(f"\ndeskbridge reconcile: {ending.verdict}")
    _show_verdict(ending.differences)


def _status(pair: tuple[Payment, Record | None]) -> str:
    _, record = pair
    return str(record["status"]) if record else ""


def _show_posted(pairs: Sequence[tuple[Payment, Record | None]]) -> None:
    if not pairs:
        return
    click.echo(f"\n{'Posted to QuickBooks':<{_TXN_ID_COLUMN}}TxnID")
    for payment, record in pairs:
        assert record is not None
        _show_line(payment, record["txn_id"])


def _show_brought_back(ending: Ending) -> None:
    by_hand = ending.story.by_hand
    back = ending.brought_back
    if not back:
        return
    told = f"Imported from QuickBooks: {_count(len(back), 'payment')}"
    new = [one for one in back if by_hand and one["ref_number"] == by_hand.case.name]
    click.echo(f"\n{f'{told}, including':<{_TXN_ID_COLUMN}}TxnID" if new else f"\n{told}")
    for record in new:
        assert by_hand is not None
        _show_line(by_hand, record["txn_id"])


def _show_line(payment: Payment, txn_ids: str) -> None:
    """One payment; each payment that it is in QuickBooks has a line of its own."""
    first, *others = txn_ids.split()
    click.echo(f"{_head(payment) + payment.what:<{_TXN_ID_COLUMN}}{first}")
    for part, txn_id in enumerate(others, start=2):
        told = f"{'':<{_TEXT_COLUMN}}part {part}: other customer or account"
        click.echo(f"{told:<{_TXN_ID_COLUMN}}{txn_id}")


def _show_not_posted(pairs: Sequence[tuple[Payment, Record | None]]) -> None:
    if not pairs:
        return
    click.echo("\nNot posted, and why")
    for payment, record in pairs:
        why = record["reason"] or _word(record["status"]) if record else "It is not on file."
        indent = " " * _TEXT_COLUMN
        click.echo(textwrap.fill(_head(payment) + why, WIDTH, subsequent_indent=indent))


def _head(payment: Payment) -> str:
    return f"  {payment.case.name:<7}{payment.amount:>12,.2f} {payment.currency:<5}"


def _show_sides(comparison: Comparison) -> None:
    side = ""
    for line in comparison.lines:
        if line.side != side:
            side = line.side
            click.echo(f"\n{'':<18}{'QuickBooks':>16}{side:>16}")
        click.echo(f"{line.name:<18}{line.company:>16}{line.here:>16}")


def _show_verdict(differences: Sequence[str]) -> None:
    if not differences:
        click.echo("\nEQUAL: all totals match")
        return
    click.echo(f"\nDIFFERENT: {_count(len(differences), 'difference')}")
    for difference in differences[:MOST_DIFFERENCES]:
        click.echo(f"  {difference}")
    if len(differences) > MOST_DIFFERENCES:
        click.echo(f"  … and {len(differences) - MOST_DIFFERENCES} more")


def _word(status: str) -> str:
    return status.replace("_", " ")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"

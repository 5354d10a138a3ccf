"""How the columns of a file are read: shipped profiles, and what a person says on top.

A profile names the columns that it needs, in any order; what else a file has is left alone. The
shipped ones are data, one TOML file each in ``profiles/`` beside this module:

    title = "…"                    what it is an export of
    needs = ["amount", …]          fields of which a column must be there: by them it is recognized
    columns.amount = ["Gross", …]  the columns of a field; the first that is filled counts
    [[rows]]                       what a row is, by the words in a column: the first pattern that
    columns = ["Status"]           fits says it; where none fits, the row is refused. ``nonzero``
    kinds = [["paid", "payment"]]  and ``below_zero`` name the kind by the amount in the column
    stays = ["date", …]            fields that the file does not change of a payment on file
    named_by = ["date", …]         the fields that name a payment where there is no id
    gateway = "…"                  what every payment of it has
    customer_only_on_account       the payer's name counts only where no invoice is named: what a
                                   gateway calls a customer is rarely the name in QuickBooks
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Final

from shared.errors import CannotBeMeant
from shared.operations.file_text import UnreadableFile
from shared.operations.file_values import order_of
from shared.operations.payment_terms import Unreadable
from shared.structs import Value, convert, field, replace

TERMS: Final = (
    *("external_id", "invoice", "amount", "applied", "customer", "currency", "method"),
    *("reference", "gateway", "date", "offline", "charge_state", "refunded", "disputed"),
    *("from_quickbooks", "memo", "credit_notes", "fee", "net"),
)
"""The columns of a file in our own words."""

PAYMENT, FAILED = "payment", "failed"
DISPUTED = "disputed"
"""A payment that is one, and of which the charge is disputed."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "adjustment": "balance adjustments",
    "cash": "paid in cash or by another offline tender, at least in part",
    "continuation": "continue the row above",
    "conversion": "currency conversions",
    "dispute": "disputes and reversals: record them in QuickBooks yourself",
    "failed": "failed or were canceled: nothing was paid",
    "fee": "fees",
    "hold": "holds and their releases",
    "other": "other entries",
    "payout": "payouts to the bank",
    "pending": "pending: import the file again when they are paid",
    "refund": "refunds: record them in QuickBooks yourself",
    "sent": "outgoing money",
    "transfer": "balance transfers",
}
"""The kinds of rows that are no payments, and what they are."""

BY_HAND: Final = ("refund", "dispute")
"""The kinds of which each row is told, since a person has to do something about it."""


class RowRule(Value, forbid_unknown_fields=True):
    """What the words or the amount in one of ``columns`` say that a row is."""

    columns: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...] = ()
    nonzero: str = ""
    below_zero: str = ""

    def of_word(self, word: str) -> str:
        """The kind of a row with this word, "" for one that is not known."""
        folded = word.strip().casefold()
        return next((kind for pattern, kind in self.kinds if fnmatchcase(folded, pattern)), "")


class Mapped(Value):
    """``HEADER=field``: the column that has a field. ``pattern``: where in its text it stands."""

    header: str
    field: str
    pattern: str = ""

    def __str__(self) -> str:
        return f"{self.header}={self.field}" + (f":{self.pattern}" if self.pattern else "")


class Profile(Value, forbid_unknown_fields=True):
    """How the columns of a file are read; see the head of this module.

    ``label`` is what people call it. ``maps``, ``date_order`` and ``time_zone`` are what a person
    said on top of a shipped one, whose label is ``base``.
    """

    label: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...]
    rows: tuple[RowRule, ...] = ()
    gateway: str = ""
    stays: frozenset[str] = frozenset()
    named_by: tuple[str, ...] = ()
    id_prefix: str = ""
    customer_only_on_account: bool = False
    maps: tuple[Mapped, ...] = ()
    date_order: str = ""
    time_zone: str = ""
    base: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether all its columns are in our own words: then a row says all of a payment."""
        return self.label == OURS and not self.maps

    def with_maps(self, maps: Iterable[Mapped]) -> Profile:
        """The profile with the columns that a person named."""
        maps = tuple(maps)
        named: dict[str, tuple[str, ...]] = {}
        for one in maps:
            named[one.field] = (*named.get(one.field, ()), one.header)
        needs = tuple(dict.fromkeys((*self.needs, *named)))
        # Who names the customer wants it to count, and who names the id has one.
        told = self.customer_only_on_account and "customer" not in named
        return replace(
            self,
            columns={**self.columns, **named},
            needs=needs,
            maps=(*self.maps, *maps),
            customer_only_on_account=told,
            named_by=() if "external_id" in named else self.named_by,
        )

    def fits(self, names: Iterable[str]) -> bool:
        """Whether a header has all columns that it needs."""
        return not self.missing(names)

    def missing(self, names: Iterable[str]) -> list[str]:
        """The columns that it needs and that a header lacks, each field by its first column."""
        there = set(names)
        return [
            self.columns[name][0]
            for name in self.needs
            if there.isdisjoint(map(as_name, self.columns[name]))
        ]


OURS = "deskbridge"
OWN = Profile(
    OURS,
    "Deskbridge: columns named as the options of payments add",
    {name: (name,) for name in TERMS},
    ("external_id", "amount"),
)


def as_name(cell: str) -> str:
    """The name of a column as names are compared: case, blanks, hyphens are no difference."""
    return "_".join(cell.casefold().replace("-", " ").replace("_", " ").split())


@cache
def shipped() -> Mapping[str, Profile]:
    """The profiles that come with Deskbridge, by label."""
    folder = resources.files("shared.operations") / "profiles"
    files = sorted(folder.iterdir(), key=lambda one: one.name)
    found = [_read(one.name.removesuffix(".toml"), one.read_text("utf-8")) for one in files]
    return {OURS: OWN, **{one.label: one for one in found}}


def _read(label: str, text: str) -> Profile:
    return convert({"label": label, **tomllib.loads(text)}, Profile)


def read_map(written: str) -> Mapped:
    """Read ``HEADER=field``; a field of text may be followed by ``:PATTERN``.

    ``Description=invoice:INV-#`` takes the number out of a text: # stands for digits. Raises
    CannotBeMeant.
    """
    header, equals, target = written.rpartition("=")
    name, colon, pattern = target.partition(":")
    name, pattern = as_name(name), pattern.strip()
    if not equals or not header.strip():
        raise CannotBeMeant(f'"{written}" does not map a column; write it as "HEADER=field".')
    if name not in TERMS:
        near = difflib.get_close_matches(name, TERMS, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise CannotBeMeant(
            f'"{name}" is not a field of a payment.{meant}', f"Fields: {', '.join(TERMS)}"
        )
    if colon and (name != "invoice" or "#" not in pattern):
        raise CannotBeMeant(
            f'"{written}": only invoice takes a pattern, with # for its digits.',
            'Such as "Description=invoice:INV-#"',
        )
    return Mapped(header.strip(), name, pattern)


class HowToRead(Value):
    """What a person says about a file; what is not said is found out from the file.

    ``profile`` is a label, ``saved`` the profiles of the connection by label, ``date_order``
    one of ORDERS.
    """

    profile: str = ""
    maps: tuple[Mapped, ...] = ()
    date_order: str = ""
    time_zone: str = ""
    saved: Mapping[str, Profile] = field(default_factory=dict)

    def chosen(self) -> Profile | None:
        """The profile that was named. Raises CannotBeMeant where there is none of that label."""
        known = {**shipped(), **self.saved}
        if not self.profile:
            return None
        if self.profile not in known:
            raise CannotBeMeant(
                f'There is no profile "{self.profile}".', f"Profiles: {', '.join(known)}"
            )
        return known[self.profile]

    def wanted(self, profile: Profile) -> Profile:
        """A profile with what was said on top of it."""
        return replace(
            profile.with_maps(self.maps),
            date_order=self.date_order or profile.date_order,
            time_zone=self.time_zone or profile.time_zone,
        )


def recognized(names: Sequence[str], how: HowToRead) -> Profile | None:
    """The profile that a header asks for, None where none fits it.

    What is in our own words is ours; then saved profiles count, then shipped ones, then our own
    with the columns that were mapped. Raises UnreadableFile where several fit.
    """
    if chosen := how.chosen():
        wanted = how.wanted(chosen)
        return wanted if wanted.fits(names) else None
    if OWN.fits(names):
        wanted = how.wanted(OWN)
        return wanted if wanted.fits(names) else None
    others = [one for one in shipped().values() if one is not OWN]
    for group in (list(how.saved.values()), others, [OWN]):
        fitting = [one for one in map(how.wanted, group) if one.fits(names)]
        if len(fitting) > 1:
            raise UnreadableFile(
                f"Several profiles fit this file: {', '.join(one.label for one in fitting)}.",
                "Name the right one with --profile",
            )
        if fitting:
            return fitting[0]
    return None


def date_order(written: str) -> str:
    """What --date-format says. Raises CannotBeMeant."""
    try:
        return order_of(written)
    except Unreadable as fault:
        raise CannotBeMeant(str(fault)) from fault

"""How files of payments are read: the profiles that there are, and those that people save.

save = plan_save(store, "Larkspur", "our-stripe", HowToRead(profile="stripe-payments", …))
carry_out(by, save)                       # with a line in the audit trail
how = how_to_read(store, "Larkspur", profile="our-stripe")
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from shared.errors import CannotBeMeant, NotFound
from shared.models import connections
from shared.models.payments import saved_profiles
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.file_profiles import (
    TERMS,
    HowToRead,
    Mapped,
    Profile,
    date_order,
    read_map,
    shipped,
)
from shared.operations.payment_columns import zone_of
from shared.operations.which import connection as chosen
from shared.operations.which import every
from shared.rules.ledger import Listed
from shared.rules.operators import Role
from shared.rules.payments.values import SavedProfile
from shared.structs import Value, replace

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.operations.which import Which

_LABEL = re.compile(r"[\w][\w .-]{0,49}")


class ShownProfile(Value):
    """A profile with what it makes of a file, shipped or saved."""

    label: Annotated[str, "what `--profile` calls it"]
    title: Annotated[str, "which files it is for"]
    base: Annotated[str, "the shipped profile it is based on; empty: it is one"]
    needs: Annotated[tuple[str, ...], "the columns that identify it"]
    columns: Annotated[
        tuple[str, ...],
        "the columns that are read, as `HEADER=field`, with `:PATTERN` if one was given",
    ]
    date_order: Annotated[str, "`mdy`, `dmy` or `ymd`; empty: by the file"]
    time_zone: Annotated[str, "the time zone for times in UTC; empty: the machine's"]


def view_list(_store: Store, which: Which = None) -> Sequence[Listed[SavedProfile]]:
    """The saved profiles of a connection, or of all; raises as ``which.connection``."""
    return [
        Listed(held.name, one)
        for held in every(which)
        for one in saved_profiles.of_connection(held.id)
    ]


class Takes(Value):
    """A connection that takes files of payments, and the labels of its profiles."""

    connection: str
    saved: tuple[str, ...]


def view_takers(_store: Store) -> Sequence[Takes]:
    """Every connection, by name."""
    return [
        Takes(held.name, tuple(one.label for one in saved_profiles.of_connection(held.id)))
        for held in every(None)
    ]


def view_called(_store: Store, which: Which, label: str) -> ShownProfile:
    """A shipped profile, or the one saved under this label, for any connection or for one.

    Raises NotFound, and CannotBeMeant where connections saved different ones under it.
    """
    saved = {one.name: made for one in every(which) if (made := _saved(one.id).get(label))}
    profile = shipped().get(label) or next(iter(saved.values()), None)
    if profile is None:
        raise NotFound("profile", label)
    if label not in shipped() and any(one != profile for one in saved.values()):
        raise CannotBeMeant(
            f"{len(saved)} connections have a profile {label}: {', '.join(saved)}.",
            "Name the connection: --connection NAME",
        )
    patterns = {(one.header, one.field): one.pattern for one in profile.maps}
    return ShownProfile(
        label=profile.label,
        title=profile.title,
        base=profile.base,
        needs=tuple(profile.columns[name][0] for name in profile.needs),
        columns=tuple(
            str(Mapped(column, name, patterns.get((column, name), "")))
            for name in TERMS
            for column in profile.columns.get(name, ())
        ),
        date_order=profile.date_order,
        time_zone=profile.time_zone,
    )


def how_to_read(
    _store: Store,
    which: Which,
    *,
    profile: str = "",
    maps: Sequence[str] = (),
    date_format: str = "",
    time_zone: str = "",
) -> HowToRead:
    """What a person says about a file of a connection, with the profiles saved there.

    Raises CannotBeMeant for what makes no sense, and as ``which.connection``.
    """
    zone_of(time_zone)
    how = HowToRead(
        profile=profile,
        maps=tuple(map(read_map, maps)),
        date_order=date_order(date_format) if date_format else "",
        time_zone=time_zone,
        saved=_saved(chosen(which).id),
    )
    how.chosen()
    return how


def _saved(connection_id: int) -> dict[str, Profile]:
    return {one.label: _made(one) for one in saved_profiles.of_connection(connection_id)}


def _made(saved: SavedProfile) -> Profile:
    profile = shipped()[saved.base].with_maps(map(read_map, saved.maps))
    return replace(
        profile,
        label=saved.label,
        base=saved.base,
        date_order=saved.date_order,
        time_zone=saved.time_zone,
    )


class SavePlan(Plan[Outcome], kw_only=True):
    """A profile is saved for a connection, in place of an earlier one of its label."""

    role = Role.RUN
    connection_id: int
    profile: Profile

    def again(self, store: Store) -> SavePlan:
        return plan_save(store, self.connection_id, self.profile.label, self.profile)

    def apply(self, by: Operator) -> Outcome:
        connection = connections.by_id(self.connection_id)
        profile = self.profile
        saved = SavedProfile(
            label=profile.label,
            base=profile.base,
            maps=tuple(map(str, profile.maps)),
            date_order=profile.date_order,
            time_zone=profile.time_zone,
            who=by.who,
            at=by.now,
        )
        saved_profiles.put(connection.id, saved)
        by.note("profile.save", connection.name, f"{saved.label}: {_said(saved)}")
        return Outcome(f"Profile {saved.label} is saved for {connection.name}.")


def _said(saved: SavedProfile) -> str:
    parts = [saved.base, *saved.maps, saved.date_order, saved.time_zone]
    return "; ".join(filter(None, parts))


def plan_save(_store: Store, which: Which, label: str, profile: Profile) -> SavePlan:
    """Save a profile, as a file was read by it, under a label.

    Raises CannotBeMeant where a label cannot be one or is that of a shipped profile.
    """
    held = chosen(which)
    if label in shipped() or not _LABEL.fullmatch(label):
        raise CannotBeMeant(
            f'"{label}" cannot be the label of a profile.',
            "Use letters, digits, spaces, dots and hyphens, and not a label that comes with "
            f"Deskbridge: {', '.join(shipped())}",
        )
    return SavePlan(
        title=f"Save profile {label} for {held.name}?",
        verb="Save",
        connection_id=held.id,
        profile=replace(profile, label=label, base=profile.base or profile.label),
    )


class RemovePlan(Plan[Outcome], kw_only=True):
    """A saved profile goes; payments that were imported by it stay as they are."""

    role = Role.RUN
    connection_id: int
    label: str

    def again(self, store: Store) -> RemovePlan:
        return plan_remove(store, self.connection_id, self.label)

    def apply(self, by: Operator) -> Outcome:
        name = connections.by_id(self.connection_id).name
        saved_profiles.drop(self.connection_id, self.label)
        by.note("profile.remove", name, self.label)
        return Outcome(f"Profile {self.label} of {name} is removed.")


def plan_remove(_store: Store, which: Which, label: str) -> RemovePlan:
    """Remove a saved profile. Raises NotFound, CannotBeMeant for a shipped one."""
    held = chosen(which)
    if label in shipped():
        raise CannotBeMeant(f"Profile {label} comes with Deskbridge; it cannot be removed.")
    if label not in _saved(held.id):
        raise NotFound("profile", label)
    return RemovePlan(
        title=f"Remove profile {label} of {held.name}?",
        verb="Remove",
        connection_id=held.id,
        label=label,
    )

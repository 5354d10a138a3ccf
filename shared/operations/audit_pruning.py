"""Old entries of the audit trail: moved into a file, and only then out of the store.

Nothing else ever removes one: the audit trail is no matter of how long syncs are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar, Self

from shared.errors import CannotBeMeant, NotPossible
from shared.files import all_or_nothing
from shared.models import audit
from shared.models.store import Store
from shared.operations.contracts.records import AUDIT_ENTRY
from shared.operations.days import midnight
from shared.operations.deciding import Need, Operator, Outcome, PlanForAll
from shared.operations.describe.text import count
from shared.rules.operators import Role
from shared.structs import replace

LEAVES_STORE = "leaves-store"
ALWAYS_KEPT = timedelta(days=90)
"""Whoever did something lately cannot have it forgotten."""


class PrunePlan(PlanForAll[Outcome], kw_only=True):
    """Entries from before a day that go into ``file``, one JSON object a line, and out of here."""

    HIDDEN: ClassVar = ("put",)
    NOT_COMPARED: ClassVar = ("put",)

    role = Role.MANAGE
    before: date
    file: Path
    entries: int
    put: Callable[[str, bytes], Path] | None = None

    def again(self, store: Store) -> PrunePlan:
        return plan_prune(store, self.before, self.file)

    @contextmanager
    def prepared(self, by: Operator) -> Iterator[Self]:
        """The plan with a way to the disk: the file goes again where nothing is committed."""
        with all_or_nothing(self.file.parent) as put:
            yield replace(self, put=put)

    def apply(self, by: Operator) -> Outcome:
        """Write the file, then forget the entries; raises OSError."""
        if self.put is None:
            raise RuntimeError("the file is prepared before the transaction")
        until = midnight(self.before)
        found = audit.entries(self.entries, until=until)
        lines = [json.dumps(AUDIT_ENTRY.of(entry), ensure_ascii=False) for entry in found]
        self.put(self.file.name, "".join(f"{line}\n" for line in reversed(lines)).encode())
        audit.forget(until)
        by.note("audit.prune", "", f"{count(len(found), 'entry', 'entries')} to {self.file}")
        told = f"{count(len(found), 'entry', 'entries')} of the audit log are in {self.file} now."
        return Outcome(told, len(found))


def plan_prune(store: Store, before: date, file: Path) -> PrunePlan:
    """What moving entries from before a day would do.

    Raises CannotBeMeant for a day less than 90 days ago, NotPossible where nothing is so old or
    the file is there already.
    """
    until = midnight(before)
    latest = store.now() - ALWAYS_KEPT
    if until > latest:
        raise CannotBeMeant(
            f"Entries of the last {ALWAYS_KEPT.days} days always stay.",
            f"Write --before {latest.astimezone().date()} or an earlier day.",
        )
    if file.exists():
        raise NotPossible(f"{file} already exists and is not overwritten.", "Name another file.")
    entries = audit.how_many(until)
    if not entries:
        raise NotPossible(f"The audit log has no entries from before {before}.")
    told = f"{count(entries, 'entry', 'entries')} from before {before}"
    needed = f"{told} will be in {file} only, and no longer in the store: keep that file."
    return PrunePlan(
        title=f"Move {told} out of the audit log?",
        verb="Move",
        needs=(Need(LEAVES_STORE, needed),),
        before=before,
        file=file,
        entries=entries,
    )

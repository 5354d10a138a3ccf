"""What a person can change from the console, one module for each kind of record.

An action is called with an ``Operator`` inside one transaction. It changes the store, has the
operator note what was done, and returns the sentence that is shown. It raises StoreError, and
then nothing was changed. ``Backstage.carry_out`` is the only way in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from shared.models.store import Store


@dataclass(frozen=True, slots=True)
class Operator:
    """The person at the console, in the transaction of one action."""

    store: Store
    who: str
    now: datetime

    def note(self, action: str, connection: str, detail: str) -> None:
        """Write to the audit trail; ``action`` is the word that the command line uses too."""
        from shared.models import audit

        audit.add(self.who, action, connection, detail, self.now)


Action: TypeAlias = Callable[[Operator], str]

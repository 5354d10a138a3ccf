"""Once a day, what is due on the platform is put beside the ledger, page by page.

What differs may pass by itself, such as a payment that is on its way in either sync: so a person is
told of a difference that is the same some hours later. A comparison that a restart interrupts
begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import define, field
from twisted.logger import Logger

from daemon.connectors.asking import Asking
from daemon.connectors.platform import Balances, Books, NotNow
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.operations import platform_check, platform_differences
from shared.operations.platform_check import Beside
from shared.rules.connectors import PlatformAccount

LOOK_AGAIN = timedelta(hours=1)


@define(eq=False, repr=False)
class Comparer:
    """The comparisons of one account. ``hold`` goes on holding it, in each unit that writes."""

    log = Logger()

    _platform: Books
    _threads: Threads
    _reads: Reads
    _asking: Asking
    _hold: Callable[[], Any]
    _due: dict[str, Decimal] = field(factory=dict, init=False)
    _place: str = field(default="", init=False)
    _not_before: datetime | None = field(default=None, init=False)

    async def compare(self, account: PlatformAccount, now: datetime) -> NotNow | bool:
        """Read a page, if it is time; tells whether to go on at once, or why nothing goes through.

        What holds up only this is tried again later.
        """
        if self._not_before is not None and now < self._not_before:
            return False
        if not self._place:
            is_due = await self._reads.view(platform_differences.view_is_due, account, now)
            self._due = {}
            if not is_due:
                self._not_before = now + LOOK_AGAIN
                return False
        found = await self._asking.read(self._platform.balances, self._place)
        if not isinstance(found, Balances):
            return self._fails(found, now)
        self._due.update(found.due)
        self._place = found.following
        if not self._place:
            await self._ends(account)
        return True

    def _fails(self, why: NotNow, now: datetime) -> NotNow | bool:
        self._place = ""
        self._not_before = now + LOOK_AGAIN
        self.log.warn("Balances are compared later: {reason}", reason=why.reason)
        return why if why.whole else False

    async def _ends(self, account: PlatformAccount) -> None:
        found = await self._reads.view(platform_check.view_differing, account, self._due)
        self._due = {}
        await self._threads.store(self._thd_tell, account, found)

    def _thd_tell(self, account: PlatformAccount, found: tuple[Beside, ...]) -> None:
        self._hold()
        platform_differences.tell(account, found)

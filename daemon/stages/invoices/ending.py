"""The end of Invoice Sync, for stages of Payment Sync that only begin elsewhere in it."""

from __future__ import annotations

from daemon.stages.invoices import work


class Ending:
    """What Invoice Sync does, apart from where it begins and what follows in the end."""

    thd_next = staticmethod(work.thd_next)
    thd_has_more = staticmethod(work.thd_has_more)
    taker = staticmethod(work.taker)
    in_batches = staticmethod(work.in_batches)
    thd_unheard = staticmethod(work.thd_unheard)
    thd_store = staticmethod(work.thd_store)
    thd_take = staticmethod(work.thd_take)
    thd_refused = staticmethod(work.thd_refused)
    thd_give_up_on = staticmethod(work.thd_give_up_on)
    thd_settle = staticmethod(work.thd_settle)
    progress = staticmethod(work.progress)

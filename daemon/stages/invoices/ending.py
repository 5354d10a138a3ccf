"""The end of Invoice Sync, for stages of Payment Sync that only begin elsewhere in it."""

from __future__ import annotations

from daemon.stages.invoices import work


class Ending:
    """What Invoice Sync does, apart from where it begins and what follows in the end."""

    next_ask = staticmethod(work.next_ask)
    has_more = staticmethod(work.has_more)
    record_reader = staticmethod(work.record_reader)
    in_batches = staticmethod(work.in_batches)
    asked_again = staticmethod(work.asked_again)
    store_rows = staticmethod(work.store_rows)
    take_answer = staticmethod(work.take_answer)
    refused = staticmethod(work.refused)
    give_up_on = staticmethod(work.give_up_on)
    settle = staticmethod(work.settle)
    progress = staticmethod(work.progress)

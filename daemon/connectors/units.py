"""What many records have in common when one of them fails: it never holds up the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from twisted.logger import Logger

from daemon.connectors.platform import NotNow, Unknown
from daemon.held_work import HeldByAnother
from daemon.store_thread import Threads

T = TypeVar("T")
R = TypeVar("R")
_log = Logger()


async def together(
    threads: Threads,
    thd: Callable[[Sequence[T]], Sequence[R]],
    items: Sequence[T],
    set_aside: Callable[[T, str], None],
) -> list[R]:
    """Run one unit for all items; where it fails, one for each.

    What fails alone, too, is set aside in a unit of its own, which is told why in a sentence; where
    that cannot be written down, either, the store is out of order and its failure is raised. So is
    HeldByAnother.
    """
    try:
        return [*await threads.store(thd, items)] if items else []
    except HeldByAnother:
        raise
    except Exception:
        _log.failure("Records failed together, and are written down one by one")
    done: list[R] = []
    for item in items:
        try:
            done += await threads.store(thd, [item])
        except HeldByAnother:
            raise
        except Exception as why:
            _log.failure("A record failed, and is set aside")
            await threads.store(set_aside, item, words(why))
    return done


def parts(found: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of ``size``, the last one maybe shorter."""
    return (found[at : at + size] for at in range(0, len(found), size))


def words(why: BaseException | None) -> str:
    """What a failure is called; its text may hold anything, and stays out."""
    name = type(why).__name__
    return "There was no answer in time." if name == "TimeoutError" else f"It failed: {name}."


def whole(answers: Sequence[Any]) -> NotNow | Unknown | None:
    """The last of these answers that says that nothing else would go through; None: none does."""
    told = [one for one in answers if isinstance(one, NotNow | Unknown) and one.whole]
    return told[-1] if told else None

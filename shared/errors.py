"""What the store refuses, said so that the reader knows what to do next."""

from __future__ import annotations

_LONGEST_NAME = 100


class StoreError(Exception):
    """Something that the store refuses or cannot do.

    ``sentence`` says what happened, ``remedy`` what to do about it (may be empty).
    """

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.sentence = sentence
        self.remedy = remedy


class StoreUnavailable(StoreError):
    """The engine failed: locked, full, unreachable, lost. Trying again later may help.

    When a commit was under way its outcome is unknown; read again by key to learn it.
    """


class StoreDamaged(StoreUnavailable):
    """The engine met a part of its file that it cannot read."""


class StoreConflict(StoreUnavailable):
    """Two units of work got in each other's way and this one was undone as a whole.

    Nothing of it was written: it may be run again at once.
    """


class StoreOutdated(StoreError):
    """The store was written by an older Deskbridge and waits for ``deskbridge db upgrade``."""


class StoreTooNew(StoreError):
    """The store was written by a newer Deskbridge than this one."""


class NotFound(StoreError):
    """Nothing of that name or number, or not ``where`` it was looked for.

    ``nearest`` is what may have been meant, or empty.
    """

    def __init__(self, what: str, name: object, nearest: str = "", where: str = "") -> None:
        meant = f"Did you mean {nearest!r}?" if nearest else ""
        called = repr(name)
        shown = called if len(called) <= _LONGEST_NAME else f"{called[:_LONGEST_NAME]}…"
        super().__init__(f"There is no {' '.join(filter(None, (what, shown, where)))}.", meant)
        self.what = what
        self.name = name
        self.nearest = nearest


class NameTaken(StoreError):
    """Another connection has this name already; upper and lower case count as the same."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is already a connection named {name!r}.",
            "Choose another name, or edit that connection.",
        )
        self.name = name


class CannotBeMeant(StoreError):
    """What is asked for makes no sense as it is written; commands end with 2."""


class BadName(CannotBeMeant):
    """The text cannot be the name of a connection."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name!r} cannot name a connection: {problem}.", remedy)
        self.name = name


class NotAllowed(StoreError):
    """The operator lacks the right to it. ``needed`` is the role that it takes."""

    def __init__(self, sentence: str, needed: str) -> None:
        super().__init__(
            f"{sentence} Nothing was done.",
            f"It takes the role {needed}. Ask someone who manages Deskbridge: deskbridge operator "
            f"add NAME --role {needed}",
        )
        self.needed = needed


class NotPossible(StoreError):
    """The problem is in a state in which this cannot be done."""

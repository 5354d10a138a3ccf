"""What is posted to the addresses that people name, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from twisted.internet.defer import Deferred

from shared.structs import Value


class NoAnswer(Exception):
    """There was no answer; the text says why, in a sentence."""


class Answer(Value):
    """The head of an answer; ``retry_after`` as the receiver wrote it, or empty."""

    status: int
    retry_after: str


class Poster(Protocol):
    """Posts bodies to addresses."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Deferred[Answer]:
        """Post ``body``; the Deferred fails with NoAnswer alone."""

"""What is posted to the addresses that people name, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred


class NoAnswer(Exception):
    """There was no answer; the text says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer; ``retry_after`` as the receiver wrote it, or empty."""

    status: int
    retry_after: str


class Poster(Protocol):
    """Posts bodies to addresses."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Deferred[Answer]:
        """Post ``body``; the Deferred fails with NoAnswer alone."""

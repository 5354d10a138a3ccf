"""What is posted to the addresses that people name, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
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


class MadeWhenUsed:
    """Has its poster made for the first post: a daemon without webhooks loads no TLS."""

    def __init__(self, make: Callable[[], Poster]) -> None:
        self._make = make

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Deferred[Answer]:
        """Post ``body`` as the poster does."""
        return self._poster.post(url, headers, body)

    @cached_property
    def _poster(self) -> Poster:
        return self._make()

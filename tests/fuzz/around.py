"""What is said around the answers, spoiled: openings, the introduction, refusals, single calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from shared.rules.values import ApplicationKind
from simulator.company import QuickBooksError
from simulator.webconnector.errors import WebConnectorError
from tests.fuzz.mutations import MUTATIONS, ODD_CHARACTERS, ODD_TEXTS
from tests.fuzz.wrong import Wrong, check_words, must
from tests.whole.rig import ByHand, Rig

_HRESULTS = (
    *("0x80040400", "0x80040401", "0x80040402", "0x80040403", "0x80040408", "0x8004040A"),
    *("0x80040410", "0x80040414", "0x80040418", "0x8004041A", "0x8004041C", "0x80040420"),
    *("0x80040422", "0x8007000E", "-2147220480", "80040400", "0x", "E_FAIL", "0x80040400" * 40),
)
_WORDS = (
    *("", "QuickBooks found an error when parsing the provided XML text stream.", "gesperrt"),
    *("Could not start QuickBooks.", "The company file is locked.", "x" * 70_000, "{0} %s {why}"),
)
_STRANGERS = 20_000
"""So many words are heard from whoever has no session that is open."""
_TICKETS = ("", "0", "x" * 5_000, "refused.nobody.S1..abcd", "refused.session-busy.S1.99999999.a")


@dataclass
class Spoiler:
    """What spoils answers: each with a chance, in one of the ways that are wanted."""

    random: Random
    chance: float
    ways: tuple[str, ...]
    done: list[str] = field(default_factory=list)

    def __call__(self, answer: str, request: str) -> str:
        if len(self.done) >= 4 or self.random.random() > self.chance:
            return answer
        way = self.random.choice(self.ways)
        self.done.append(f"{way} {request[request.find('<', request.find('onError')) :][:40]!r}")
        return MUTATIONS[way](answer, self.random)


class Around:
    """Spoils what is said around the answers, each with a chance, beside a spoiler of these."""

    def __init__(self, random: Random, spoiler: Spoiler) -> None:
        self._random = random
        self._spoiler = spoiler
        self._chance = random.choice((0.0, 0.05, 0.2, 0.5))
        self._left = 4

    def opening(self) -> None:
        """QuickBooks does not open the company. Raises QuickBooksError."""
        if self._strikes():
            raise self._failure("opening")

    def introduction(self, said: str) -> str:
        """What QuickBooks says of itself at the begin of a session."""
        if not self._strikes():
            return said
        way = self._random.choice(sorted(MUTATIONS))
        self._spoiler.done.append(f"{way} of the introduction")
        return MUTATIONS[way](said, self._random)

    def answer(self, answer: str, request: str) -> str:
        """QuickBooks did what it was asked for and says that it did not. Raises QuickBooksError.

        Or its answer is spoiled, or neither.
        """
        if self._strikes():
            raise self._failure("answer")
        return self._spoiler(answer, request)

    def call_by_hand(self, rig: Rig, kind: ApplicationKind) -> None:
        """A Web Connector that makes calls in an order of its own, with odd words in them."""
        if not self._strikes():
            return
        hand = rig.by_hand(kind=kind)
        if self._random.random() < 0.7:
            hand.log_in()
        else:
            hand.ticket = self._random.choice(_TICKETS)
        for _ in range(4):
            call = self._random.choice(("ask", "tell", "connection_error", "why", "close"))
            self._spoiler.done.append(f"{call} by hand")
            try:
                self._call(hand, call)
            except WebConnectorError as error:
                raise Wrong(f"{call} is answered with a fault: {error}") from error
        rig.later(hours=2)

    def _call(self, hand: ByHand, call: str) -> None:
        match call:
            case "ask":
                said = hand.quickbooks.host_company_preferences()
                version = (self._random.choice((0, 13, 99, -1)), self._random.choice((0, -7)))
                hand.call.send_request_xml(
                    hand.ticket, said, self._words(_STRANGERS), "XX", version
                )
            case "tell":
                percent = hand.tell(
                    self._words(_STRANGERS), self._hresult(), self._words(_STRANGERS)
                )
                must(-1 <= percent <= 100, f"a percent of {percent}")
            case "connection_error":
                check_words(
                    hand.call.connection_error(
                        hand.ticket, self._hresult(), self._words(_STRANGERS)
                    )
                )
            case _:
                words = hand.why() if call == "why" else hand.close()
                must(bool(words.strip()), f"{call} is answered without a word")
                check_words(words)

    def _strikes(self) -> bool:
        strikes = self._left > 0 and self._random.random() < self._chance
        self._left -= strikes
        return strikes

    def _failure(self, where: str) -> QuickBooksError:
        hresult, words = self._hresult(), self._words()
        self._spoiler.done.append(f"{where} fails: {hresult[:20]!r} {words[:20]!r}")
        return QuickBooksError(hresult, words)

    def _hresult(self) -> str:
        return self._random.choice((*_HRESULTS, *ODD_TEXTS))

    def _words(self, most: int = 100_000) -> str:
        return self._random.choice((*_WORDS, *ODD_TEXTS, *ODD_CHARACTERS))[:most]

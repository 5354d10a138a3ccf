"""Protocols that do not hold: those that come to mind first, and ours with one rule broken."""

from __future__ import annotations

from daemon.stages.payments.protocol import (
    Event,
    FoundNone,
    FoundUnclear,
    NotRemembered,
    OpenSet,
    Outcome,
    Phase,
    SentAgain,
    SessionBegan,
    Settled,
    Step,
    Unanswered,
)
from shared.structs import replace
from tests.payments_model.poster import Rules


class _Resends(Rules):
    """Resends whenever it is in doubt."""

    def wanted(self, open_set: OpenSet, now: int) -> Step:
        step = super().wanted(open_set, now)
        return Step.SEND_AGAIN if step is Step.CHECK else step

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, SentAgain):
            open_set = replace(open_set, phase=Phase.AGAIN)
        return super().after(open_set, event)


class ResendUntilAnswered(_Resends):
    """Every attempt is a new message set."""

    fresh_ids = True


class SameIdAndBytes(_Resends):
    """Intuit's own flow: QuickBooks' record is trusted to know a copy."""


class RepeatsTheBytes(Rules):
    """A write that is asked for twice goes out twice, as a question may."""

    repeats = True


class NeverResend(Rules):
    """What was sent counts as done."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, Unanswered | SessionBegan):
            return Settled(Outcome.POSTED)
        return super().after(open_set, event)


class QueryThenFreshId(Rules):
    """Looks for the payment and, if it is not there, sends it under a new id at once."""

    fresh_ids = True

    def wanted(self, open_set: OpenSet, now: int) -> Step:
        step = super().wanted(open_set, now)
        return Step.FIND if step is Step.CHECK else step

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if open_set.phase is Phase.CHECK and not isinstance(event, SessionBegan):
            open_set = replace(open_set, phase=Phase.LAST_FIND)
        return super().after(open_set, event)


class ResendNotDoubtful(Rules):
    """Check, query, resend, as first written: what was found once is not asked again."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if open_set.sends > 1 and isinstance(event, Unanswered | SessionBegan):
            return replace(open_set, phase=Phase.AGAIN)
        return super().after(open_set, event)


class ClearsTheDoubted(Rules):
    """QuickBooks is told to forget sets of which a copy may still run."""

    def may_be_cleared(self, closed: OpenSet) -> bool:
        return True


class SkipsTheWindow(Rules):
    """Sends again as soon as the payment is not found."""

    def copies_left(self, open_set: OpenSet, now: int) -> bool:
        return False


class LooksOnlyBefore(Rules):
    """Waits for the window, but believes what it saw before that."""

    def wanted(self, open_set: OpenSet, now: int) -> Step:
        step = super().wanted(open_set, now)
        return Step.SEND_AGAIN if step is Step.CHECK and open_set.phase is Phase.HOLD else step

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, SentAgain):
            open_set = replace(open_set, phase=Phase.AGAIN)
        return super().after(open_set, event)


class CountsFromTheFirstSend(Rules):
    """The window is over once and for all, however often the bytes went out since."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        after = super().after(open_set, event)
        if isinstance(event, SentAgain) and isinstance(after, OpenSet):
            return replace(after, last_sent_at=open_set.last_sent_at)
        return after


class VouchesForEver(Rules):
    """What an operator said of earlier copies is taken to hold for later ones too."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        after = super().after(open_set, event)
        if isinstance(after, OpenSet):
            return replace(after, settle_now=open_set.settle_now)
        return after


class TakesUnclearForNone(Rules):
    """A payment that was changed or deleted in QuickBooks is taken for one that never ran."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, FoundUnclear) and open_set.phase in (Phase.FIND, Phase.LAST_FIND):
            event = FoundNone()
        return super().after(open_set, event)


class ForgetsThatItRan(Rules):
    """Sends again what QuickBooks says it did."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, FoundNone):
            open_set = replace(open_set, ran=False)
        return super().after(open_set, event)


class SessionsDoNotCount(Rules):
    """A new session changes nothing."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        return open_set if isinstance(event, SessionBegan) else super().after(open_set, event)


class ErrorsAreRefusals(Rules):
    """An answer that cannot be relied on is taken for a no."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, Unanswered):
            return Settled(Outcome.NOT_RUN)
        return super().after(open_set, event)


class UnknownMeansNotRun(Rules):
    """What QuickBooks does not remember is planned anew, under a new id."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        if isinstance(event, NotRemembered):
            return Settled(Outcome.NOT_RUN)
        return super().after(open_set, event)


class OneCopySpeaksForAll(Rules):
    """A resend that was turned away settles the earlier copies too."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        after = super().after(open_set, event)
        if isinstance(event, Unanswered) and isinstance(after, OpenSet):
            return replace(after, turned_away=event.turned_away)
        return after


class NeverGivesUp(Rules):
    """Sends again for ever what QuickBooks will never take."""

    def wanted(self, open_set: OpenSet, now: int) -> Step:
        step = super().wanted(open_set, now)
        return Step.SEND_AGAIN if step is Step.GIVE_UP else step


class AsksNobody(Rules):
    """Sends again for ever what QuickBooks never answers."""

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        after = super().after(open_set, event)
        gives_up = isinstance(event, FoundNone) and after == Settled(Outcome.PARKED)
        return replace(open_set, phase=Phase.AGAIN) if gives_up and not open_set.ran else after

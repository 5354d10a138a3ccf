"""The same world, moved by Hypothesis: it shrinks a failure to the few calls that it takes."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.payments_model.naive import ResendUntilAnswered, UnknownMeansNotRun
from tests.payments_model.poster import WINDOW, Item, Rules
from tests.payments_model.quickbooks import WELL, Fate, Habits, Violation, Wrong
from tests.payments_model.world import Fault, World

SECONDS = st.sampled_from((1, 5, 40, 400, WINDOW - 1, WINDOW, WINDOW + 1, 2500))
LATER = st.sampled_from((WELL, Fate(keeps=""), Fate(keeps="id"), Fate(locked=True)))
HABITS = st.builds(
    Habits,
    st.sampled_from(("all", "one")),
    st.sampled_from(("answer", "status", "recovery")),
    st.sampled_from(("runs", "refused")),
)
# Most payments are right.
ITEMS = st.lists(st.sampled_from((*[Wrong.NOTHING] * 6, *Wrong)), min_size=1, max_size=3)
WHICH = st.integers(0, 2)


class Posting(RuleBasedStateMachine):
    """A Web Connector, a line, QuickBooks and people, in any order; at the end all is quiet."""

    protocol = Rules()

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(habits=HABITS, wrongs=ITEMS)
    def opens(self, habits, wrongs):
        items = [Item(tag, 100 + tag, wrong) for tag, wrong in enumerate(wrongs, 1)]
        self.world = World(habits, items, self.protocol)
        self.world.begin()

    @rule(seconds=SECONDS)
    def time_passes(self, seconds):
        self.world.advance(seconds)

    @rule()
    def another_session_begins(self):
        self.world.begin()

    @rule(fault=st.sampled_from(Fault), delay=st.integers(1, WINDOW - 1), later=LATER)
    def a_request_is_asked_for(self, fault, delay, later):
        self.world.call(fault, delay, later)

    @rule()
    def a_request_goes_well(self):
        self.world.call(Fault.NONE)

    @rule()
    def an_answer_that_was_held_up_comes_in(self):
        self.world.deliver_stale()

    @rule()
    def changed_payments_are_read(self):
        self.world.read()

    @rule(which=WHICH, traced=st.booleans())
    def a_person_deletes_a_payment(self, which, traced):
        self.world.delete(which, traced)

    @rule(which=WHICH)
    def a_person_changes_a_payment(self, which):
        self.world.change(which)

    @rule()
    def the_operator_vouches_for_the_pcs(self):
        self.world.settle_now()

    @rule(which=WHICH)
    def the_operator_retries_a_payment(self, which):
        items = self.world.poster.items
        self.world.poster.retry(items[which % len(items)])

    @rule(which=WHICH)
    def the_operator_skips_a_payment(self, which):
        items = self.world.poster.items
        self.world.poster.skip(items[which % len(items)])

    def teardown(self):
        if self.world is not None:
            self.world.quiet()


def searching(examples: int, *phases: Phase) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=30,
        derandomize=True,
        deadline=None,
        database=None,
        phases=phases or tuple(Phase),
    )


def test_hypothesis_finds_no_hole_in_the_protocol():
    run_state_machine_as_test(Posting, settings=searching(300))


@pytest.mark.parametrize("naive", [ResendUntilAnswered, UnknownMeansNotRun])
def test_hypothesis_finds_the_hole_in_a_naive_protocol(naive):
    class Broken(Posting):
        protocol = naive()

    with pytest.raises(Violation):
        run_state_machine_as_test(Broken, settings=searching(400, Phase.generate))

"""The daemon is killed, or the PC is switched off, at every point of a sync that posts payments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.webconnector import Boundary, WebConnectorDied
from tests.whole.payments.builders import WINDOW, payment, pays, posted_once, receive, settles
from tests.whole.rig import Rig

FOUR = ("pay_1", "pay_2", "pay_3", "pay_4")
POINTS = (
    *("after authenticate", "after sendRequestXML", "before receiveResponseXML"),
    *("after receiveResponseXML", "before closeConnection"),
)
"""Between other calls nothing happens, neither here nor in QuickBooks."""


@pytest.fixture
def owing(rig: Rig) -> Rig:
    """A rig in which four payments are ready; the second and third are looked at together."""
    receive(
        rig,
        payment("pay_1"),
        payment("pay_2", pays={"1042": "30.00", "1043": "20.00"}),
        payment("pay_3", pays={"1044": "80.00"}),
        payment("pay_4", pays={"1043": "10.00"}),
    )
    return rig


def boundaries(rig: Rig) -> list[str]:
    """All points of a sync between two calls that do anything."""
    seen: list[str] = []

    def see(boundary: Boundary) -> None:
        if f"{boundary.moment} {boundary.call}" in POINTS:
            seen.append(str(boundary))

    settles(rig, on_boundary=see)
    posted_once(rig, *FOUR)
    return seen


def at(point: str, act: Callable[[], None]) -> Callable[[Boundary], None]:
    def reached(boundary: Boundary) -> None:
        if str(boundary) == point:
            act()

    return reached


def switch_off() -> None:
    raise WebConnectorDied("the PC was switched off")


def test_the_daemon_may_be_killed_between_any_two_calls(open_till, owing):
    points = boundaries(open_till(like=owing))
    assert len(points) > 30
    for point in points:
        rig = open_till(like=owing)
        outcome = pays(rig, on_boundary=at(point, rig.restart))
        assert outcome.ok, (point, outcome.status)
        posted_once(rig, *FOUR)


def test_the_daemon_may_be_killed_between_all_calls(owing):
    settles(owing, on_boundary=lambda _boundary: owing.restart())
    posted_once(owing, *FOUR)


def test_the_pc_may_be_switched_off_between_any_two_calls(open_till, owing):
    for point in boundaries(open_till(like=owing)):
        rig = open_till(like=owing)
        pays(rig, on_boundary=at(point, switch_off))
        rig.later(**WINDOW)
        posted_once(settles(rig), *FOUR)


def test_the_pc_may_be_switched_off_and_the_daemon_killed_again_and_again(owing):
    """Each sync comes a little further than the one before."""

    def both() -> None:
        owing.restart()
        switch_off()

    for turn in range(1, 16):
        call = ("sendRequestXML", "receiveResponseXML")[turn % 2]
        pays(owing, on_boundary=at(f"after {call} {turn // 2 + 1}", both))
        owing.later(**WINDOW)
    posted_once(settles(owing), *FOUR)

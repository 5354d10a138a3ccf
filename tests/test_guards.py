"""The guards of conftest are themselves tested: a guard that never bites guards nothing."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

# What the guards should say of each of these, in the order in which they run.
SUITE = """
    import pytest
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred, fail
    from twisted.internet.task import deferLater
    from twisted.logger import Logger

    def divide_by_zero_and_log():
        try:
            1 / 0
        except ZeroDivisionError:
            Logger("test").failure("odd")

    async def test_awaits_a_deferred():
        assert await deferLater(reactor, 0, int) == 0

    async def test_asserts_what_is_wrong():
        assert await deferLater(reactor, 0, int) == 1

    @pytest.mark.deadline(0.05)
    async def test_hangs():
        await Deferred()

    async def test_leaves_a_delayed_call():
        reactor.callLater(60, print)

    async def test_loses_an_error():
        fail(ValueError("lost"))

    def test_logs_a_failure():
        divide_by_zero_and_log()

    def test_looks_at_the_failure_it_provoked(logged_failures):
        divide_by_zero_and_log()
        assert logged_failures.pop().check(ZeroDivisionError)

    async def test_is_not_troubled_by_those_before():
        await deferLater(reactor, 0)
"""


def test_the_guards_tell_good_tests_from_bad_ones(
    pytester: pytest.Pytester, pytestconfig: pytest.Config
):
    pytester.makeconftest("from tests.conftest import *\n")
    pytester.makepyfile(SUITE)
    pytester.makeini(f"[pytest]\npythonpath = {pytestconfig.rootpath}\n")
    result = pytester.runpytest_subprocess("-rA", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines_random(
        [
            "PASSED *::test_awaits_a_deferred",
            "FAILED *::test_asserts_what_is_wrong*",
            "FAILED *::test_hangs*",
            "FAILED *::test_leaves_a_delayed_call*",
            "ERROR *::test_loses_an_error*",
            "ERROR *::test_logs_a_failure*",
            "PASSED *::test_looks_at_the_failure_it_provoked",
            "PASSED *::test_is_not_troubled_by_those_before",
            "*the test did not end within 0.05 s",
            "*the test left delayed calls behind*",
        ]
    )
    # A logged failure is found after the test itself passed, so those two count twice.
    result.assert_outcomes(passed=5, failed=3, errors=2)

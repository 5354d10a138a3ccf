"""One key means one thing, wherever it is pressed."""

from __future__ import annotations

from collections.abc import Mapping

from console.tui.keys import own_bindings
from console.tui.main_screens import MAIN_SCREENS
from tests.console.tui.screens.bound import bound_classes

TABLE: Mapping[str, tuple[str, set[str]]] = {
    **{main.key: (f"go to {main.title}", {"go"}) for main in MAIN_SCREENS},
    "t": ("Troubleshooting, of what is under the cursor", {"go", "hint", "catalog"}),
    "b": ("the page or the match before", {"page_before", "again"}),
    "d": ("say how it was settled", {"settle", "resolve"}),
    "f": (
        "show the next kind, state or order",
        {"kind", "state", "states", "failed_only", "order"},
    ),
    "g": ("generate files", {"generate"}),
    "j": ("down", {"move", "scroll_down", "next_choice"}),
    "k": ("up", {"move", "scroll_up", "previous_choice"}),
    "l": ("the calls of a sync", {"calls"}),
    "n": ("the next page or match, or more", {"next_page", "again", "more"}),
    "o": ("OK as it is: acknowledge, allow", {"acknowledge", "allow", "go_live"}),
    "q": ("quit, or close", {"quit", "close", "stay"}),
    "r": ("try, check or read again", {"retry", "check", "network", "reread"}),
    "s": ("skip", {"skip"}),
    "u": ("undo: a skip, a match, a lock", {"unskip", "unmap", "unlock"}),
    "w": ("match names", {"who", "mapped", "match"}),
    "x": ("end it: stop, withdraw, remove", {"stop", "withdraw", "remove", "pause"}),
    "z": ("a support bundle as a zip", {"bundle", "save"}),
    "plus": (
        "add: a company, a file of payments …",
        {"set_up", "take_file", "take", "add", "connect"},
    ),
    "comma": ("settings", {"settings"}),
    "C": ("copy", {"copy"}),
    "G": ("generate a password alone", {"rotate"}),
    "P": ("the problems of this company", {"problems"}),
    "R": ("try all like this again", {"retry_kind", "retry_alike"}),
    "L": ("look what would be sent", {"dry_run"}),
    "M": ("send a test message", {"test"}),
    "colon": ("jump to anything", {"jump"}),
    "full_stop": ("only this company", {"company"}),
}
"""Every letter and sign, what it means, and the actions that are that."""

HARMLESS_CAPITALS = {"A", "B", "C", "I", "L", "M", "T", "W", "O"}
"""They open a screen, copy or try out; any other does more of what its small letter does."""
MORE_OF = {"R": "r", "G": "g", "P": "p"}


def pressed() -> set[tuple[str, str]]:
    """Every letter and sign that is bound, with its action."""
    bound = [one for cls in bound_classes() for one in own_bindings(cls)]
    found = {(one.key, one.action.partition("(")[0]) for one in bound}
    signs = {"plus", "comma", "full_stop", "colon", "minus"}
    return {(key, action) for key, action in found if key in signs or (len(key) == 1 and key > "9")}


def test_every_letter_means_one_thing_everywhere():
    strange = {(key, action) for key, action in pressed() if action not in TABLE[key][1]}
    assert strange == set()


def test_a_capital_is_more_of_its_small_letter_or_changes_nothing():
    capitals = {key for key, _ in pressed() if len(key) == 1 and key.isupper()}
    assert capitals <= HARMLESS_CAPITALS | set(MORE_OF)
    assert {small for _, small in MORE_OF.items()} <= set(TABLE)


def test_the_table_has_no_key_that_nobody_binds():
    keys = {key for key, _ in pressed()}
    assert set(TABLE) <= keys

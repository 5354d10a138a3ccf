"""Keys: how one is bound, how it is written, and which role its action takes."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from shared.rules.operators import Role


def bindings(*keys: Binding) -> list[BindingType]:
    """The keys of a class, as Textual takes them."""
    return [*keys]


def bind(
    keys: str,
    action: str,
    name: str,
    told: str,
    *,
    show: bool = True,
    key_display: str | None = None,
    priority: bool = False,
) -> Binding:
    """A key, or several separated by commas, with what it is called and what help says of it."""
    return Binding(keys, action, name, show, key_display, priority, told)


def hide(keys: str, action: str, name: str, told: str) -> Binding:
    """A key that only help tells: the last line has no room for it."""
    return bind(keys, action, name, told, show=False)


def troubleshooting(about: str, *, show: bool = True) -> Binding:
    """The key that opens the troubleshooting entry ``about`` what is under the cursor."""
    return bind("t", "hint", "Troubleshooting", f"Everything known about {about}.", show=show)


def key_shown(key: str, display: str | None = None) -> str:
    """A key as people write it: ``Enter``, ``?``, ``Ctrl+P``, ``R``."""
    if display:
        return display
    if key in _NAMES:
        return _NAMES[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{key.removeprefix('ctrl+').upper()}"
    return key if len(key) == 1 else key.capitalize()


_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "comma": ",",
    "full_stop": ".",
    "colon": ":",
    "pagedown": "PageDown",
    "pageup": "PageUp",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "shift+tab": "Shift+Tab",
    "f1": "F1",
}

ROLES: Mapping[str, Role] = {
    **dict.fromkeys(
        (
            *("acknowledge", "allow", "retry", "retry_alike", "retry_kind", "resolve", "settle"),
            *("skip", "stop", "take", "take_file", "unlock", "unmap", "unskip", "withdraw"),
            *("dry_run", "go_live", "match", "pause"),
        ),
        Role.RUN,
    ),
    **dict.fromkeys(
        (
            *("add_deposit", "generate", "remove", "renew_ids", "rotate", "set_method"),
            *("add", "connect", "set_up", "test", "unbind"),
        ),
        Role.MANAGE,
    ),
}
"""By the name of the action; one that is not here only looks.

What the role of the operator does not include is dimmed. The key still answers: it says why not, in
the words of the decision (``deciding.allowed``).
"""

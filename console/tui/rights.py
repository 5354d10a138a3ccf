"""Which role each key takes that decides something; what the role does not include is dimmed.

The key still answers: it says why not, in the words of the decision (``deciding.allowed``).
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.rules.operators import Role

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
"""By the name of the action; one that is not here only looks."""

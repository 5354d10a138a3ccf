"""Tokens of programs: made, shown once, listed, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models import connections, tokens
from shared.models.store import Store
from shared.operations.deciding import Operator, Outcome, PlanForAll
from shared.rules.operators import Role
from shared.rules.tokens import PREFIX, Access, Token, digest

LONGEST_LABEL = 60
MOST_DAYS = 3650


def view_all(_store: Store) -> list[Token]:
    """Every token, the newest first."""
    return tokens.all_tokens()


class Made(Outcome, kw_only=True):
    """A new token. ``token`` is the secret, which is shown this once and kept nowhere."""

    HIDDEN: ClassVar = ("token",)

    id: Annotated[int, "number of the token"]
    token: Annotated[str, "the secret: it is shown only once"]


class AddPlan(PlanForAll[Made], kw_only=True):
    """A token to be made; no ``connections``: for all, also those that are added later."""

    role = Role.MANAGE
    label: str
    connections: tuple[str, ...]
    access: Access
    days: int | None

    def again(self, store: Store) -> AddPlan:
        return plan_add(store, self.label, self.connections, self.access, self.days)

    def apply(self, by: Operator) -> Made:
        """Make it, and keep the digest of its secret."""
        secret = PREFIX + secrets.token_urlsafe(32)
        made = tokens.add(
            self.label,
            digest(secret),
            self.access,
            [connections.get(name).id for name in self.connections] or None,
            expires_at=by.now + timedelta(days=self.days) if self.days else None,
            who=by.who,
            now=by.now,
        )
        told = f"{self.label}: {self.access.value}, {_which(self.connections)}"
        by.note("token.add", "", f"token {made.id}, {told}")
        sentence = f"Token {made.id} ({told}) is ready. Save its secret now: it is not shown again."
        return Made(sentence, id=made.id, token=secret)


def plan_add(
    _store: Store,
    label: str,
    names: Sequence[str],
    access: Access = Access.READ,
    days: int | None = None,
) -> AddPlan:
    """What making a token would do. Raises NotFound for a connection, CannotBeMeant."""
    label = _checked(label)
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise CannotBeMeant(f"A token works for 1 to {MOST_DAYS} days.", "Write --expires 90.")
    meant = tuple(dict.fromkeys(connections.get(name).name for name in names))
    until = f"for {days} days" if days else "until it is revoked"
    may = "read and change" if access is Access.WRITE else "read"
    return AddPlan(
        title=f"Create a token for {label}?",
        verb="Create token",
        told=(f"Anyone who has it may {may} {_which(meant)}, {until}.",),
        label=label,
        connections=meant,
        access=access,
        days=days,
    )


def _checked(label: str) -> str:
    label = " ".join(label.split())
    if not label or not label.isprintable() or len(label) > LONGEST_LABEL:
        raise CannotBeMeant(
            f"A label needs 1 to {LONGEST_LABEL} printable characters.",
            "Name the program that the token is for, such as: billing",
        )
    if any(one.label.casefold() == label.casefold() for one in _good()):
        raise NotPossible(
            f"A token with the label {label!r} already exists.",
            "Choose another label, or revoke that token first.",
        )
    return label


def _good() -> list[Token]:
    return [one for one in tokens.all_tokens() if one.revoked_at is None]


def _which(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "all connections"


class RevokePlan(PlanForAll[Outcome], kw_only=True):
    """A token that is to let nobody in any more."""

    NOT_COMPARED: ClassVar = ("token",)

    role = Role.MANAGE
    token: Token
    token_id: int

    def again(self, store: Store) -> RevokePlan:
        return plan_revoke(store, str(self.token_id))

    def apply(self, by: Operator) -> Outcome:
        """Revoke it: from now on it is refused."""
        tokens.revoke(self.token, by.now)
        by.note("token.revoke", "", f"token {self.token.id}, {self.token.label}")
        return Outcome(
            f"Token {self.token.id} ({self.token.label}) is revoked and no longer works."
        )


def plan_revoke(_store: Store, which: str) -> RevokePlan:
    """What revoking a token, by its number or label, would do. Raises NotFound."""
    found = [one for one in _good() if which in (str(one.id), one.label)]
    if not found:
        raise NotFound("token", which)
    token = found[0]
    return RevokePlan(
        title=f"Revoke token {token.id} ({token.label})?",
        verb="Revoke",
        told=("The program that uses it is refused from now on. This cannot be undone.",),
        token=token,
        token_id=token.id,
    )

"""The columns of a table, each beside what it shows of a record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias, TypeVar

from shared.operations.describe.tables import Column
from shared.operations.describe.text import grouped

T = TypeVar("T")
Cell = TypeVar("Cell")
Field: TypeAlias = tuple[Column, Callable[[T], Cell]]


def field(
    title: str,
    cell: Callable[[T], Cell],
    *,
    right: bool = False,
    least: int = 0,
    drop: int = 0,
    fair: int = 0,
    paint: Callable[[str], str] = str,
) -> Field[T, Cell]:
    """A column with what it shows of a record; ``Column`` says what the others mean."""
    return Column(title, right, least, drop, fair, paint=paint), cell


def number(title: str, figure: Callable[[T], int], *, drop: int = 0) -> Field[T, str]:
    """A column of whole numbers."""
    return field(title, lambda one: f"{figure(one):,}", right=True, drop=drop)


def money(title: str, amount: Callable[[T], Decimal], *, drop: int = 0) -> Field[T, str]:
    """A column of amounts."""
    return field(title, lambda one: grouped(amount(one)), right=True, drop=drop)

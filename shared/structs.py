"""Values: frozen records of named fields, equal by content.

They are msgspec's structs, of which a class is made, a value built and a value changed in a
fraction of what dataclasses take (docs/benchmarks.md); ``dict=True`` on a class admits
``cached_property``, ``kw_only=True`` concerns the fields of that class alone.

    class Login(Value):
        HIDDEN: ClassVar = ("password",)
        user: str
        password: str
        attempts: int = 0

    again = replace(login, attempts=1)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from shared.imports import without

with without("typing_extensions"):  # 3 ms for what Python has had since 3.11
    from msgspec import NODEFAULT, Raw, Struct, convert, field, to_builtins
from msgspec.json import decode, encode
from msgspec.structs import asdict, force_setattr

if TYPE_CHECKING:  # of which mypy knows the fields
    from dataclasses import replace  # noqa: TID251
else:
    from msgspec.structs import replace

__all__ = [
    "NODEFAULT",
    "PartlyCompared",
    "Raw",
    "Struct",
    "Value",
    "asdict",
    "convert",
    "decode",
    "defaults",
    "encode",
    "field",
    "field_names",
    "force_setattr",
    "replace",
    "to_builtins",
]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value(Struct, frozen=True):
    """A frozen record; what the fields named in ``HIDDEN`` hold is in no repr."""

    HIDDEN: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={held!r}" for name, held in self.__rich_repr__())
        return f"{type(self).__qualname__}({shown})"

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        return (
            (name, getattr(self, name))
            for name in self.__struct_fields__
            if name not in self.HIDDEN
        )


class PartlyCompared(Value):
    """A value that equals another whatever the fields named in ``NOT_COMPARED`` hold."""

    NOT_COMPARED: ClassVar[tuple[str, ...]] = ()

    def _compared(self) -> tuple[Any, ...]:
        left_out = self.NOT_COMPARED
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name not in left_out)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())


def field_names(kind: type[Value]) -> tuple[str, ...]:
    """The names of its fields."""
    return kind.__struct_fields__


def defaults(kind: type[Value]) -> dict[str, Any]:
    """What its fields hold that are not given; fields that must be given are left out."""
    usual = kind.__struct_defaults__
    given = zip(kind.__struct_fields__[-len(usual) :], usual, strict=True) if usual else ()
    return {name: default for name, default in given if default is not NODEFAULT}

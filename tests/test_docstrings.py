"""Every public method says what it does, but for one that overrides a method of its class's bases.

ruff's D102 cannot tell an override: it would have each repeat its name in a sentence.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest


def modules(package: str) -> Iterator[Any]:
    found = importlib.import_module(package)
    for one in pkgutil.walk_packages(found.__path__, f"{package}."):
        if "migrations" not in one.name and not one.name.endswith("__main__"):
            yield importlib.import_module(one.name)


def classes(package: str) -> Iterator[type]:
    for module in modules(package):
        for held in vars(module).values():
            if inspect.isclass(held) and held.__module__ == module.__name__:
                yield held


def function(member: Any) -> Any:
    """What a method or a property was written as; None for what is neither."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    written = getattr(member, "__func__", member)
    return written if inspect.isfunction(written) else None


def untold(cls: type) -> Iterator[str]:
    """The public methods without a docstring that no base has."""
    for name, member in vars(cls).items():
        written = function(member)
        if written is None or name.startswith("_") or written.__module__ != cls.__module__:
            continue
        if not written.__doc__ and not any(hasattr(base, name) for base in cls.__bases__):
            yield f"{cls.__module__}.{cls.__qualname__}.{name}"


class Told:
    def act(self): ...

    def _hidden(self): ...


class Override(Told):
    def act(self): ...

    def other(self): ...


def test_an_override_needs_no_docstring_and_everything_else_does():
    assert list(untold(Told)) == [f"{__name__}.Told.act"]
    assert list(untold(Override)) == [f"{__name__}.Override.other"]


@pytest.mark.parametrize("package", ["daemon", "console", "shared", "simulator"])
def test_every_public_method_says_what_it_does(package):
    public = [cls for cls in classes(package) if not cls.__name__.startswith("_")]
    assert public
    assert [name for cls in public for name in untold(cls)] == []

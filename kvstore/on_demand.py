"""Packages whose public names are imported when they are first asked for: a program loads what it uses."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def homes_of(stub: str) -> dict[str, str]:
    """The module of each public name: a stub has a line ``from MODULE import NAME as NAME`` for each."""
    with open(stub, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes as long as all of the rest
        lines = [line.split() for line in file]
    return {line[3]: line[1] for line in lines if line[:1] == ["from"]}


def names_of(package: str, file: str) -> tuple[Callable[[str], Any], list[str]]:
    """The ``__getattr__`` and ``__all__`` of a package; ``file`` is its ``__init__.py``, beside its stub.

    No name may be that of a module in the package: once imported, the module would take its place.
    """
    homes = homes_of(file + "i")

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, list(homes)

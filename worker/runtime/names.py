"""The names of a Worker's modules: its code has them as the Worker's author wrote them.

In ``sys.modules`` a Worker's module ``todos.models`` is ``hub#1.todos.models``. Its ``__name__``, and so
the ``__module__`` of its classes, is ``todos.models`` all the same, in a text that finds the right module:
several Workers may have one of that name.
"""

import sys
from collections.abc import Iterator, MutableMapping
from types import ModuleType
from typing import Any

from worker.runtime.callers import OURS


class ModuleName(str):
    """The plain name of the module that is ``whole`` in ``sys.modules``, which finds it under either."""

    whole: str

    def __new__(cls, whole: str) -> "ModuleName":
        """``whole`` begins with the name of a Worker's package."""
        made = super().__new__(cls, whole.partition(".")[2])
        made.whole = whole
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


class Key(ModuleName):
    """A second key of a Worker's module in ``sys.modules``, equal to its `ModuleName` and no other text."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModuleName) and other.whole == self.whole


def give_name(module: ModuleType, whole: str) -> None:
    """Let ``module`` have its plain name, unless that is another's: Python's, ours, or one that is there."""
    name = ModuleName(whole)
    top = name.partition(".")[0]
    if top not in sys.stdlib_module_names and top not in OURS and str(name) not in sys.modules:
        vars(module)["__name__"] = name
    sys.modules[Key(whole)] = module


def take_name(whole: str) -> None:
    """Forget a module's plain name."""
    sys.modules.pop(Key(whole), None)


class Modules(MutableMapping[str, ModuleType]):
    """``sys.modules`` for the code of one Worker, with its own modules by their plain names.

    ``root`` is the Worker's package.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def __getitem__(self, name: str) -> ModuleType:
        return sys.modules[self._key(name)]

    def __setitem__(self, name: str, module: ModuleType) -> None:
        key = self._key(name)
        sys.modules[key] = module
        if key.startswith(f"{self._root}."):
            sys.modules[Key(key)] = module

    def __delitem__(self, name: str) -> None:
        key = self._key(name)
        del sys.modules[key]
        take_name(key)

    def __iter__(self) -> Iterator[str]:
        own = {one.whole for one in list(sys.modules) if isinstance(one, Key)}
        for name in list(sys.modules):
            if isinstance(name, Key):
                if name.whole.startswith(f"{self._root}."):
                    yield str(name)
            elif name not in own and self._key(name) == name:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copy(self) -> dict[str, ModuleType]:
        """A dictionary of what is there now."""
        return dict(self)

    def _key(self, name: str) -> str:
        if isinstance(name, ModuleName):
            return name.whole
        if not isinstance(name, str):  # such as the __module__ of a method of C's, which is None
            return name
        own = f"{self._root}.{name}"
        return own if f"{self._root}.{name.partition('.')[0]}" in sys.modules else name

"""A Worker's modules, in a space of their own.

A loaded Worker is a package in ``sys.modules``: its module ``taskqueue.keys`` is ``hub#1.taskqueue.keys``
there. So several Workers live side by side whatever their modules are called, and whoever looks a module up
by its name (dataclasses, typing, pickle, Pydantic) finds the one that is meant. What a Worker's code imports
is looked for by an ``__import__`` of its own: first among its own files, then as on the platform in the SDK,
the standard library and its packages.
"""

import builtins
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from worker.runtime.callers import OURS, SPACE
from worker.runtime.escapes import call_in_this_thread
from worker.runtime.packages import Packages, has_extensions
from worker.runtime.standins import STANDINS, Standins
from worker.sdk.surroundings import PLATFORM, surroundings

_MARK: Final = "#"  # no identifier has it: nobody else's module is called like that
_SDK: Final = frozenset({"asgi", "js", "pyodide", "workers"})
_import: Final = builtins.__import__


class Space:
    """The modules of one Worker: those of ``folder``, its entry file's, and those of ``packages``.

    ``texts`` are read in the place of what is in files, by their absolute paths.
    """

    def __init__(self, name: str, folder: Path, packages: Packages, texts: Mapping[Path, str]) -> None:
        self.folder = folder
        self.packages = packages
        self.texts = {str(path): text for path, text in texts.items()}
        self.root = _free(name)
        self.builtins = {**vars(builtins), "__import__": self.import_, "open": self.open, SPACE: self}
        self.builtins[PLATFORM] = surroundings().platform
        self._places: dict[str, list[str] | None] = {}
        self._standins = Standins(self.full, self.plain, self.import_module, packages.folders)
        package = ModuleType(self.root, f"The modules of the Worker in {folder}.")
        vars(package).update({"__path__": [], SPACE: self})
        sys.modules[self.root] = package
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)

    def execute(self, entry: Path) -> ModuleType:
        """Run the entry file; its module."""
        name = f"{self.root}.{entry.stem.replace('.', '_')}"
        spec = importlib.util.spec_from_file_location(name, entry, loader=_Loader(name, str(entry)))
        assert spec is not None, "a loader was given"
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        _Loader(name, str(entry)).exec_module(module)
        return module

    def forget(self) -> None:
        """Take the modules out of ``sys.modules``: nobody will ask the Worker any more."""
        for name in [one for one in sys.modules if one == self.root or one.startswith(f"{self.root}.")]:
            del sys.modules[name]

    def remedy(self, name: str) -> str | None:
        """What to do about a module ``name`` that was not found; None where that is plain."""
        top = name.partition(".")[0]
        is_package = name == top and top not in sys.stdlib_module_names
        return self.packages.remedy(top) if is_package else None

    def has(self, filename: str) -> bool:
        """Whether a file is the Worker's own, and none of its packages."""
        path = Path(filename)
        return path.is_relative_to(self.folder) and not any(
            path.is_relative_to(one) for one in self.packages.folders
        )

    def plain(self, text: str) -> str:
        """``text`` with the names of modules as the Worker's code has them."""
        return text.replace(f"{self.root}.", "")

    def open(self, file: Any, *arguments: Any, **options: Any) -> Any:
        """What ``open`` does: a relative path is looked for beside the entry file first, as there."""
        if isinstance(file, str | Path) and (beside := self.folder / file).exists():
            file = beside
        return builtins.open(file, *arguments, **options)  # noqa: PTH123

    def import_(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What ``__import__`` does, for the code of this Worker."""
        if level:
            self._check_relative((globals or {}).get("__package__") or "", level)
            return self._imported(name, globals, fromlist, level)
        top = name.partition(".")[0]
        if top == self.root or self.place(top) is None:
            found = _import(name, globals, locals, fromlist or (), 0)
            return self._standins.instead_of(found) if top in STANDINS else found
        module = self._imported(f"{self.root}.{name}", globals, fromlist, 0)
        return module if fromlist else sys.modules[f"{self.root}.{top}"]

    def import_module(self, name: str, package: str | None = None) -> ModuleType:
        """What `importlib.import_module` does, for the code of this Worker."""
        if name.startswith("."):
            package = self.full(package or "")
            self._check_relative(package, len(name) - len(name.lstrip(".")))
            return importlib.import_module(name, package)
        return importlib.import_module(self.full(name))

    def full(self, name: str) -> str:
        """What the module ``name`` is called in ``sys.modules``. Raises ModuleNotFoundError."""
        top = name.partition(".")[0]
        return name if top == self.root or self.place(top) is None else f"{self.root}.{name}"

    def _imported(
        self, name: str, globals: Mapping[str, Any] | None, fromlist: Sequence[str] | None, level: int
    ) -> Any:
        try:
            return _import(name, globals, None, fromlist or (), level)
        except ModuleNotFoundError as error:
            error.name = None if error.name is None else self.plain(error.name)
            error.msg = self.plain(error.msg)
            raise

    def _check_relative(self, package: str, level: int) -> None:
        if package == self.root:
            raise ImportError("attempted relative import with no known parent package")
        if package.startswith(f"{self.root}.") and package.count(".") < level:
            raise ImportError("attempted relative import beyond top-level package")

    def place(self, top: str) -> list[str] | None:
        """Where this space has the module ``top``, a name without dots; None where all have the same."""
        if top not in self._places:
            self._places[top] = self._find(top)
        return self._places[top]

    def _find(self, top: str) -> list[str] | None:
        own = PathFinder.find_spec(top, [str(self.folder)])
        if own is not None and own.loader is not None and not _is_namespace(own):
            return [str(self.folder)]
        if top in _SDK or top in sys.stdlib_module_names:
            return None
        spec = self.packages.spec(top)
        if spec is not None and not _is_namespace(spec):
            folder = str(_holder(spec))
            if not has_extensions(spec):
                return [folder]
            if folder not in sys.path:
                sys.path.append(folder)
                importlib.invalidate_caches()
            return None
        if own is not None or spec is not None:  # both may be parts of one namespace
            return [str(self.folder), *map(str, self.packages.folders)]
        return self._elsewhere(top)

    def _elsewhere(self, top: str) -> list[str] | None:
        """This Python's own environment, as far as it is none of ours and not the Worker's project."""
        missing = ModuleNotFoundError(f"No module named {top!r}", name=top)
        if top in OURS:
            raise missing
        spec = PathFinder.find_spec(top)
        if spec is None:
            return None
        holder = _holder(spec)
        if holder.is_relative_to(self.folder):  # the Worker's code has put it on sys.path
            return [str(holder)]
        if holder == self.packages.root:
            raise missing
        return None


class _Loader(SourceFileLoader):
    """Runs a module's code with the builtins of its space, and with the text that the space has for it."""

    @property
    def _space(self) -> Space:
        found: Space = vars(sys.modules[self.name.partition(".")[0]])[SPACE]
        return found

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._space.builtins
        super().exec_module(module)
        if module.__name__.partition(".")[2] == "anyio.to_thread":
            call_in_this_thread(module)

    def path_stats(self, path: str) -> Any:
        if path in self._space.texts:
            raise OSError("a text has no date: nothing compiled is kept beside the file")
        return super().path_stats(path)

    def get_data(self, path: Any) -> bytes:
        text = self._space.texts.get(str(path))
        return super().get_data(path) if text is None else text.encode()


class _Finder:
    """Finds the modules of all spaces: the one place where ``sys.meta_path`` hears of them."""

    def find_spec(
        self, fullname: str, path: Iterable[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root, _, rest = fullname.partition(".")
        if _MARK not in root or not rest:
            return None
        space: Space | None = vars(sys.modules[root]).get(SPACE)
        if space is not None and "." not in rest:
            path = space.place(rest)
        spec = None if path is None else PathFinder.find_spec(fullname, list(path))
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


_finder: Final = _Finder()


def _is_namespace(spec: ModuleSpec) -> bool:
    return spec.origin is None and spec.submodule_search_locations is not None


def _holder(spec: ModuleSpec) -> Path:
    """The folder in which the module or package is."""
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).parent
    return Path(spec.origin or "/").parent


def _free(name: str) -> str:
    number = 1
    while f"{name}{_MARK}{number}" in sys.modules:
        number += 1
    return f"{name}{_MARK}{number}"

"""A Worker's modules, in a space of their own.

A loaded Worker is a package in ``sys.modules``: its module ``taskqueue.keys`` is ``hub#1.taskqueue.keys``
there. So several Workers live side by side whatever their modules are called; its own code has the plain
names (worker.runtime.names), and whoever looks a module up by its name (dataclasses, typing, pickle,
Pydantic) finds the one that is meant. What a Worker's code imports is looked for by an ``__import__`` of its
own: first among its own files, then as on the platform in the SDK, the standard library and its packages.
"""

import builtins
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from worker.runtime.callers import OURS, SPACE
from worker.runtime.escapes import call_in_this_thread
from worker.runtime.names import Modules, give_name, take_name
from worker.runtime.packages import Packages, has_extensions
from worker.runtime.standins import STANDINS, Standins
from worker.sdk.surroundings import PLATFORM, surroundings

_MARK: Final = "#"  # no identifier has it: nobody else's module is called like that
_SDK: Final = frozenset({"asgi", "js", "pyodide", "workers"})
# These import what they are asked for by name: each Worker has its own.
_IMPORTERS: Final = frozenset({"pkgutil", "runpy"})
_STANDARD: Final = str(Path(importlib.__file__).parents[1])
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
        self._standins = Standins(
            self.full, self.plain, self.import_module, packages.folders, Modules(self.root)
        )
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
        return sys.modules[name]

    def forget(self) -> None:
        """Take the modules out of ``sys.modules``: nobody will ask the Worker any more."""
        for name in [one for one in sys.modules if one == self.root or one.startswith(f"{self.root}.")]:
            del sys.modules[name]
            take_name(name)
        sys.meta_path[:] = [one for one in sys.meta_path if not _is_made_in(self.root, one)]

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
        top = name.partition(".")[0]
        with self._plain_errors():
            if level:
                whole = self._whole(name, (globals or {}).get("__package__") or "", level)
            elif top == self.root or self.place(top) is None:
                found = _import(name, globals, locals, fromlist or (), 0)
                return self._standins.instead_of(found) if top in STANDINS else found
            else:
                whole = f"{self.root}.{name}"
            module = self._imported(whole, fromlist or ())
        return module if level or fromlist else sys.modules[f"{self.root}.{top}"]

    def import_module(self, name: str, package: str | None = None) -> ModuleType:
        """What `importlib.import_module` does, for the code of this Worker."""
        rest = name.lstrip(".")
        with self._plain_errors():
            if rest != name:
                name = self._whole(rest, self.full(package or ""), len(name) - len(rest))
            return importlib.import_module(self.full(name))

    def full(self, name: str) -> str:
        """What the module ``name`` is called in ``sys.modules``. Raises ModuleNotFoundError."""
        top = name.partition(".")[0]
        return name if top == self.root or self.place(top) is None else f"{self.root}.{name}"

    def _imported(self, whole: str, fromlist: Sequence[str]) -> ModuleType:
        """The module ``whole``, with what is to be taken from it: Python would go by ``__name__``."""
        _import(whole)
        self._attach(whole)
        module = sys.modules[whole]
        if hasattr(module, "__path__"):
            every = getattr(module, "__all__", ()) if "*" in fromlist else ()
            for name in (*fromlist, *every):
                if name != "*" and not hasattr(module, name):
                    self._try(f"{whole}.{name}")
        return module

    def _try(self, whole: str) -> None:
        try:
            _import(whole)
        except ModuleNotFoundError as error:
            if error.name != whole:
                raise
        else:
            self._attach(whole)

    def _attach(self, whole: str) -> None:
        """Let packages have the modules that are still being imported: the circular ones need them."""
        while (found := whole.rpartition("."))[0] != self.root:
            vars(sys.modules[found[0]]).setdefault(found[2], sys.modules[whole])
            whole = found[0]

    def _whole(self, name: str, package: str, level: int) -> str:
        """What the module ``name`` is called in ``sys.modules``, relative to a package."""
        package = self.full(package) if package else package
        if package == self.root:
            raise ImportError("attempted relative import with no known parent package")
        if package.startswith(f"{self.root}.") and package.count(".") < level:
            raise ImportError("attempted relative import beyond top-level package")
        return importlib.util.resolve_name("." * level + name, package)

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except ModuleNotFoundError as error:
            error.name = None if error.name is None else self.plain(error.name)
            error.msg = self.plain(error.msg)
            raise

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
            return [_STANDARD] if top in _IMPORTERS else None
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

    def get_filename(self, name: str | None = None) -> str:
        """Its path, under whichever of its names it is asked for."""
        return str(self.path)

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._space.builtins
        give_name(module, self.name)
        try:
            super().exec_module(module)
        except BaseException:
            take_name(self.name)
            raise
        if self.name.partition(".")[2] == "anyio.to_thread":
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
        if spec is None:
            return _found_by_itself(root, rest, path, target)
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Renamed(Loader):
    """Loads what a Worker's own finder has found, under its whole name."""

    def __init__(self, found: ModuleSpec) -> None:
        self._found = found

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        loader = self._found.loader
        return None if loader is None else loader.create_module(self._found)

    def exec_module(self, module: ModuleType) -> None:
        if self._found.loader is not None:
            self._found.loader.exec_module(module)


def _found_by_itself(
    root: str, name: str, path: Iterable[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    """The module ``name``, where code of the Worker has put a finder into ``sys.meta_path``, as six does."""
    for finder in sys.meta_path:
        if _is_made_in(root, finder):
            found = finder.find_spec(name, None if path is None else list(path), target)
            if found is not None:
                is_package = found.submodule_search_locations is not None
                return ModuleSpec(f"{root}.{name}", _Renamed(found), is_package=is_package)
    return None


def _is_made_in(root: str, thing: object) -> bool:
    """Whether ``thing``, or its class, is of the Worker whose package is ``root``."""
    module = (thing if isinstance(thing, type) else type(thing)).__module__
    return str(getattr(module, "whole", module)).startswith(f"{root}.")


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

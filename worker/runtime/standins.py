"""A Worker's ``importlib``, ``logging``, ``pickle`` and ``sys``: they know its modules by its names."""

import importlib
import importlib.metadata
import importlib.util
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, ClassVar, Final

from worker.runtime.names import ModuleName

STANDINS: Final = frozenset({"importlib", "logging", "pickle", "sys"})
_ANCHORED: Final = (
    *("files", "path", "is_resource", "contents"),
    *("open_text", "open_binary", "read_text", "read_binary"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Standins:
    """``full`` is a module's name in ``sys.modules``, ``plain`` a text with the names that the Worker has.

    ``import_module`` is `importlib.import_module` for this Worker; ``folders`` are those of its packages, and
    ``modules`` is its ``sys.modules``.
    """

    full: Callable[[str], str]
    plain: Callable[[str], str]
    import_module: Callable[..., ModuleType]
    folders: Sequence[Path]
    modules: Mapping[str, ModuleType]
    made: "dict[ModuleType, _Standin]" = field(default_factory=dict, init=False)

    def instead_of(self, module: ModuleType) -> ModuleType:
        """A module that is like ``module`` but for what takes names of modules."""
        if module not in self.made:
            self.made[module] = _Standin(module, self, self._different(module.__name__))
        return self.made[module]

    def _different(self, name: str) -> dict[str, Any]:
        if name == "sys":
            return {"modules": self.modules}
        if name == "importlib":
            return {"import_module": self.import_module}
        if name == "importlib.util":
            return {"find_spec": self._find_spec}
        if name == "importlib.resources":
            return self._resources()
        if name == "importlib.metadata":
            return self._metadata()
        if name == "logging.config":
            return self._logging_config()
        return self._pickle() if name == "pickle" else {}

    def _logging_config(self) -> dict[str, Any]:
        import logging.config

        class DictConfigurator(logging.config.DictConfigurator):
            importer = staticmethod(self.import_module)

        return {
            "DictConfigurator": DictConfigurator,
            "dictConfigClass": DictConfigurator,
            "dictConfig": lambda config: DictConfigurator(config).configure(),
        }

    def _find_spec(self, name: str, package: str | None = None) -> Any:
        if name.startswith("."):
            return importlib.util.find_spec(name, package and self.full(package))
        return importlib.util.find_spec(self.full(name))

    def _resources(self) -> dict[str, Any]:
        import importlib.resources as resources

        def of(function: Callable[..., Any]) -> Callable[..., Any]:
            def asked(anchor: Any, *names: Any, **options: Any) -> Any:
                return function(self.full(anchor) if isinstance(anchor, str) else anchor, *names, **options)

            return asked

        return {name: of(getattr(resources, name)) for name in _ANCHORED if hasattr(resources, name)}

    def _metadata(self) -> dict[str, Any]:
        def distribution(name: str) -> importlib.metadata.Distribution:
            places = list(map(str, self.folders))
            found = importlib.metadata.Distribution.discover(name=self.plain(name), path=places)
            return next(iter(found), None) or importlib.metadata.distribution(self.plain(name))

        return {
            "distribution": distribution,
            "version": lambda name: distribution(name).version,
            "metadata": lambda name: distribution(name).metadata,
            "requires": lambda name: distribution(name).requires,
            "files": lambda name: distribution(name).files,
        }

    def _pickle(self) -> dict[str, Any]:
        full, plain = self.full, self.plain

        class Pickler(_Pickler):
            plain_name = staticmethod(plain)

        class Unpickler(pickle.Unpickler):
            def find_class(self, module: str, name: str) -> Any:
                return super().find_class(full(module), name)

        def dumps(value: Any, *arguments: Any, **options: Any) -> bytes:
            written = BytesIO()
            Pickler(written, *arguments, **options).dump(value)
            return written.getvalue()

        return {
            "Pickler": Pickler,
            "Unpickler": Unpickler,
            "dumps": dumps,
            "dump": lambda value, file, *rest, **options: Pickler(file, *rest, **options).dump(value),
            "loads": lambda data, /, **options: Unpickler(BytesIO(data), **options).load(),
            "load": lambda file, /, **options: Unpickler(file, **options).load(),
        }


class _Standin(ModuleType):
    """Has what ``original`` has, and takes what is set there, but for what is ``different``."""

    def __init__(self, original: ModuleType, standins: Standins, different: Mapping[str, Any]) -> None:
        super().__init__(original.__name__, original.__doc__)
        vars(self).update(different, _original=original, _standins=standins)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._original, name)
        inner = isinstance(found, ModuleType) and found.__name__ == f"{self._original.__name__}.{name}"
        return self._standins.instead_of(found) if inner else found

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self):
            vars(self)[name] = value
        else:
            setattr(self._original, name, value)

    def __dir__(self) -> list[str]:
        return dir(self._original)


_PythonPickler: Any = pickle._Pickler  # the one written in Python, whose parts can be replaced


class _Pickler(_PythonPickler):  # type: ignore[misc]
    """Names a Worker's classes and functions as the platform does, so that what is stored is the same."""

    plain_name: Callable[[str], str]

    def save_global(self, thing: Any, name: str | None = None) -> None:
        module = getattr(thing, "__module__", None) or ""
        if (plain := self.plain_name(module)) == module and not isinstance(module, ModuleName):
            super().save_global(thing, name)
            return
        qualified = name or thing.__qualname__
        if self.proto >= 4:
            self.save(plain)
            self.save(qualified)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{plain}\n{qualified}\n".encode())
        self.memoize(thing)

    dispatch: ClassVar[dict[Any, Any]] = {**_PythonPickler.dispatch, FunctionType: save_global}

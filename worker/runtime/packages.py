"""The packages of a Worker: where they are looked for, and what helps when one is not there."""

import os
import re
import sys
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[^\w.-]")
_BINARIES: Final = (".so", ".pyd", ".dylib")
_REMEDY: Final = (
    "{name} is not installed: pyproject.toml {declares}, and neither .venv nor python_modules in {root} nor "
    "{prefix} has it. `uv run pywrangler sync` there puts what pyproject.toml declares into python_modules; "
    "`python -m pip install --target python_modules {name}` puts this one."
)


class Packages:
    """The packages of the Worker whose project is ``root``.

    They are in its ``.venv``, in ``python_modules`` (what ``pywrangler sync`` writes), and in the environment
    that VIRTUAL_ENV names, in that order; what is in none of them may be in this Python's own environment.
    """

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        active = (os.environ if environ is None else environ).get("VIRTUAL_ENV")
        known = {os.path.realpath(entry) for entry in sys.path}
        found = (
            *_site_packages(root / ".venv"),
            root / "python_modules",
            *(_site_packages(Path(active)) if active else ()),
        )
        self.folders = [one for one in found if one.is_dir() and os.path.realpath(one) not in known]
        self.foreign: dict[str, Path] = {}

    def spec(self, name: str) -> ModuleSpec | None:
        """The module ``name``, a name without dots, in the first folder that has it for this Python."""
        for folder in self.folders:
            spec = PathFinder.find_spec(name, [str(folder)])
            if spec is None:
                continue
            foreign = next(filter(_is_foreign, _binaries(spec)), None)
            if foreign is None:
                return spec
            self.foreign[name] = foreign
        return None

    def remedy(self, name: str) -> str:
        """What to do when there is no module ``name``, a name without dots."""
        if name in self.foreign:
            version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
            return (
                f"{self.foreign[name]} is made for another Python than this one ({version} on "
                f"{sysconfig.get_platform()}): install {name} in {self.root / '.venv'} too."
            )
        if (self.root / name).is_dir():
            return f"The modules of a Worker are those beside its entry file: leave `{name}.` out."
        declared = _normal(name) in map(_normal, self.declared())
        return _REMEDY.format(
            name=name,
            declares="declares it" if declared else "does not declare it",
            root=self.root,
            prefix=sys.prefix,
        )

    def declared(self) -> list[str]:
        """The names of the distributions that pyproject.toml depends on."""
        path = self.root / "pyproject.toml"
        try:
            project = tomllib.loads(path.read_text("utf-8")).get("project", {})
            return [_NAME.split(one)[0] for one in project.get("dependencies", [])]
        except (OSError, ValueError, AttributeError, TypeError):
            return []


def has_extensions(spec: ModuleSpec) -> bool:
    """Whether part of it is compiled: then it can be there once for a process."""
    return next(_binaries(spec), None) is not None


def _binaries(spec: ModuleSpec) -> Iterator[Path]:
    if spec.submodule_search_locations is None:
        if spec.origin is not None and spec.origin.endswith(_BINARIES):
            yield Path(spec.origin)
        return
    for folder in spec.submodule_search_locations:
        for path in Path(folder).rglob("*"):
            if path.name.endswith(_BINARIES):
                yield path


def _is_foreign(binary: Path) -> bool:
    """Whether it is made for another Python than this one, as those that ``pywrangler sync`` brings are."""
    return ".cpython-" in binary.name and not binary.name.endswith(EXTENSION_SUFFIXES[0])


def _site_packages(environment: Path) -> list[Path]:
    return [*sorted(environment.glob("lib/python3*/site-packages")), environment / "Lib" / "site-packages"]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""Files that a Worker imports and that are no JavaScript: which they are, and what workerd gets them as."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from worker.config import ModuleRule

# Type of a rule → the member of workerd's configuration that holds such a module.
_MEMBERS: Final[Mapping[str, str]] = {"Text": "text", "Data": "data", "CompiledWasm": "wasm"}
# What wrangler takes them for without any rule, by the ends of their names.
_DEFAULT: Final[Mapping[str, str]] = {
    **dict.fromkeys((".txt", ".html", ".sql"), "Text"),
    ".bin": "Data",
    ".wasm": "CompiledWasm",
}


class ModuleTypes:
    """``rules`` are the configuration's. Only globs that end in ``*.name`` mean anything here."""

    def __init__(self, rules: Iterable[ModuleRule] = ()) -> None:
        self._types = dict(_DEFAULT)
        self.other_globs: list[str] = []
        for rule in rules:
            for glob in rule.globs:
                end = glob.rpartition("*")[2]
                if rule.type in _MEMBERS and glob.endswith("*" + end) and end.startswith("."):
                    self._types[end] = rule.type
                elif rule.type in _MEMBERS:
                    self.other_globs.append(glob)

    @property
    def ends(self) -> tuple[str, ...]:
        """The ends of the names of such files; the longest come first."""
        return tuple(sorted(self._types, key=len, reverse=True))

    def members(self, folder: Path, but: str) -> dict[str, str]:
        """The modules among the files of ``folder``, each with the member that holds it; without ``but``."""
        found = {}
        for path in sorted(folder.iterdir()):
            end = next((end for end in self.ends if path.name.endswith(end)), None)
            if end is not None and path.name != but:
                found[path.name] = _MEMBERS[self._types[end]]
        return found

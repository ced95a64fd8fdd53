"""What names in a Worker's code are: bindings by its configuration and types, functions by their files."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.lint.code.values import ClassOf, Closure, Namespace, Scope, Value
from worker.config.files.jsonc import parse_jsonc

# `CACHE: KVNamespace` in an interface: a generated one has half a megabyte, of which this is all that counts.
_TYPED: Final = re.compile(
    rb"\b([A-Za-z_$][\w$]*)\??\s*:\s*(?:\w+\.)?"
    rb"(KVNamespace|R2Bucket|D1Database|DurableObject\w+|Queue|Fetcher|Service|VectorizeIndex|Hyperdrive|Ai)\b"
)
_NAMED: Final = re.compile(r"(^|_)kv(_|$)|KV$|^kv[A-Z]|Kv$|kv_?(namespace|store)$|^namespace$|(^|_)KV(_|$)")
_TYPE: Final = re.compile(r"\bKV(Namespace)?\b")
# Methods that so many things have that the name alone says nothing.
_COMMON: Final = frozenset((
    "get", "put", "delete", "list", "set", "has", "add", "push", "pop", "map", "filter", "fetch",
    "run", "all", "first", "json", "text", "send", "log", "error", "warn", "info", "parse",
    "stringify", "keys", "values", "items", "then", "catch", "next", "close", "open", "read",
    "write", "append", "update", "remove", "find", "exec", "getWithMetadata", "constructor",
    "default", "init", "create",
))  # fmt: skip


@dataclass(slots=True, eq=False)
class Names:
    kv: set[str] = field(default_factory=set)  # bindings that are KV for sure
    others: set[str] = field(default_factory=set)  # bindings that are something else
    foreign: set[str] = field(default_factory=set)  # of which something is called that KV has not
    modules: dict[str, list[Scope]] = field(default_factory=dict)  # by the name of the file
    exported: dict[str, list[Value]] = field(default_factory=dict)  # what is at the top level of files
    methods: dict[str, list[tuple[ClassOf, Closure]]] = field(default_factory=dict)

    def take(self, file: str, scope: Scope) -> None:
        """Know what a file has at its top level."""
        self.modules.setdefault(Path(file).stem, []).append(scope)
        for name, value in scope.names.items():
            self.exported.setdefault(name, []).append(value)
            if isinstance(value.what, ClassOf):
                for method, function in value.what.of.methods.items():
                    self.methods.setdefault(method, []).append((value.what, Closure(function, scope)))

    def binding(self, name: str) -> Namespace | None:
        """What the environment has by this name, if it can be KV."""
        if name in self.kv:
            return Namespace(name)
        return None if name in self.others else Namespace(name, is_sure=False)

    def by_type(self, name: str, type: str) -> Namespace | None:
        """Whether a parameter or a member is a namespace, by its type or else by its name."""
        if type:
            return Namespace(name) if _TYPE.search(type) else None
        return Namespace(name, name in self.kv) if name in self.kv or _NAMED.search(name) else None

    def top_level(self, name: str) -> Value | None:
        """What the only file that has this name calls so."""
        found = self.exported.get(name, ())
        return found[0] if len(found) == 1 else None

    def module(self, name: str) -> Scope | None:
        found = self.modules.get(name, ())
        return found[0] if len(found) == 1 else None

    def method(self, name: str) -> tuple[ClassOf, Closure] | None:
        """The only method of that name."""
        found = self.methods.get(name, [])
        return found[0] if len(found) == 1 and name not in _COMMON else None


def configured(path: Path, names: Names) -> None:
    """Take the bindings of a wrangler configuration. Raises OSError, ValueError and RecursionError."""
    text = path.read_text("utf-8-sig")
    read = tomllib.loads(text) if path.suffix == ".toml" else parse_jsonc(text)
    for kind, name in _bindings(read):
        (names.kv if kind == "kv_namespaces" else names.others).add(name)
    names.others -= names.kv


def _bindings(document: Any, kind: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, Mapping):
        for member in ("binding", "name"):
            if kind and isinstance(name := document.get(member), str):
                yield kind, name
                break
        for member, value in document.items():
            named = kind if member in ("bindings", "producers") else member
            yield from _bindings(value, kind if isinstance(value, str) else named)
    elif isinstance(document, list):
        for one in document:
            yield from _bindings(one, kind)


def typed(source: bytes, names: Names) -> None:
    """Take the bindings that a file's types say what they are."""
    for name, type in _TYPED.findall(source):
        found = name.decode()
        if found.upper() == found or _NAMED.search(found):
            (names.kv if type == b"KVNamespace" else names.others).add(found)
    names.others -= names.kv

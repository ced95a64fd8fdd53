"""Which namespaces there are: those that were made here, those that others made, and what they are called.

Titles are kept in one file in the state folder, beside wrangler's own folders, which know nothing of titles.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from kvstore.entropy import Entropy
from kvstore.errors import StateError
from kvstore.javascript.json_document import read_json
from kvstore.privacy import as_folder, make_folder
from kvstore.stores.state_names import database_path

FILE_NAME: Final = "understudy-namespaces.json"


@dataclass(frozen=True, slots=True)
class Namespace:
    """``id`` is 32 hex digits for one that was made here, else whatever a configuration binds."""

    id: str
    title: str
    jurisdiction: str | None = None
    mode: str | None = None  # "instant" for one of KV Instant

    def shown(self) -> dict[str, Any]:
        """The namespace as the API shows it."""
        return {"id": self.id, "title": self.title, "supports_url_encoding": True, **self.chosen()}

    def chosen(self) -> dict[str, str]:
        """What was chosen when it was made, and never changes."""
        given = {"jurisdiction": self.jurisdiction, "experimental_mode": self.mode}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(slots=True)
class _Kept:
    """What the file holds: namespaces by id, and the ids of deleted ones, which others may still bind."""

    namespaces: dict[str, Namespace] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> Self:
        content = read_json(text)
        named = content["namespaces"].items()
        return cls(
            {
                str(id): Namespace(
                    str(id), str(one["title"]), one.get("jurisdiction"), one.get("experimental_mode")
                )
                for id, one in named
            },
            [str(id) for id in content["deleted"]],
        )

    def text(self) -> str:
        named = {one.id: {"title": one.title, **one.chosen()} for one in self.namespaces.values()}
        return json.dumps({"namespaces": named, "deleted": self.deleted}, indent=2) + "\n"


class Registry:
    """The namespaces of the state folder ``folder``; ``known`` are those that others made, id to title.

    The file is read again whenever it changed, and nothing is written before the first change of ours.
    Raises StateError when it cannot be read or written.
    """

    def __init__(self, folder: Path, known: Mapping[str, str], entropy: Entropy) -> None:
        self.path = folder / FILE_NAME
        self._known = known
        self._entropy = entropy
        self._kept = _Kept()
        self._seen: tuple[int, ...] = ()
        self._refresh()

    def __iter__(self) -> Iterator[Namespace]:
        kept = self._refresh()
        for id, title in self._known.items():
            if id not in kept.namespaces and id not in kept.deleted:
                yield Namespace(id, title)
        yield from list(kept.namespaces.values())

    def find(self, id: str) -> Namespace | None:
        kept = self._refresh()
        if id in kept.namespaces:
            return kept.namespaces[id]
        return Namespace(id, self._known[id]) if id in self._known and id not in kept.deleted else None

    def titled(self, title: str) -> Namespace | None:
        return next((one for one in self if one.title == title), None)

    def create(self, title: str, jurisdiction: str | None = None, mode: str | None = None) -> Namespace:
        """A new namespace with an id of its own; that its title is free is the caller's matter."""
        namespace = Namespace(self._entropy.token(16).hex(), title, jurisdiction, mode)
        return self._keep(namespace)

    def rename(self, namespace: Namespace, title: str) -> Namespace:
        return self._keep(replace(namespace, title=title))

    def delete(self, namespace: Namespace) -> None:
        kept = self._refresh()
        kept.namespaces.pop(namespace.id, None)
        kept.deleted.append(namespace.id)
        self._write(kept)

    def _keep(self, namespace: Namespace) -> Namespace:
        kept = self._refresh()
        kept.namespaces[namespace.id] = namespace
        self._write(kept)
        return namespace

    def _refresh(self) -> _Kept:
        seen = self._signature()
        if seen != self._seen:
            self._kept = self._read() if seen else _Kept()
            self._seen = seen
        return self._kept

    def _signature(self) -> tuple[int, ...]:
        """Changes with the file: every write makes a new one."""
        try:
            state = self.path.stat()
        except OSError:
            return ()
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _read(self) -> _Kept:
        try:
            return _Kept.read(self.path.read_text("utf-8"))
        except OSError as error:
            raise StateError(f"cannot read {self.path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateError(f"{self.path} is damaged; repair or remove it") from error

    def _write(self, kept: _Kept) -> None:
        draft = self.path.with_suffix(".json.new")
        try:
            make_folder(self.path.parent)
            with open(draft, "w", encoding="utf-8", opener=as_folder) as file:
                file.write(kept.text())
            draft.replace(self.path)
        except OSError as error:
            self._seen = ()  # what is in memory was not kept
            self._kept = _Kept()
            raise StateError(f"cannot write {self.path}: {error.strerror}") from error
        self._seen = self._signature()


def namespaces_in(folder: Path) -> list[str]:
    """The ids of the namespaces that were ever written to in ``folder`` (``<persist root>/v3/kv``), sorted.

    A database is named by a hash of the id, and the folder of values by the id itself, made safe as a file
    name; so an id that had to be changed for that (no hexadecimal one) cannot be read back, and is left out.
    """
    named = (values.parent.name for values in folder.glob("*/blobs"))
    return sorted(name for name in named if database_path(folder, name).is_file())

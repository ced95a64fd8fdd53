"""How far a transfer has come: kept beside the configuration, for the next one to go on from."""

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Self

from kvstore.privacy import for_owner
from kvstore.store import Entry
from wrangler_compat.cli.errors import CommandError

FOLDER: Final = ".understudy"
# So many keys of a kind are named; all of them are counted.
MOST_NAMED: Final = 1000
_MODULUS: Final = 1 << 128


@dataclass
class Named:
    """How many keys, and the names of the first."""

    count: int = 0
    keys: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        self.count += 1
        if len(self.keys) < MOST_NAMED:
            self.keys.append(key)

    @classmethod
    def of(cls, found: Any) -> Self:
        return cls(**found)


@dataclass
class Progress:
    """What was done so far: entries ``seen``, of ``of``, and what became of them.

    ``position`` is where the source goes on, ``at`` where a file does. ``digest`` is of what was written, in
    whatever order. ``same`` were there already, ``kept`` are there with something else, which may be newer.
    """

    of: int = 0
    seen: int = 0
    written: int = 0
    bytes: int = 0
    same: int = 0
    kept: Named = field(default_factory=Named)
    expiring: Named = field(default_factory=Named)
    position: dict[str, Any] = field(default_factory=dict)
    at: int = 0
    digest: int = 0

    def wrote(self, key: str, entry: Entry) -> None:
        self.written += 1
        self.bytes += len(entry.value)
        self.digest = (self.digest + digest_of(key, entry)) % _MODULUS


def digest_of(key: str, entry: Entry) -> int:
    """A number that another entry does not have."""
    told = repr((key, tuple(entry))).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(told, digest_size=16).digest(), "big")


class Journal:
    """The journal of a transfer from one place to another, in ``root``/.understudy; a file of the owner's."""

    def __init__(self, root: Path, source: str, target: str) -> None:
        self._folder = root / FOLDER
        name = blake2b(f"{source}\0{target}".encode(), digest_size=8).hexdigest()
        self.path = self._folder / f"{name}.transfer"
        self._names = {"source": source, "target": target}

    def read(self) -> Progress | None:
        """What another process did of the same transfer, None for nothing. Raises CommandError."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            known = {member.name: found[member.name] for member in fields(Progress)}
            return Progress(**known | {name: Named.of(known[name]) for name in ("kept", "expiring")})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CommandError(
                f"the journal {self.path} cannot be read ({error}): remove it to begin anew"
            ) from error

    def keep(self, progress: Progress) -> None:
        """Write it down: the file is this one or the one before, never half of it. Raises CommandError."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            (self._folder / ".gitignore").write_text("*\n")
            new = self.path.with_name(self.path.name + ".new")
            with open(new, "w", encoding="utf-8", opener=for_owner) as file:
                json.dump(self._names | asdict(progress), file)
            os.replace(new, self.path)  # noqa: PTH105
        except OSError as error:
            raise CommandError(f"cannot keep a journal in {self._folder}: {error.strerror}") from error

    def remove(self) -> None:
        """The transfer is over."""
        self.path.unlink(missing_ok=True)
        if self._folder.is_dir() and [one.name for one in self._folder.iterdir()] == [".gitignore"]:
            shutil.rmtree(self._folder)

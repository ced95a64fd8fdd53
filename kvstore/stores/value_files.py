"""The value files of a namespace in wrangler's folder: one for each put, named once and never changed.

Small ones that were read lately are kept in memory.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from kvstore.clock import Clock
from kvstore.entropy import Entropy
from kvstore.errors import NamespaceIdError, StateError, StoreError
from kvstore.privacy import file_mode, make_folder
from kvstore.stores.placement import place_folder


class Recent:
    """Small values by the name of their file: about ``size`` bytes together, the oldest leave first.

    Nothing here goes stale: a file is named once and never changed.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept = 0
        self._values: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self._values.get(name)

    def add(self, name: str, value: bytes) -> None:
        self.forget(name)
        self._values[name] = value
        self._kept += len(name) + len(value)
        while self._kept > self._size:
            self.forget(next(iter(self._values)))

    def forget(self, name: str) -> None:
        value = self._values.pop(name, None)
        if value is not None:
            self._kept -= len(name) + len(value)


_NAME: Final = re.compile("[0-9a-f]{80}")
_RANDOM_BYTES: Final = 32
_TIME_BYTES: Final = 8
_SMALL: Final = 16_384  # bytes
_RECENT: Final = 8 * 1024 * 1024  # bytes
_BINARY: Final = getattr(os, "O_BINARY", 0)
_READING: Final = os.O_RDONLY | _BINARY
_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_LONGEST_NAME: Final = 255  # bytes, of a folder, on every file system in use


class ValueFiles:
    """The files in ``folder``. A name is 32 random bytes and the time (milliseconds), in hexadecimal."""

    def __init__(self, folder: Path, clock: Clock, entropy: Entropy) -> None:
        self.folder = folder
        self._prefix = f"{folder}{os.sep}"
        self._mode = 0o600  # until `create` has looked at the folder
        self._recent = Recent(_RECENT)
        self._clock = clock
        self._entropy = entropy

    def create(self) -> None:
        """Make the folder. Raises StateError, NamespaceIdError where the id is too long for a name."""
        name = self.folder.parent.name
        size = len(name.encode(errors="surrogatepass"))
        if size > _LONGEST_NAME:
            raise NamespaceIdError(
                f"the namespace id {name!r} is too long: the folder of its values would have a name of "
                f"{size} bytes, and {_LONGEST_NAME} is the most that a file system takes"
            )
        try:
            make_folder(self.folder.parent)
            place_folder(self.folder, self._entropy)
            self._mode = file_mode(self.folder)
        except OSError as error:
            raise StateError(f"cannot create {error.filename}: {error.strerror}") from error

    def keep(self, value: bytes) -> str:
        """Write a value and return the name of its file. Raises StoreError, and then leaves no file."""
        now = self._clock.now_ms().to_bytes(_TIME_BYTES, "big")
        name = (self._entropy.token(_RANDOM_BYTES) + now).hex()
        path = f"{self._prefix}{name}"
        try:
            # Without Python's file object, which asks the system four things before it writes.
            descriptor = os.open(path, _WRITING, self._mode)
            try:
                _write(descriptor, value)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.remove([name])
            raise StoreError(f"cannot write {path}: {error.strerror}") from error
        return name

    def read(self, name: str) -> bytes | None:
        """The value; None when its file is missing. Raises StoreError when it cannot be read."""
        value = self._recent.get(name)
        return self._read(name) if value is None else value

    def _read(self, name: str) -> bytes | None:
        if not is_name(name):
            return None
        path = f"{self._prefix}{name}"
        try:
            descriptor = os.open(path, _READING)
            try:
                value = _everything(descriptor)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}") from error
        if len(value) < _SMALL:
            self._recent.add(name, value)
        return value

    def remove(self, names: Iterable[str]) -> None:
        """Remove files that no row names any more. One that cannot be removed is left for a sweep.

        What cannot be the name of such a file is left alone: a damaged row may hold anything.
        """
        for name in filter(is_name, names):
            self._recent.forget(name)
            with suppress(OSError):
                os.unlink(f"{self._prefix}{name}")  # noqa: PTH108  # making a Path takes half as long

    def older_than(self, age_ms: int) -> set[str]:
        """The names of all files that were written more than ``age_ms`` milliseconds ago."""
        newest = self._clock.now_ms() - age_ms
        try:
            names = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise StoreError(f"cannot read {self.folder}: {error.strerror}") from error
        return {name for name in names if is_name(name) and written_at(name) < newest}


def _write(descriptor: int, value: bytes) -> None:
    """All of ``value``: the system may take less than it is given, of a large one or before a full disk."""
    rest = memoryview(value)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _everything(descriptor: int) -> bytes:
    """What is in an open file; most values are small, and there at once."""
    content = os.read(descriptor, _SMALL)
    if len(content) < _SMALL:
        return content
    rest = os.fstat(descriptor).st_size - _SMALL
    parts = [content]
    while rest > 0 and (part := os.read(descriptor, rest)):
        parts.append(part)
        rest -= len(part)
    return b"".join(parts)


def is_name(name: object) -> bool:
    """Whether this names a file of a value, and nothing outside its folder."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def written_at(name: str) -> int:
    """When a value file was written, from its name: milliseconds since the UNIX epoch."""
    return int(name[2 * _RANDOM_BYTES :], 16)

"""A disk that remembers what SQLite writes and when it makes sure of it, and what a power cut leaves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import apsw

from kvstore.sql.database import Program
from kvstore.sql.transaction import commit, run
from kvstore.sql.write_ahead_log import set_up

T = TypeVar("T")


@dataclass(frozen=True)
class Write:
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True)
class Sync:
    """All that was written to ``file`` is on the disk now."""

    file: str


@dataclass(frozen=True)
class Delete:
    """``file`` is gone, for certain: only SQLite's set-up deletes one, before the first put."""

    file: str


@dataclass(frozen=True)
class Acknowledged:
    """A put returned: from here on ``key`` must be at least at ``number``."""

    key: str
    number: int


Step: TypeAlias = Write | Truncate | Sync | Delete | Acknowledged


class RecordingFile(apsw.VFSFile):
    """A file that tells ``steps`` about every change; without shared memory, so for one connection only."""

    def __init__(self, parent: str, name: Any, flags: list[int], steps: list[Step]) -> None:
        super().__init__(parent, name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name
        self._steps = steps

    def xWrite(self, data: Any, offset: int) -> None:
        self._steps.append(Write(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._steps.append(Truncate(self._name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._steps.append(Sync(self._name))
        super().xSync(flags)


class RecordingVFS(apsw.VFS):
    """The system's own files, each a RecordingFile."""

    def __init__(self, name: str, steps: list[Step]) -> None:
        self._parent = apsw.vfs_names()[0]
        self._steps = steps
        super().__init__(name, self._parent)

    def xOpen(self, name: Any, flags: list[int]) -> RecordingFile:
        return RecordingFile(self._parent, name, flags, self._steps)

    def xDelete(self, name: str, sync_folder: bool) -> None:
        self._steps.append(Delete(Path(name).name))
        super().xDelete(name, sync_folder)


class RecordingDatabase:
    """Runs programs as the drivers do, on a file whose writing is recorded in ``steps``."""

    def __init__(self, path: Path, setup: tuple[str, ...]) -> None:
        self.steps: list[Step] = []
        self._vfs = RecordingVFS(f"recording-{path}", self.steps)
        # Without shared memory SQLite needs the file for itself; what it writes stays the same.
        self.connection = cast(Any, apsw.Connection(str(path), vfs=f"recording-{path}"))
        self.connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._log = set_up(self.connection, str(path), setup)

    async def read(self, program: Program[T]) -> T:
        return run(self.connection, program)

    async def write(self, program: Program[T]) -> T:
        result: T = commit(self.connection, [program])[0]
        self.sync_log()
        return result

    def sync_log(self) -> None:
        """What the drivers do after a commit, where SQLite does not."""
        if self._log is not None:
            self._log.sync()
            self.steps.append(Sync(self._log.path.name))

    async def close(self) -> None:
        if self._log is not None:
            self._log.close()
        self.connection.close()
        self._vfs.unregister()


class ForgetfulDatabase(RecordingDatabase):
    """Leaves out what it is there for."""

    def sync_log(self) -> None:
        pass


@dataclass
class Disk:
    """The content of each file that is certain, and the changes that are not yet."""

    certain: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Write | Truncate]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        if isinstance(step, Write | Truncate):
            self.certain.setdefault(step.file, bytearray())
            self.pending.setdefault(step.file, []).append(step)
        elif isinstance(step, Sync):
            for change in self.pending.pop(step.file, []):
                apply(self.certain.setdefault(step.file, bytearray()), change)

        elif isinstance(step, Delete):
            self.certain.pop(step.file, None)
            self.pending.pop(step.file, None)

    def after_power_cut(self, folder: Path, kept: Iterator[bool]) -> None:
        """Write the files as found afterwards; ``kept`` says of each uncertain change if it stayed."""
        for name, content in self.certain.items():
            left = bytearray(content)
            for change in self.pending.get(name, []):
                if next(kept):
                    apply(left, change)
            (folder / name).write_bytes(left)


def apply(content: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del content[change.size :]
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data

"""A checkpoint: the file from which a search that was stopped goes on, and comes to the same end."""

import json
from pathlib import Path
from typing import Any, Final

from harness.terminal.command import CannotStart

_FORMAT: Final = 1


class Checkpoint:
    """``parts`` are states by the part of a rehearsal, of a search that ``identity`` names.

    Raises CannotStart for a file that is not a checkpoint, or another search's.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity
        self.parts: dict[str, Any] = {}
        if not path.exists():
            return
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            is_ours = found["format"] == _FORMAT and found["search"] == identity
            self.parts = dict(found["parts"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CannotStart(f"{path} is not a checkpoint: {error}") from error
        if not is_ours:
            raise CannotStart(
                f"{path} is the checkpoint of another search: of other arguments, entries or code. Name "
                "another file, or remove it"
            )

    def keep(self, part: str, state: Any) -> None:
        """The state of a part, written before this returns; the file is whole at any time."""
        self.parts[part] = state
        whole = json.dumps({"format": _FORMAT, "search": self._identity, "parts": self.parts})
        unfinished = self._path.with_name(f"{self._path.name}.partial")
        try:
            unfinished.write_text(whole, encoding="utf-8")
            unfinished.replace(self._path)
        except OSError as error:
            raise CannotStart(f"cannot write {self._path}: {error.strerror}") from error

"""What the program says in the end, and how that is written; JSON is the same for every command."""

import json
import math
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from worker.program import OutputError

TIMEOUT_SECONDS: Final = 60


@dataclass(frozen=True)
class Plan:
    """What is known before the work begins: ``timeout`` seconds for each request, words for being stopped."""

    if_stopped: str = "nothing was changed"
    timeout: float = TIMEOUT_SECONDS


@dataclass(frozen=True)
class Output:
    """``text`` for standard output, ``error`` for standard error, and ``files``; - is standard output."""

    exit_code: int
    text: str = ""
    error: str = ""
    files: tuple[tuple[str, str], ...] = ()

    def deliver(self) -> int:
        """Write everything; gives the exit code. Raises OutputError."""
        if self.error:
            print(self.error, file=sys.stderr)
        for target, content in self.files:
            _write(target, content)
        if self.text:
            print(self.text)
        return self.exit_code


@dataclass(frozen=True)
class Report:
    """What is said at the end: for a machine, for a person, by the exit code, and in further ``files``."""

    document: dict[str, Any]
    text: str
    exit_code: int
    files: tuple[tuple[str, str], ...] = ()


def _write(target: str, text: str) -> None:
    """UTF-8. A lone surrogate becomes what it is in JSON: its escape."""
    content = text.encode("utf-8", "backslashreplace")
    if target == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    path = Path(target)
    # A file is written whole; what may wait for a reader can be interrupted.
    wanted = [] if path.exists() and not path.is_file() else [signal.SIGINT, signal.SIGTERM]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(target, str(error.strerror)) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_DEEPEST: Final = 100  # levels, far more than a report has by itself


def json_text(document: dict[str, Any]) -> str:
    """``document`` as indented JSON; lone surrogates stay as they are.

    What JSON cannot hold becomes null, as in JavaScript: infinite numbers, and what is nested deeper than any
    reader could follow.
    """
    try:
        return _indented(document)
    except (ValueError, RecursionError):
        return _indented(_finite(document, _DEEPEST))


def _indented(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _finite(value: Any, deepest: int) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list | tuple):
        return value
    if not deepest:
        return None
    if isinstance(value, dict):
        return {name: _finite(member, deepest - 1) for name, member in value.items()}
    return [_finite(member, deepest - 1) for member in value]

"""The function of the user's that makes a new record of an old one: ``module.py:function``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from typing import Any

from harness.migrations.redis.keyspace.errors import MigrationError


@dataclass(frozen=True)
class Hook:
    """``function`` takes an id and its record, and returns the new record: a JSON object, always the same."""

    text: str
    function: Callable[[str, dict[str, Any]], Any]
    digest: str

    def __call__(self, identity: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Raises MigrationError where the function does, or does not return a dict."""
        try:
            made = self.function(identity, dict(record))
        except Exception as error:  # somebody else's code
            line = extract_tb(error.__traceback__)[-1]
            raise MigrationError(
                f"{self.text} failed for the record of {identity}: {type(error).__name__}: {error} "
                f"({Path(line.filename).name}, line {line.lineno})"
            ) from error
        if not isinstance(made, dict):
            raise MigrationError(
                f"{self.text} returned {type(made).__name__} for the record of {identity}, not a dict"
            )
        return made


def read_hook(text: str, plan: Path) -> Hook:
    """The function that ``text`` names, from a file beside the ``plan``. Raises ValueError."""
    file, colon, name = text.rpartition(":")
    path = plan.parent / file
    if not colon or not file.endswith(".py"):
        raise ValueError(f"{text!r} is not module.py:function")
    try:
        code = path.read_text(encoding="utf-8")
        space: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
        exec(compile(code, str(path), "exec"), space)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except Exception as error:  # somebody else's code
        raise ValueError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    function = space.get(name)
    if not callable(function):
        raise ValueError(f"{path} has no function {name}")
    return Hook(text, function, sha256(code.encode()).hexdigest())

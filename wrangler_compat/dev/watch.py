"""Notices that a Worker's files have changed."""

import os
from collections.abc import Awaitable, Callable, Sequence, Set
from pathlib import Path
from typing import Final, NamedTuple

from kvstore.clock import Clock

_EVERY_SECONDS: Final = 0.3
_SKIPPED: Final = ("node_modules", "__pycache__")
_BESIDE: Final = (".dev.vars", ".env")
_SOURCES: Final = (
    *(".py", ".js", ".mjs", ".jsx", ".ts", ".mts", ".tsx", ".toml", ".json", ".jsonc"),
    *(".html", ".sql", ".wasm", ".css"),
)

Stamp = dict[str, tuple[int, int]]


class Watched(NamedTuple):
    """Files of a ``folder``: those that Workers are made of, or ``every`` one; also ``below`` it."""

    folder: Path
    every: bool = False
    below: bool = True


def stamp(watched: Sequence[Watched]) -> Stamp:
    """Every file that is watched with its time of change and size; hidden folders are left out."""
    found: Stamp = {}
    for one in watched:
        for folder, folders, files in os.walk(one.folder):
            folders[:] = [name for name in folders if one.below and _is_visible(name)]
            for name in files:
                if one.every or name.endswith(_SOURCES) or name.startswith(_BESIDE):
                    path = Path(folder, name)
                    try:
                        status = path.stat()
                    except OSError:
                        continue
                    found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name not in _SKIPPED


async def watch(
    watched: Sequence[Watched],
    before: Stamp,
    clock: Clock,
    changed: Callable[[], Awaitable[None]],
    *,
    own: Set[str] | None = None,
) -> None:
    """Call ``changed`` after each change of what is ``watched`` since the stamp ``before``, until cancelled.

    Where ``changed`` writes files there itself, as a build does, ``own`` are those that it wrote the last
    time, and are not a change when it writes the same ones again. None where it writes none.
    """
    while True:
        before = await change(watched, before, clock)
        await changed()
        if own is not None:
            now = stamp(watched)
            written = differing(before, now)
            before = now if written == own else before
            own = written


def differing(one: Stamp, other: Stamp) -> set[str]:
    """The paths of what is not the same in both."""
    return {path for path, _ in one.items() ^ other.items()}


async def change(watched: Sequence[Watched], before: Stamp, clock: Clock) -> Stamp:
    """Wait until a file of ``watched`` is another than in ``before``; the stamp from then."""
    while (now := stamp(watched)) == before:
        await clock.sleep(_EVERY_SECONDS)
    return now

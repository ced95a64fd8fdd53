"""Notices that a Worker's files have changed."""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from kvstore.clock import Clock

_EVERY_SECONDS: Final = 0.3
_SKIPPED: Final = ("node_modules", "__pycache__")
_BESIDE: Final = (".dev.vars", ".env")
_WATCHED: Final = (
    *(".py", ".js", ".mjs", ".jsx", ".ts", ".mts", ".tsx", ".toml", ".json", ".jsonc"),
    *(".html", ".sql", ".wasm", ".css"),
)

Stamp = dict[str, tuple[int, int]]


def stamp(*roots: Path) -> Stamp:
    """Every watched file below ``roots`` with its time of change and size; hidden folders are left out."""
    found: Stamp = {}
    for place, folders, files in (one for root in roots for one in os.walk(root)):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        for name in files:
            if name.endswith(_WATCHED) or name.startswith(_BESIDE):
                path = Path(place, name)
                try:
                    status = path.stat()
                except OSError:
                    continue
                found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found


async def watch(
    roots: Sequence[Path],
    before: Stamp,
    clock: Clock,
    changed: Callable[[], Awaitable[None]],
    *,
    writes: bool = False,
) -> None:
    """Call ``changed`` after each change below ``roots`` since the stamp ``before``, until cancelled.

    One that ``writes`` there itself, as a build does, is not called again for that.
    """
    while True:
        before = await change(roots, before, clock)
        await changed()
        before = stamp(*roots) if writes else before


async def change(roots: Sequence[Path], before: Stamp, clock: Clock) -> Stamp:
    """Wait until a watched file below ``roots`` is another than in ``before``; the stamp from then."""
    while (now := stamp(*roots)) == before:
        await clock.sleep(_EVERY_SECONDS)
    return now

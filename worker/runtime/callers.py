"""Who asks: the Worker, its packages, the standard library, or we ourselves: told from the frames."""

import sys
from asyncio import Handle
from types import FrameType
from typing import Any, Final

SPACE: Final = "__understudy_space__"
"""The name among a Worker's builtins by which its frames are known: see worker.runtime.space."""

OURS: Final = frozenset({"harness", "kvstore", "worker", "wrangler_compat"})
# These call what a Worker gives them, or stand between it and Python, and so ask for the Worker.
_FOR_THE_WORKER: Final = frozenset(
    {
        *("worker.sdk.gateways.asgi", "worker.sdk.gateways.asgi_lifespan", "worker.sdk.gateways.wsgi"),
        *("worker.runtime.escapes", "worker.runtime.space", "worker.runtime.standins"),
    }
)

# What requests and httpx stand on.
_HTTP: Final = frozenset({"httpcore", "urllib3"})


def is_standard(frame: FrameType) -> bool:
    """Whether it is the standard library's."""
    return _name(frame).partition(".")[0] in sys.stdlib_module_names


def nearest(frame: FrameType | None) -> FrameType | None:
    """The first of ``frame`` and its callers that is not the standard library's."""
    while frame is not None and is_standard(frame):
        frame = frame.f_back
    return frame


def is_ours(frame: FrameType | None) -> bool:
    """Whether we asked, rather than a Worker: whose frame is nearer, up to where the event loop began."""
    while frame is not None and not _is_beginning(frame):
        if SPACE in frame.f_builtins:
            return False
        name = _name(frame)
        if name.partition(".")[0] in OURS and name not in _FOR_THE_WORKER:
            return True
        frame = frame.f_back
    return False


def is_http(frame: FrameType | None) -> bool:
    """Whether a package asked, for a Worker, that speaks HTTP by way of fetch on the platform."""
    packages = set[str]()
    while frame is not None and not _is_beginning(frame):
        name = _name(frame)
        parts = name.split(".")
        package = parts[1 if "#" in parts[0] and len(parts) > 1 else 0]
        if package in _HTTP:
            return True
        space = frame.f_builtins.get(SPACE)
        is_workers_own = space is not None and space.has(frame.f_code.co_filename)
        if is_workers_own or (parts[0] in OURS and name not in _FOR_THE_WORKER):
            return False
        if not is_standard(frame):
            packages.add(package)
        frame = frame.f_back
    return packages == {"anyio"}  # httpx connects in a task of anyio's, which does not say for whom it is


def _is_beginning(frame: FrameType) -> bool:
    """Whether an event loop begins here with what a task wants: who runs the loop has not asked for it."""
    return frame.f_code.co_name == "_run" and isinstance(frame.f_locals.get("self"), Handle)


def _name(frame: FrameType) -> str:
    name: Any = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""

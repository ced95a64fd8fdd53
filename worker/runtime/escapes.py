"""What a Worker would do past the platform, where that fails: threads, sockets, processes.

Python tells of each before it happens (`sys.addaudithook`), whoever asks for it in whatever way. Refused is
what a Worker asks for; what we do on its behalf, such as fetch, is not, nor what packages do that have fetch
for a socket on the platform.
"""

import errno
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import anyio.to_thread

from worker.runtime.callers import is_http, is_ours
from worker.sdk.surroundings import surroundings

_KINDS: Final = {
    **dict.fromkeys(("_thread.start_new_thread", "_thread.start_joinable_thread"), "threads"),
    **dict.fromkeys(("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"), "processes"),
    **dict.fromkeys(("os.system", "pty.spawn", "subprocess.Popen"), "processes"),
    **dict.fromkeys(("socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg"), "sockets"),
    **dict.fromkeys(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"), "sockets"),
}
_INSTEAD: Final = {
    "threads": "await what is to run beside it",
    "sockets": "use fetch of the module workers",
    "processes": "nothing there takes its place",
}
_TEXT: Final = (
    "a Python Worker has no {kind} on the platform: {event} was asked for; {instead}. "
    "`wrangler-compat dev --allow={kind}` lets it have them on this machine"
)


class EscapeError(OSError):
    """A Worker asked for what the platform refuses: ``kind`` is threads, sockets or processes."""

    def __init__(self, kind: str, event: str) -> None:
        super().__init__(errno.ENOTSUP, _TEXT.format(kind=kind, event=event, instead=_INSTEAD[kind]))
        self.kind = kind

    def __str__(self) -> str:
        return str(self.strerror)


class ThreadEscapeError(EscapeError, RuntimeError):
    """The same of a thread: on the platform that is a RuntimeError."""


def install() -> None:
    """From now on refuse them. Called by whoever is about to load a Worker; again, it changes nothing."""
    if getattr(threading, _MARK, False):
        return
    setattr(threading, _MARK, True)
    call_in_this_thread(anyio.to_thread)
    if sys.version_info < (3, 12):
        _tell_of_threads()
    sys.addaudithook(_heard)


_MARK: Final = "__understudy__"


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    kind = _KINDS.get(event)
    if kind is None:
        return
    now = surroundings()
    if now.environment is None or kind in now.platform.allowed or is_ours(sys._getframe(1)):
        return
    if now.platform.is_the_machine and kind in ("sockets", "threads") and is_http(sys._getframe(1)):
        return  # threads: asyncio asks for addresses in one
    raise (ThreadEscapeError if kind == "threads" else EscapeError)(kind, event)


def call_in_this_thread(to_thread: ModuleType) -> None:
    """Have ``anyio.to_thread`` call at once what a Worker wants called in a thread.

    So does Cloudflare's SDK, since FastAPI runs in a thread whatever is no coroutine: routes, files.
    """
    machine = to_thread.run_sync

    async def run_sync(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        now = surroundings()
        if now.environment is None or "threads" in now.platform.allowed:
            return await machine(function, *arguments, **options)
        return function(*arguments)

    vars(to_thread)["run_sync"] = run_sync


def _tell_of_threads() -> None:
    """Python 3.11 does not tell of them."""
    machine = threading._start_new_thread  # type: ignore[attr-defined]

    def start_new_thread(*arguments: Any) -> int:
        sys.audit("_thread.start_new_thread", *arguments)
        identity: int = machine(*arguments)
        return identity

    threading._start_new_thread = staticmethod(start_new_thread)  # type: ignore[attr-defined]

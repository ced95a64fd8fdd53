"""``pyodide.ffi.run_sync``: wait for something from code that is not asynchronous.

Pyodide switches stacks for that. Here the loop goes on inside the call, until what was asked for is done.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any


def can_run_sync() -> bool:
    """Whether `run_sync` would work: inside of a loop that can be entered again."""
    try:
        return isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
    except RuntimeError:
        return False


def run_sync(awaitable: Awaitable[Any], /) -> Any:
    """The result of ``awaitable``. Raises RuntimeError where there is no loop that could go on meanwhile."""
    if not can_run_sync():
        raise RuntimeError("Cannot stack switch: run_sync works inside of a Worker's handler only.")
    loop: Any = asyncio.get_running_loop()
    waiting = asyncio.current_task()
    future = asyncio.ensure_future(awaitable)
    if waiting is not None:
        asyncio.tasks._leave_task(loop, waiting)
    try:
        while not future.done():
            loop._run_once()
    finally:
        if waiting is not None:
            asyncio.tasks._enter_task(loop, waiting)
    return future.result()

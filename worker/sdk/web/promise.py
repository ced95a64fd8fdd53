"""JavaScript's Promise: something to await."""

import asyncio
import inspect
from typing import Any

from kvstore.javascript.values import UNDEFINED
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, PyObject
from worker.sdk.web.timers import function_of


class Promise(JsObject):
    """What is awaited gives the value, or raises what it was rejected with."""

    @classmethod
    def js_construct(cls, *arguments: Any) -> Any:
        """``new Promise((resolve, reject) => …)``."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def resolve(value: Any = UNDEFINED, *_: Any) -> None:
            if not future.done():
                future.set_result(value)

        def reject(reason: Any = UNDEFINED, *_: Any) -> None:
            if not future.done():
                future.set_exception(_error(reason))

        function_of(arguments[0] if arguments else UNDEFINED)(resolve, reject)
        return future

    @staticmethod
    def resolve(value: Any = UNDEFINED) -> Any:
        return _settled(value)

    @staticmethod
    async def reject(reason: Any = UNDEFINED) -> Any:
        raise _error(reason)

    @staticmethod
    async def all(values: Any) -> list[Any]:
        return list(await asyncio.gather(*map(_settled, iterate(values))))

    @staticmethod
    async def allSettled(values: Any) -> list[Any]:
        results = await asyncio.gather(*map(_settled, iterate(values)), return_exceptions=True)
        return [
            {"status": "rejected", "reason": result}
            if isinstance(result, BaseException)
            else {"status": "fulfilled", "value": result}
            for result in results
        ]

    @staticmethod
    async def race(values: Any) -> Any:
        tasks = [asyncio.ensure_future(_settled(value)) for value in iterate(values)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()


async def _settled(value: Any) -> Any:
    found = value.js_unwrap() if isinstance(value, PyObject) else value
    return await found if inspect.isawaitable(found) else value


def _error(reason: Any) -> BaseException:
    found = reason.js_unwrap() if isinstance(reason, PyObject) else reason
    return found if isinstance(found, BaseException) else JsException("Error", str(found))

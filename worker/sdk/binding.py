"""A KV namespace as a Python Worker sees it: ``self.env.CACHE``."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from kvstore.binding.namespace import KVNamespace
from kvstore.errors import KVError
from worker.sdk.ffi.errors import as_javascript
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.rpc import SCALARS, plain_answer, plain_argument

_METHODS: Final = ("get", "getWithMetadata", "put", "delete", "list")
_NAME: Final = "KvNamespace"


class KvNamespace(JsObject):
    """A namespace as JavaScript sees it: its methods take and give JavaScript's values."""

    js_name = _NAME

    def __init__(self, namespace: KVNamespace) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name not in _METHODS:
            raise AttributeError(name)
        method: Callable[..., Awaitable[Any]] = getattr(self._namespace, name)
        return method


Method = Callable[..., Coroutine[Any, Any, Any]]


class _BindingWrapper:
    """The five methods of a namespace under their JavaScript names, and nothing else.

    Arguments are converted when the method is called, which raises TypeError for what cannot be sent; the
    rest happens when the result is awaited. Keyword arguments become one options object in last place. KV's
    refusals are JsException with ``name`` and ``message``.
    """

    def __init__(self, namespace: KVNamespace) -> None:
        self.__namespace = namespace

    def __getattr__(self, name: str) -> Method:
        if name not in _METHODS:
            raise AttributeError(name)
        # An attribute from now on, that nobody comes here for.
        method = self.__dict__[name] = _converting(getattr(self.__namespace, name))
        return method

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        raise TypeError(f"'{_NAME}' object has no len()")

    def __iter__(self) -> Any:
        raise TypeError(f"'{_NAME}' object is not iterable")


def _converting(method: Callable[..., Awaitable[Any]]) -> Method:
    """A method of a namespace as a Worker calls it."""

    def invoke(*arguments: Any, **options: Any) -> Coroutine[Any, Any, Any]:
        given = list(arguments)
        for place, one in enumerate(arguments):
            if type(one) not in SCALARS:
                given[place] = plain_argument(one)
        if options:
            for name, one in options.items():
                if type(one) not in SCALARS:
                    options[name] = plain_argument(one)
            given.append(options)
        return _answer(method, given)

    return invoke


async def _answer(method: Callable[..., Awaitable[Any]], given: list[Any]) -> Any:
    try:  # what `javascript_errors` does, but for nothing where nothing fails
        result = await method(*given)
    except KVError as error:
        raise as_javascript(error) from error
    # A put resolves to undefined, which the namespace writes as Python's None: both are None to a Worker.
    return result if type(result) in SCALARS else plain_answer(result)

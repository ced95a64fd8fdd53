"""The environment of a Worker: bindings and variables as attributes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

from kvstore.binding.namespace import KVNamespace
from worker.sdk.binding import KvNamespace, _BindingWrapper
from worker.sdk.context import current_environment, replaced_environment, wait_until
from worker.sdk.durable import _DurableObjectNamespaceWrapper, _FetcherWrapper, _ObjectWrapper
from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.jsobject import Absent, JsObject
from worker.sdk.ffi.to_js import to_js

_WRAPPED: Final = frozenset({"D1Database", "R2Bucket", "WorkerQueue"})


class NotEmulatedError(NotImplementedError):
    """A Worker asked for a binding of a kind that is not emulated."""


class NotEmulated:
    """Stands for the binding ``name`` of a kind that is not emulated: its use raises what says so."""

    def __init__(self, name: str, kind: str) -> None:
        self.error = f"env.{name} is bound to a resource that is not emulated here: {kind}"


class _EnvWrapper:
    """Attributes are bindings; a missing one raises AttributeError. It cannot be subscripted."""

    def __init__(self, source: Callable[[], Mapping[str, Any]]) -> None:
        self.__source = source

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python's own questions, such as copy's, are not about bindings
            raise AttributeError(name)
        bindings = self.__source()
        if name not in bindings:
            raise AttributeError(name)
        if isinstance(bindings[name], NotEmulated):
            raise NotEmulatedError(bindings[name].error)
        return bindings[name]


def bindings_of(environment: _EnvWrapper) -> Mapping[str, Any]:
    source: Callable[[], Mapping[str, Any]] = environment._EnvWrapper__source
    return source()


class RawEnvironment(dict[str, Any]):
    """The bindings as JavaScript has them; ``environment`` is what a class's ``self.env`` would be."""

    def __init__(self, environment: _EnvWrapper) -> None:
        super().__init__((name, _raw(value)) for name, value in bindings_of(environment).items())
        self.environment = environment


def raw_environment(environment: _EnvWrapper) -> Any:
    """What an ``on_fetch`` that is not decorated with `handler` gets as its ``env``."""
    return wrap(RawEnvironment(environment))


def environment_of(value: Any) -> _EnvWrapper | None:
    """The environment that `raw_environment` was made of; None for anything else."""
    target = unwrap(value)
    return target.environment if isinstance(target, RawEnvironment) else None


def _raw(value: Any) -> Any:
    if isinstance(value, _BindingWrapper):
        namespace: Any = value._BindingWrapper__namespace
        return KvNamespace(namespace)
    if isinstance(value, _DurableObjectNamespaceWrapper | _ObjectWrapper):
        return value._target
    return Absent(value.error) if isinstance(value, NotEmulated) else unwrap(value)


def _current_bindings() -> Mapping[str, Any]:
    environment = current_environment()
    return {} if environment is None else bindings_of(environment)


env = _EnvWrapper(_current_bindings)
"""``workers.env``: the environment of whatever runs when an attribute is read."""


def make_env(bindings: Mapping[str, object]) -> _EnvWrapper:
    """An environment for a Worker.

    KVNamespace objects, Durable Object namespaces, other Workers, queues, databases and buckets get
    the Python binding; text, numbers and booleans stay, dicts and lists become JsProxy, None becomes jsnull.
    Asking for a `NotEmulated` raises NotEmulatedError.
    """
    wrapped = {name: _binding(value) for name, value in bindings.items()}
    environment = _EnvWrapper(lambda: wrapped)
    # What is there is found without asking __getattr__.
    there = {name: value for name, value in wrapped.items() if not isinstance(value, NotEmulated)}
    vars(environment).update((name, value) for name, value in there.items() if not name.startswith("_"))
    return environment


@contextmanager
def patch_env(values: Any = None, **names: Any) -> Iterator[None]:
    """Override values of ``workers.env`` inside the ``with`` block; ``values`` is a dict or pairs.

    A handler's own ``self.env`` is another object and does not change, as in production.
    """
    given = dict(values or {}) | names
    patched = {**_current_bindings(), **{name: _patch(value) for name, value in given.items()}}
    with replaced_environment(_EnvWrapper(lambda: patched)):
        yield


def _patch(value: object) -> Any:
    return value if isinstance(value, _BindingWrapper) else to_js(value)


def _binding(value: object) -> Any:
    if isinstance(value, NotEmulated):
        return value
    if isinstance(value, KVNamespace):
        return _BindingWrapper(value)
    if isinstance(value, JsObject) and value.js_name == "DurableObjectNamespace":
        return _DurableObjectNamespaceWrapper(value)
    if isinstance(value, JsObject) and value.js_name == "Fetcher":
        return _FetcherWrapper(value)
    if isinstance(value, JsObject) and value.js_name in _WRAPPED:
        return _ObjectWrapper(value)
    return wrap(value)


def import_from_javascript(module_name: str) -> Any:
    """The JavaScript module ``module_name``; only ``cloudflare:workers`` is emulated.

    Raises ImportError for any other.
    """
    if module_name == "cloudflare:workers":
        return SimpleNamespace(env=env, waitUntil=wait_until)
    raise ImportError(f"Failed to import '{module_name}': only 'cloudflare:workers' is emulated.")

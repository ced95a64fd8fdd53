"""A loaded Worker: its code, its environment, and the events that it handles."""

import inspect
from asyncio import Task, gather
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CoroutineType, MethodType, ModuleType
from typing import Any, TypeVar

from worker.assets import Assets, AssetsFetcher
from worker.config import DurableObjectBinding, WorkerConfig, config_in, load_config
from worker.config.compatibility import takes_functions
from worker.durable import ObjectError, Objects
from worker.runtime.background import Background
from worker.runtime.errors import LoadError
from worker.runtime.failures import users_traceback
from worker.runtime.loader import import_worker
from worker.runtime.scheduled import ScheduledController
from worker.runtime.space import Space
from worker.sdk.context import ExecutionContext, current
from worker.sdk.durable import _ObjectWrapper
from worker.sdk.env import NotEmulated, environment_of, make_env, raw_environment
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.http.request import Request
from worker.sdk.http.response import ResponseParts, response_parts
from worker.sdk.surroundings import MACHINE, Platform

T = TypeVar("T")
ErrorLog = Callable[[BaseException], None]


def _ignore(error: BaseException) -> None:
    """The default error log: nobody listens."""


@dataclass(eq=False, repr=False)
class Worker:
    """Code in ``module`` with the bindings ``env``, as many invocations at a time as are asked for.

    Time and chance are those of ``platform``; ``space`` has the modules.

    Handlers are methods of a class ``Default`` (a WorkerEntrypoint), or functions ``on_fetch``,
    ``on_scheduled`` and ``on_queue``, if it ``takes_functions``; each invocation has a context, and an
    instance of Default, of its own.
    """

    module: ModuleType
    env: Any
    space: Space
    platform: Platform = MACHINE
    on_error: ErrorLog = field(default=_ignore)
    takes_functions: bool = field(default=True, kw_only=True)
    _accepted: dict[Callable[..., Any], int | None] = field(init=False, default_factory=dict)
    _raw_env: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.background = Background(lambda error: self.on_error(error))

    @property
    def answers_nothing(self) -> bool:
        """Whether its handlers are functions of the module, and its compatibility date wants a class."""
        return not self.takes_functions and not hasattr(self.module, "Default")

    def with_bindings(self, bindings: Mapping[str, object]) -> "Worker":
        """The same code with ``bindings`` for its whole environment: another deployment of it."""
        other = replace(self, env=make_env(bindings))
        other._accepted = self._accepted
        return other

    async def fetch(self, request: Request) -> ResponseParts:
        """Answer a request. Raises what the handler raises, TypeError when it returns no Response."""
        context = ExecutionContext(self.background.spawn)
        with current(self.env, context, platform=self.platform):
            answer = self._call("fetch", context, request, self.env, context)
            return response_parts(await answer if _is_awaitable(answer) else answer)

    async def scheduled(self, controller: ScheduledController) -> None:
        """Run the scheduled handler with all its background work. Raises what either raises."""
        await self._to_the_end("scheduled", controller)

    async def queue(self, batch: JsObject) -> None:
        """As `scheduled`, with a batch for the handler ``queue``."""
        await self._to_the_end("queue", _ObjectWrapper(batch))

    async def _to_the_end(self, event: str, argument: Any) -> None:
        tasks: list[Task[Any]] = []
        context = ExecutionContext(lambda work: tasks.append(self.background.spawn(work)))
        with current(self.env, context, platform=self.platform):
            result = self._call(event, context, argument, self.env, context)
            if _is_awaitable(result):
                await result
            await gather(*tasks)

    async def deliver(self, entrypoint: str | None, event: Callable[[object], Awaitable[T]]) -> T:
        """What ``event`` makes of an instance of the class ``entrypoint``, or of what is exported by default.

        Raises ObjectError for what the Worker raises.
        """
        context = ExecutionContext(self.background.spawn)
        with current(self.env, context, platform=self.platform):
            try:
                return await event(self._target(entrypoint, context))
            except JsException as error:
                raise ObjectError(error.name, error.message, remote=True) from error
            except Exception as error:
                text = users_traceback(error, self.space).rstrip("\n")
                raise ObjectError("PythonError", text, remote=True) from error

    def _target(self, entrypoint: str | None, context: ExecutionContext) -> object:
        kind = getattr(self.module, entrypoint or "Default", None)
        if isinstance(kind, type):
            return kind(context, self.env)
        if entrypoint is not None:
            raise JsException("TypeError", f'The Worker exports no class "{entrypoint}".')
        return _Functions(lambda request: self._call("fetch", context, request, self.env, context))

    def _call(self, event: str, context: ExecutionContext, *arguments: Any) -> Any:
        """What the handler returns: its result, or something to be awaited for it."""
        handler = self._handler(event, context)
        if not isinstance(handler, MethodType):
            arguments = self._raw(arguments)
        elif event == "fetch":
            arguments = arguments[:1]
        function = getattr(handler, "__func__", handler)  # a method is another object every time
        try:
            accepted = self._accepted[function]
        except KeyError:
            accepted = self._accepted[function] = _accepted(handler)
        return handler(*arguments[:accepted])

    def _raw(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """What functions get: JavaScript's objects, which the decorator `handler` makes Python's of."""
        event, env, context = arguments
        if self._raw_env is None or environment_of(self._raw_env) is not env:
            self._raw_env = raw_environment(env)
        if isinstance(event, Request):
            event = event.js_object
        elif isinstance(event, _ObjectWrapper):
            event = wrap(event._target)
        return event, self._raw_env, context

    def _handler(self, event: str, context: ExecutionContext) -> Callable[..., Awaitable[Any] | Any]:
        entrypoint = getattr(self.module, "Default", None)
        if self.answers_nothing:
            raise JsException("Error", f"Handler does not export a {event}() function.")
        if entrypoint is None:
            handler = getattr(self.module, f"on_{event}", None)
        else:
            handler = getattr(entrypoint(context, self.env), event, None)
        if not callable(handler):
            raise TypeError(f"Method {event} does not exist")
        found: Callable[..., Awaitable[Any] | Any] = handler
        return found


class _Functions:
    """What a Worker of functions is to a service binding: it answers requests."""

    def __init__(self, fetch: Callable[[Request], Any]) -> None:
        self.fetch = fetch


def _is_awaitable(result: Any) -> bool:
    return type(result) is CoroutineType or inspect.isawaitable(result)


def _accepted(handler: Callable[..., Any]) -> int | None:
    """How many arguments the handler takes, None for all: JavaScript, and so the platform, drops the rest."""
    parameters = inspect.signature(handler).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in parameters
    )


def load_worker(
    folder: Path,
    bindings: Mapping[str, object],
    environment: str | None = None,
    platform: Platform | None = None,
    texts: Mapping[Path, str] | None = None,
    without: Collection[str] = (),
) -> Worker:
    """The Worker whose configuration file is in ``folder``, with the configured variables and ``bindings``.

    A binding replaces a variable of the same name. KVNamespace values become KV bindings; namespaces that
    the configuration names and ``bindings`` does not are left unbound. ``texts`` are read in the place of
    what is in files, by their paths. Raises ConfigError and LoadError, the latter also for a binding of a
    kind that is not emulated, unless the Worker is to do ``without`` it.
    """
    path = config_in(folder)
    if path is None:
        raise LoadError(f"no wrangler.toml, wrangler.json or wrangler.jsonc in {folder}")
    config = load_config(path, environment)
    known = {*bindings, *without}
    absent = [f"env.{name} ({kind})" for name, kind in config.not_emulated.items() if name not in known]
    if absent:
        raise LoadError(
            f"{path} binds what is not emulated: {', '.join(absent)}. What the Worker does with it would be "
            "missing: leave it out of the configuration, or name an environment without it"
        )
    return load_configured(config, bindings, platform, texts=texts)


def load_configured(
    config: WorkerConfig,
    bindings: Mapping[str, object],
    platform: Platform | None = None,
    durable: Mapping[str, Objects] | None = None,
    texts: Mapping[Path, str] | None = None,
) -> Worker:
    """The Worker that ``config`` describes; see `load_worker`. ``platform`` gives it time and chance.

    ``durable`` are the Durable Objects that it is bound to, by the binding; they get their classes from it.
    """
    objects = durable or {}
    if config.main is None:
        raise LoadError(f'{config.path} names no entry file: add main = "src/entry.py" or the like')
    absent = {name: NotEmulated(name, kind) for name, kind in config.not_emulated.items()}
    durable_bindings = {name: one.binding for name, one in objects.items()}
    assets = (
        {}
        if config.assets is None or config.assets.binding is None
        else {config.assets.binding: AssetsFetcher(Assets(config.assets, config.root))}
    )
    env = make_env({**absent, **config.vars, **assets, **bindings, **durable_bindings})
    platform = platform or MACHINE
    with current(env, None, platform=platform):
        space, module = import_worker(config.root / config.main, config.root, config.name or "worker", texts)
    if not any(hasattr(module, name) for name in ("Default", "on_fetch", "on_scheduled", "on_queue")):
        raise LoadError(f"{config.root / config.main} defines no class Default and no on_fetch")
    for binding in config.durable_objects:
        if binding.name in objects:
            objects[binding.name].define(_durable_class(module, binding, config), env=env)
    functions = takes_functions(config) or "functions" in platform.allowed
    return Worker(module, env, space, platform, takes_functions=functions)


def _durable_class(module: ModuleType, binding: DurableObjectBinding, config: WorkerConfig) -> type:
    found = getattr(module, binding.class_name, None)
    if not isinstance(found, type):
        raise LoadError(
            f"{config.path} binds {binding.name} to the Durable Object class {binding.class_name}, which "
            f"{config.main} does not define"
        )
    return found

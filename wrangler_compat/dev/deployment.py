"""A Worker that is being served, with its namespaces: replaced as a whole when a file changes."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from kvstore import KVNamespace, StoreError, SystemClock
from kvstore.text.printable import printable
from worker.assets import Assets, AssetsFirst
from worker.config import ConfigError, KVBinding, WorkerConfig
from worker.config.compatibility import python_of
from worker.config.javascript import JSON, shown
from worker.d1 import database_path
from worker.messaging import Broker, Consumer, Message, Outcome
from worker.messaging.broker import Metrics
from worker.runtime import (
    Access,
    LoadError,
    LocalNamespaces,
    Platform,
    ServeError,
    Worker,
    create_app,
    load_configured,
    open_local,
    users_traceback,
)
from worker.runtime.services import PythonCallee, Service
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.dev.members import name_of
from wrangler_compat.dev.settings import DevSettings
from wrangler_compat.dev.shared import Shared

if TYPE_CHECKING:
    from worker.messaging.producer import WorkerQueue
    from wrangler_compat.dev.emulation import Emulation


class Deployment(Protocol):
    """An ASGI app around a Worker.

    ``begin`` loads it and says what it is bound to, or raises, and may be called again then; ``renew`` loads
    it again, and keeps the one that runs, saying why, when that fails; ``end`` waits for background work and
    closes all, ``kill`` waits for nothing and leaves no process behind. ``devtools`` is a page that debugs
    it, None for none.
    """

    @property
    def devtools(self) -> str | None: ...

    async def begin(self) -> None: ...

    async def renew(self) -> None: ...

    async def end(self) -> None: ...

    def kill(self) -> None: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


_FUNCTIONS: Final = (
    "This Worker answers nothing: from compatibility date 2025-08-14 on the platform takes no functions for "
    "handlers, such as on_fetch. Make them methods of a class Default(WorkerEntrypoint), or add the "
    "compatibility flag disable_python_no_global_handlers; --allow=functions calls them on this machine only."
)


@dataclass(eq=False)
class PythonDeployment:
    """A Python Worker, in this process. ``read`` gives the configuration anew, after a change."""

    config: WorkerConfig
    read: Callable[[], WorkerConfig]
    root: Path
    console: Console
    settings: DevSettings
    shared: Shared
    emulation: "Emulation | None" = None
    _began: bool = field(init=False, default=False)
    _local: LocalNamespaces | None = field(init=False, default=None)
    _worker: Worker | None = field(init=False, default=None)
    _app: ASGIApp | None = field(init=False, default=None)
    devtools = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None, "begin comes first"
        await self._app(scope, receive, send)

    async def begin(self) -> None:
        """Load the Worker and say what it is bound to. Raises ConfigError, ServeError, StoreError."""
        if self._began:
            self.config = self.read()
        self._began = True
        local = self._opened(self.config)
        try:
            await local.sweep()
            self._put_on(self.config, local)
        except LoadError:
            await local.close()
            raise
        await show_bindings(self.console, self.config, local, self.root, self.shared)
        self._show_differences(self.config)

    def _show_differences(self, config: WorkerConfig) -> None:
        """Where the platform would do otherwise by the configuration's compatibility date and flags."""
        there, here = python_of(config), f"{sys.version_info.major}.{sys.version_info.minor}"
        if there != here:
            self.console.say(f"⎔ Running on Python {here}; on the platform this Worker has Python {there}")
        worker = self._worker
        if worker is not None and worker.answers_nothing:
            self.console.caution(_FUNCTIONS)

    async def renew(self) -> None:
        """Load the Worker again; if that fails, say why and go on with the one that runs."""
        self.console.say("⎔ Reloading local server...")
        before, worker = self._local, self._worker
        try:
            config = self.read()
            self._put_on(config, self._opened(config))
        except (CommandError, ConfigError, ServeError, StoreError) as error:
            self.console.fail(CommandError(f"{error}\nThe previous version of the Worker keeps running."))
            return
        self.console.say("⎔ Local server updated and ready")
        sys.stdout.flush()
        if worker is not None:
            await worker.background.drain()
            worker.space.forget()
        if before is not None:
            await before.close()

    def _opened(self, config: WorkerConfig) -> LocalNamespaces:
        emulation, strict = self.emulation, self.settings.strict
        if emulation is None:
            return open_local(config, self.root, strict=strict)
        return open_local(
            config,
            self.root,
            strict=strict,
            clock=emulation.clock,
            seen=emulation.seen,
            seen_database=emulation.seen_database,
        )

    def _put_on(self, config: WorkerConfig, local: LocalNamespaces) -> None:
        clock = SystemClock() if self.emulation is None else self.emulation.clock
        platform = Platform(clock, allowed=self.settings.allowed)
        services, broker = self.shared.services, self.shared.broker
        bindings = {
            **local.bindings,
            **local.d1,
            **local.r2,
            **{one.binding: Service(one, services) for one in config.services},
            **_queues(config, broker),
        }
        worker = load_configured(config, bindings, platform, durable=local.durable)
        for objects in local.durable.values():
            objects.restore()
        worker.on_error = lambda error: show_error(self.console, users_traceback(error, worker.space))
        app = create_app(
            worker,
            lambda access: show_access(self.console, access),
            clock,
            test_scheduled=self.settings.test_scheduled,
        )
        name = name_of(config)
        broker.consume(name, [Consumer(name, one, self._take) for one in config.queue_consumers])
        services[name] = PythonCallee(worker)
        self._worker, self._app, self._local = worker, with_assets(config, app), local

    async def _take(self, queue: str, messages: list[Message], metrics: Metrics) -> Outcome:
        """Have the Worker's handler take a batch."""
        from worker.messaging.batch import MessageBatch, take

        worker = self._worker
        assert worker is not None, "begin comes first"
        return await take(worker, MessageBatch(queue, messages, metrics, self.console.caution))

    def kill(self) -> None:
        """Nothing: the Worker runs in this process."""

    async def end(self) -> None:
        if self._worker is not None:
            await self._worker.background.drain()
        if self._local is not None:
            await self._local.close()


def _queues(config: WorkerConfig, broker: Broker) -> dict[str, "WorkerQueue"]:
    if not config.queue_producers:
        return {}
    from worker.messaging.bindings import queue_bindings

    return queue_bindings(config, broker)


def with_assets(config: WorkerConfig, app: ASGIApp) -> ASGIApp:
    """``app`` behind the static assets of the configuration, if it has any."""
    if config.assets is None:
        return app
    return AssetsFirst(Assets(config.assets, config.root), app, config.compatibility_date)


def show_access(console: Console, access: Access) -> None:
    took = f"{round(access.seconds * 1000)}ms"
    what = f"{access.method} {access.path} {access.status} {access.phrase} ({took})"
    console.say(f"[wrangler:info] {printable(what)}")
    sys.stdout.flush()


def show_error(console: Console, traceback: str) -> None:
    console.say("[wrangler:error] " + traceback.rstrip())


async def show_bindings(
    console: Console, config: WorkerConfig, local: LocalNamespaces, root: Path, shared: Shared
) -> None:
    """Binding, namespace, and where its keys are: so that an empty namespace explains itself."""
    rows = [("Binding", "Resource")]
    for binding in config.kv_namespaces:
        keys = await _key_count(KVNamespace(local.stores[binding.local_id]))
        rows.append((_kv_name(binding), f"KV Namespace, {keys:,} keys in {root}"))
    for database in config.d1_databases:
        path = database_path(root.parent / "d1", database.local_id)
        rows.append((f"env.{database.binding} ({database.local_id})", f"D1 Database, {path}"))
    for bucket in config.r2_buckets:
        count = await local.buckets(bucket.bucket).count()
        where = f"R2 Bucket, {count:,} objects in {local.buckets.root}"
        rows.append((f"env.{bucket.binding} ({bucket.bucket})", where))
    for durable in config.durable_objects:
        rows.append((f"env.{durable.name} ({durable.class_name})", "Durable Object"))
    if config.assets is not None:
        name = f"env.{config.assets.binding}" if config.assets.binding else "(no binding)"
        rows.append((name, f"Assets, {config.root / config.assets.directory}"))
    rows += _others(config, shared)
    absent = config.absent_in_dev
    for name, kind in absent.items():
        rows.append((f"env.{name}", f"{kind}, not emulated"))
    for name, value in config.vars.items():
        rows.append((f"env.{name} ({_shown(name, value, config)})", "Environment Variable"))
    if absent:
        named = ", ".join(f"env.{name} ({kind})" for name, kind in absent.items())
        console.caution(f"Not emulated: {named}. {_ABSENT[(config.main or '').endswith('.py')]}")
    if len(rows) > 1:
        width = max(len(first) for first, _ in rows)
        whose = name_of(config) if shared.several else "Your Worker"
        console.say(f"{printable(whose)} has access to the following bindings:")
        console.say("\n".join(printable(f"{first:<{width}}  {second}") for first, second in rows) + "\n")


def _others(config: WorkerConfig, shared: Shared) -> list[tuple[str, str]]:
    """Rows for other Workers and for queues: also for those that are not there."""
    rows = []
    for one in config.services:
        named = one.service if one.entrypoint is None else f"{one.service}#{one.entrypoint}"
        missing = "" if one.service in shared.names else ", which does not run: add its configuration with -c"
        rows.append((f"env.{one.binding} ({named})", f"Worker{missing}"))
    for producer in config.queue_producers:
        missing = "" if producer.queue in shared.consumed else ", which no Worker consumes: messages are gone"
        rows.append((f"env.{producer.binding} ({producer.queue})", f"Queue{missing}"))
    for consumer in config.queue_consumers:
        size, seconds = consumer.max_batch_size, consumer.max_batch_timeout
        rows.append((f"queue() of {consumer.queue}", f"Queue, batches of {size} or after {seconds:g} s"))
    return rows


_ABSENT: Final = {True: "A Worker that asks for one gets an error.", False: "They are undefined here."}
_MOST_SHOWN: Final = 40  # characters of a variable


def _shown(name: str, value: JSON, config: WorkerConfig) -> str:
    """A variable's value: text in quotes, anything else as JSON; a long one is cut."""
    text = value if isinstance(value, str) else shown(value)
    if name in config.secrets:
        text = "(hidden)"
    if len(text) > _MOST_SHOWN:
        text = text[: _MOST_SHOWN - 3] + "..."
    return f'"{text}"' if isinstance(value, str) else text


def _kv_name(binding: KVBinding) -> str:
    named = binding.id is None and binding.preview_id is None
    return f"env.{binding.binding}" if named else f"env.{binding.binding} ({binding.local_id})"


async def _key_count(namespace: KVNamespace) -> int:
    count = 0
    options: dict[str, str] = {}
    while True:
        page = await namespace.list(options)
        count += len(page["keys"])
        if page["list_complete"]:
            return count
        options = {"cursor": page["cursor"]}

"""A JavaScript or TypeScript Worker that is being served: in the real workerd, on our namespaces."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from kvstore import Store, StrictStorage, SystemClock, SystemEntropy
from kvstore.privacy import make_folder
from kvstore.storage.storage import Storage
from worker.assets import Assets, create_assets_app
from worker.config import ConfigError, WorkerConfig
from worker.d1 import DatabaseFolder
from worker.d1 import Service as D1Service
from worker.d1.wire import DATABASE_HEADER, create_d1_app
from worker.javascript import (
    ASSETS_HEADER,
    METHODS_HEADER,
    SERVICE_HEADER,
    USER_SERVICE,
    BuildError,
    BuildOptions,
    Forwarder,
    MissingPartError,
    Proxy,
    Service,
    SourceMap,
    Workerd,
    WorkerdError,
    WorkerInWorkerd,
    create_methods_app,
    create_services_app,
    find_part,
    run_build,
    write_entry,
)
from worker.javascript.bundle import bundle
from worker.javascript.configuration import configuration
from worker.kvwire import StateFolder, StatusTextProtocol, create_kv_app
from worker.messaging import Consumer
from worker.messaging.limits import QueueConfigError, check_producer
from worker.messaging.wire import QUEUE_HEADER, create_queues_app
from worker.r2 import BucketFolder
from worker.r2.wire import BUCKET_HEADER, create_r2_app
from worker.runtime import LoadError, answer_lifespan, open_local
from worker.serving import ByHeader, Guard, bind, serve
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.listening import listen
from wrangler_compat.dev.deployment import show_access, show_bindings, show_error, with_assets
from wrangler_compat.dev.emulation import VISITS, Emulation
from wrangler_compat.dev.members import Member, name_of
from wrangler_compat.dev.settings import DevSettings
from wrangler_compat.dev.shared import Shared

S = TypeVar("S")
T = TypeVar("T")

DEFAULT_INSPECTOR_PORT: Final = 9229
_DEVTOOLS: Final = "https://devtools.devprod.cloudflare.dev/js_app?theme=systemPreferred&debugger=true&ws="
_TROUBLE = (BuildError, MissingPartError, WorkerdError)


def _through(seen: Callable[[str, S], T], opened: Callable[[str], S]) -> Callable[[str], T]:
    return lambda name: seen(name, opened(name))


class JavaScriptDeployment:
    """Workers in one workerd, of which the first is behind a proxy that stays while the process is replaced.

    Where the primary is in Python, only other Workers and queues ask it. Raises CommandError when the parts
    are missing, or a Worker cannot be built or started. A debugger finds the same port whichever process
    runs.
    """

    def __init__(
        self,
        members: Sequence[Member],
        root: Path,
        console: Console,
        environ: Mapping[str, str],
        settings: DevSettings,
        shared: Shared,
        emulation: Emulation | None = None,
    ) -> None:
        config = members[0].config
        self._members = members
        self._configs = [one.config for one in members]
        self._shared = shared
        self._settings = settings
        self._emulation = emulation
        debugged = listen(settings.inspector_host, settings.inspector_port, DEFAULT_INSPECTOR_PORT)
        self._debugger = Forwarder(debugged, lambda: self._running().inspector)
        self._root = root
        self._console = console
        self._environ = environ
        self._workerd: Workerd | None = None
        self._processes: list[asyncio.subprocess.Process] = []
        # What comes to workerd, and from there to the keys, has passed the server in front.
        self._secret = SystemEntropy().token(16).hex()
        self._address = ""
        self._stack = AsyncExitStack()
        log = partial(show_access, console)
        self._source_map = SourceMap("", config.root)
        self._proxy = Proxy(
            lambda: self._running().url,
            self._secret,
            log,
            lambda: self._source_map,
            lambda stack: show_error(console, stack),
        )
        worker = self._proxy if emulation is None else emulation.numbered(self._proxy)
        self._front = with_assets(config, worker)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
        else:
            await self._front(scope, receive, send)

    @property
    def devtools(self) -> str:
        return _DEVTOOLS + f"{self._debugger.address}/{USER_SERVICE}"

    def _running(self) -> Workerd:
        assert self._workerd is not None, "begin comes first"
        return self._workerd

    async def begin(self) -> None:
        emulation = self._emulation
        folder = StateFolder(self._root, SystemClock() if emulation is None else emulation.clock)
        self._stack.push_async_callback(folder.close)
        storage = StrictStorage if self._settings.strict else Storage
        databases = DatabaseFolder(self._root.parent / "d1", None if emulation is None else emulation.clock)
        self._stack.push_async_callback(databases.close)
        stores: Callable[[str], Store] = folder
        services: Callable[[str], D1Service] = databases
        if emulation is not None:
            stores = _through(emulation.seen, folder)
            services = _through(emulation.seen_database, databases)
        app: ASGIApp = create_kv_app(stores, storage=storage, token=self._secret)
        app = ByHeader(DATABASE_HEADER, create_d1_app(services, token=self._secret), app)
        buckets = BucketFolder(self._root.parent / "r2", None if emulation is None else emulation.clock)
        self._stack.push_async_callback(buckets.close)
        app = ByHeader(BUCKET_HEADER, create_r2_app(buckets, token=self._secret), app)
        if emulation is not None:
            app = emulation.on_the_wire(app)
        for config in self._configs:
            if config.assets is not None:
                assets = Guard(self._secret).before(create_assets_app(Assets(config.assets, config.root)))
                app = ByHeader(ASSETS_HEADER, assets, app, config.name or "1")
        shared = self._shared
        app = ByHeader(QUEUE_HEADER, create_queues_app(shared.broker, self._secret), app)
        app = ByHeader(METHODS_HEADER, create_methods_app(shared.services, self._secret), app)
        app = ByHeader(SERVICE_HEADER, create_services_app(shared.services, self._secret), app)
        served = serve(app, bind("127.0.0.1", 0), StatusTextProtocol)
        self._address = (await self._stack.enter_async_context(served)).removeprefix("http://")
        for config in self._configs:
            local = open_local(config, self._root)
            await show_bindings(self._console, config, local, self._root, shared)
            await local.close()
        try:
            self._workerd = await self._start(self._configs)
        except BuildError:
            await self._stack.aclose()
            self._stack, self._configs = AsyncExitStack(), self._read()
            raise
        except _TROUBLE as error:
            raise CommandError(str(error)) from error
        await self._debugger.start()

    def _read(self) -> list[WorkerConfig]:
        return [one.read() for one in self._members]

    def _announce(self, configs: Sequence[WorkerConfig]) -> None:
        """Let other Workers call these, and queues deliver to them. Raises QueueConfigError."""
        for config in configs:
            name = name_of(config)
            worker = WorkerInWorkerd(name, lambda: self._running().url, self._secret, self._proxy.http)
            self._shared.services[name] = worker
            for producer in config.queue_producers:
                check_producer(producer)
            consumers = [Consumer(name, one, worker.take) for one in config.queue_consumers]
            self._shared.broker.consume(name, consumers)

    async def renew(self) -> None:
        self._console.say("⎔ Reloading local server...")
        try:
            fresh = await self._start(self._read())
        except (*_TROUBLE, CommandError, ConfigError, LoadError) as error:
            self._console.fail(CommandError(f"{error}\nThe previous version of the Worker keeps running."))
            return
        old, self._workerd = self._workerd, fresh
        self._console.say("⎔ Local server updated and ready")
        if old is not None:
            await old.stop()

    async def _start(self, configs: Sequence[WorkerConfig]) -> Workerd:
        workerd = find_part("workerd", configs[0].root, self._environ)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            first, *beside = [await self._built(one, folder, number) for number, one in enumerate(configs)]
            service = replace(
                first,
                test_scheduled=self._settings.test_scheduled,
                visits=0 if self._emulation is None else VISITS,
                objects=self._root.parent / "do",
                beside=beside,
                elsewhere=[one.name for one in self._shared.members if one.is_python],
                calls=self._calls(configs),
            )
            if any(config.durable_objects for config in configs):
                make_folder(self._root.parent / "do")
            source_map = SourceMap((folder / service.bundle).read_text("utf-8", "replace"), folder)
            write_entry(folder)
            (folder / "config.capnp").write_text(configuration(service))
            started = await Workerd.start(
                workerd, folder / "config.capnp", self._console.pass_on, self._processes.append
            )
            try:
                self._announce(configs)
            except QueueConfigError:
                await started.stop()
                raise
            self._source_map = (
                source_map  # where it does not start, the one before keeps running with its own
            )
            return started

    async def _built(self, config: WorkerConfig, place: Path, number: int) -> Service:
        """A Worker, bundled into ``place``: the first there, each other one in a folder of its own."""
        await run_build(config.build, config.root, self._console.say)
        entry = config.entry
        if entry is None or not entry.is_file():
            raise CommandError(f'The entry-point file at "{config.main}" was not found.')
        esbuild = find_part("esbuild", config.root, self._environ)
        service = Service(config, self._address, self._secret, folder=f"{number}/" if number else "")
        folder = place / service.folder
        folder.mkdir(exist_ok=True)
        # Flags are for the first, as wrangler has it.
        options = (BuildOptions() if number else self._settings.build).configured(config)
        if options.modules.other_globs:
            globs = ", ".join(options.modules.other_globs)
            self._console.caution(f"`rules` that do not end in *.name have no effect here: {globs}")
        if options.no_bundle:
            shutil.copyfile(entry, folder / service.bundle)
        else:
            built = await bundle(esbuild, entry, folder / service.bundle, options, config.root)
            service = replace(service, is_script=not built.exports)
        return replace(service, modules=options.modules.members(folder, service.bundle))

    def _calls(self, configs: Sequence[WorkerConfig]) -> list[tuple[str, str | None]]:
        """These Workers by their default, and their entrypoints that Workers in Python are bound to."""
        names = [name_of(config) for config in configs]
        python = [one.config for one in self._shared.members if one.is_python]
        bound = {(one.service, one.entrypoint) for config in python for one in config.services}
        return [*((name, None) for name in names), *(one for one in bound if one[1] and one[0] in names)]

    def kill(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.kill()

    async def end(self) -> None:
        await self._debugger.stop()
        if self._workerd is not None:
            await self._workerd.stop()
        await self._proxy.close()
        await self._stack.aclose()

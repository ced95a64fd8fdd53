"""A JavaScript or TypeScript Worker that is being served: in the real workerd, on our namespaces."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from starlette.types import Receive, Scope, Send

from kvstore import SystemClock
from worker.config import ConfigError, WorkerConfig
from worker.javascript import (
    BuildError,
    MissingPartError,
    Proxy,
    Service,
    Workerd,
    WorkerdError,
    bundle,
    configuration,
    find_part,
    write_entry,
)
from worker.kvwire import StateFolder, StatusTextProtocol, create_kv_app
from worker.runtime import LoadError, answer_lifespan, bind, open_local, serve
from wrangler_compat.console import Console
from wrangler_compat.deployment import show_access, show_bindings
from wrangler_compat.errors import CommandError

_TROUBLE = (BuildError, MissingPartError, WorkerdError)


class JavaScriptDeployment:
    """A Worker in workerd, behind a proxy that stays while the process is replaced.

    ``read`` gives the configuration as it is now. Raises CommandError when the parts are missing, or the
    Worker cannot be built or started.
    """

    def __init__(
        self,
        read: Callable[[], WorkerConfig],
        root: Path,
        console: Console,
        environ: Mapping[str, str],
    ) -> None:
        self._read = read
        self._root = root
        self._console = console
        self._environ = environ
        self._workerd: Workerd | None = None
        self._kv_address = ""
        self._stack = AsyncExitStack()
        self._proxy = Proxy(self._url, lambda access: show_access(console, access))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
        else:
            await self._proxy(scope, receive, send)

    def _url(self) -> str:
        assert self._workerd is not None, "begin comes first"
        return self._workerd.url

    async def begin(self) -> None:
        folder = StateFolder(self._root, SystemClock())
        self._stack.push_async_callback(folder.close)
        served = serve(create_kv_app(folder), bind("127.0.0.1", 0), StatusTextProtocol)
        self._kv_address = (await self._stack.enter_async_context(served)).removeprefix("http://")
        config = self._read()
        local = open_local(config, self._root)
        await show_bindings(self._console, config, local, self._root)
        await local.close()
        try:
            self._workerd = await self._start(config)
        except _TROUBLE as error:
            raise CommandError(str(error)) from error

    async def renew(self) -> None:
        self._console.say("⎔ Reloading local server...")
        try:
            fresh = await self._start(self._read())
        except (*_TROUBLE, CommandError, ConfigError, LoadError) as error:
            self._console.fail(CommandError(f"{error}\nThe Worker that was loaded before goes on."))
            return
        old, self._workerd = self._workerd, fresh
        self._console.say("⎔ Local server updated and ready")
        if old is not None:
            await old.stop()

    async def _start(self, config: WorkerConfig) -> Workerd:
        entry = config.entry
        if entry is None or not entry.is_file():
            raise CommandError(f'The entry-point file at "{config.main}" was not found.')
        workerd = find_part("workerd", config.root, self._environ)
        esbuild = find_part("esbuild", config.root, self._environ)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            service = Service(config, self._kv_address)
            await bundle(esbuild, entry, folder / service.bundle)
            write_entry(folder)
            (folder / "config.capnp").write_text(configuration(service))
            return await Workerd.start(workerd, folder / "config.capnp", self._console.say)

    async def end(self) -> None:
        if self._workerd is not None:
            await self._workerd.stop()
        await self._proxy.close()
        await self._stack.aclose()

"""Static assets without a Worker: a folder that is being served."""

from collections.abc import Callable
from pathlib import Path

from starlette.types import Receive, Scope, Send

from worker.assets import Assets, create_assets_app
from worker.config import WorkerConfig
from worker.runtime import answer_lifespan, open_local
from wrangler_compat.cli.console import Console
from wrangler_compat.dev.deployment import show_bindings
from wrangler_compat.dev.shared import Shared


class AssetsDeployment:
    """Files are read when they are asked for, the configuration whenever a file changes."""

    devtools = None

    def __init__(
        self,
        config: WorkerConfig,
        read: Callable[[], WorkerConfig],
        root: Path,
        console: Console,
        shared: Shared,
    ) -> None:
        self._config = config
        self._read = read
        self._shared = shared
        self._root = root
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
            return
        assert self._config.assets is not None, "there is nothing else to be served"
        await create_assets_app(Assets(self._config.assets, self._config.root))(scope, receive, send)

    async def begin(self) -> None:
        local = open_local(self._config, self._root)
        await show_bindings(self._console, self._config, local, self._root, self._shared)
        await local.close()

    async def renew(self) -> None:
        config = self._read()
        self._config = config if config.assets is not None else self._config

    async def end(self) -> None:
        """Nothing is open."""

    def kill(self) -> None:
        """Nothing runs."""

"""Static assets without a Worker: a folder that is being served."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Receive, Scope, Send

from worker.assets import Assets, create_assets_app
from worker.config import WorkerConfig
from worker.runtime import answer_lifespan, open_local
from wrangler_compat.cli.console import Console
from wrangler_compat.dev.deployment import show_bindings
from wrangler_compat.dev.shared import Shared


@dataclass(slots=True)
class AssetsDeployment:
    """Files are read when they are asked for, the configuration whenever a file changes."""

    config: WorkerConfig
    read: Callable[[], WorkerConfig]
    root: Path
    console: Console
    shared: Shared
    devtools = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
            return
        assert self.config.assets is not None, "there is nothing else to be served"
        await create_assets_app(Assets(self.config.assets, self.config.root))(scope, receive, send)

    async def begin(self) -> None:
        local = open_local(self.config, self.root)
        await show_bindings(self.console, self.config, local, self.root, self.shared)
        await local.close()

    async def renew(self) -> None:
        config = self.read()
        self.config = config if config.assets is not None else self.config

    async def end(self) -> None:
        """Nothing is open."""

    def kill(self) -> None:
        """Nothing runs."""

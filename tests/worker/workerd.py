"""The real workerd: where it is, and how a configuration is run with it."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

_ROOT = Path(__file__).parents[2]
_CONFIGURATION = """\
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ ( name = "worker", worker = .worker ),
    {services} ],
  sockets = [ ( name = "http", address = "127.0.0.1:0", http = (), service = "worker" ) ],
);

const worker :Workerd.Worker = (
  modules = [ ( name = "worker.js", esModule = embed "worker.js" ) ],
  compatibilityDate = "2026-04-20",
  bindings = [ {bindings} ],
);
"""
_SERVICE = """( name = "{name}", external = ( address = "{address}", http = (
      injectRequestHeaders = [ ( name = "{header}", value = "{name}" ) ] ) ) )"""


def program(name: str = "workerd") -> Path | None:
    """The real workerd or wrangler: what WORKERD_BIN or WRANGLER_BIN names, or what .ci/run installed."""
    named = os.environ.get(f"{name.upper()}_BIN")
    found = Path(named) if named else _ROOT / ".real" / "node_modules" / ".bin" / name
    return found if found.exists() and (name == "workerd" or shutil.which("node")) else None


def installed(name: str) -> Path:
    """The same; the test is skipped where it is not there."""
    found = program(name)
    if found is None:
        pytest.skip(f"the real {name} is not installed: npm install --prefix .real wrangler@4.86.0")
    return found


def configuration(names: Sequence[str], binding: str, header: str, address: str) -> str:
    """A Worker with a binding for each name: the server at ``address`` gets the name in ``header``.

    ``binding`` is one binding, with ``{name}`` for its name and its service.
    """
    services = [_SERVICE.format(name=name, address=address, header=header) for name in names]
    bindings = [binding.format(name=name) for name in names]
    return _CONFIGURATION.format(services=",\n    ".join(services), bindings=",\n    ".join(bindings))


@asynccontextmanager
async def served(folder: Path, configuration: str, worker: str) -> AsyncIterator[httpx.AsyncClient]:
    """workerd with a configuration and its ``worker.js`` in ``folder``; skips where there is no workerd."""
    binary = installed("workerd")
    (folder / "config.capnp").write_text(configuration)
    (folder / "worker.js").write_text(worker)
    process = await asyncio.create_subprocess_exec(
        binary,
        "serve",
        "config.capnp",
        "--control-fd=1",
        "--experimental",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        listening = json.loads(await process.stdout.readline())
        url = f"http://127.0.0.1:{listening['port']}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            yield client
    finally:
        process.terminate()
        await process.communicate()

"""The real workerd with the Durable Objects of probe.mjs; run as a program, this records it."""

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.worker.durable.calls import CALLS, RECORDED, Call
from worker.javascript.parts import find_part
from worker.javascript.process import Workerd

CLASSES = {"PROBE": "Probe", "RINGING": "Ringing", "BROKEN": "Broken"}
_ROOT = Path(__file__).parents[3]
_CONFIGURATION = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .probe), (name = "disk", disk = (path = "{folder}", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const probe :Workerd.Worker = (
  modules = [(name = "probe.mjs", esModule = embed "probe.mjs")],
  compatibilityDate = "2026-04-21",
  durableObjectNamespaces = [{classes}],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [{bindings}],
);
"""


class Real:
    """A running workerd."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, call: Call) -> Any:
        return (await self._client.post("/", json=call.asked())).json()


def unique_key(class_name: str) -> str:
    return f"probe-{class_name}"


@asynccontextmanager
async def workerd(folder: Path) -> AsyncIterator[Real]:
    """workerd with its storage in ``folder``. Raises MissingPartError."""
    program = find_part("workerd", _ROOT / ".real", os.environ)
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "probe.mjs").write_bytes((Path(__file__).parent / "probe.mjs").read_bytes())
        configuration = Path(place) / "probe.capnp"
        configuration.write_text(_configuration(folder))
        process = await Workerd.start(program, configuration, lambda line: None)
        try:
            async with httpx.AsyncClient(base_url=process.url, timeout=30) as client:
                yield Real(client)
        finally:
            await process.stop()


def _configuration(folder: Path) -> str:
    names = [
        f'(className = "{name}", uniqueKey = "{unique_key(name)}", enableSql = true)'
        for name in CLASSES.values()
    ]
    bindings = [f'(name = "{name}", durableObjectNamespace = "{kind}")' for name, kind in CLASSES.items()]
    return _CONFIGURATION.format(folder=folder, classes=", ".join(names), bindings=", ".join(bindings))


def stored(folder: Path, class_name: str, digits: str) -> dict[str, str]:
    """The serialised values of one object, in hex."""
    path = folder / unique_key(class_name) / f"{digits}.sqlite"
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT key, value FROM _cf_KV ORDER BY key").fetchall()
    connection.close()
    return {key: bytes(value).hex() for key, value in rows}


async def record(folder: Path) -> dict[str, Any]:
    """Everything that the tests compare with, from a workerd with empty storage."""
    from worker.durable.object_id import named

    async with workerd(folder) as real:
        calls = [{"asked": call.asked(), "answer": await real.ask(call)} for call in CALLS]
    digits = named("values", unique_key("Probe")).js_string()
    return {"calls": calls, "values": stored(folder, "Probe", digits)}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = asyncio.run(record(Path(folder)))
    RECORDED.parent.mkdir(parents=True, exist_ok=True)
    RECORDED.write_text(json.dumps(recording, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write(f"{len(recording['calls'])} calls in {RECORDED}\n")


if __name__ == "__main__":
    main()

"""One folder of local state, used at once by our binding and by a Worker in the real ``wrangler dev``.

Ours waits for a lock that the other holds and never fails. The real one does not wait: a write that meets a
commit of ours is refused at once (500), and succeeds when the Worker tries again.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kvstore import KVNamespace, StateStore
from kvstore.sql.pooled import PooledDatabase
from tests.worker.workerd import installed

pytestmark = [pytest.mark.anyio, pytest.mark.wrangler]

NAMESPACE = "0f2ac74b498b48028cb68387c421e279"
CONFIG = f"""\
name = "demo"
main = "index.js"
compatibility_date = "2026-04-20"
kv_namespaces = [{{ binding = "CACHE", id = "{NAMESPACE}" }}]
"""
WORKER = """\
export default {
  async fetch(request, env) {
    const [method, ...given] = await request.json();
    try {
      return Response.json((await env.CACHE[method](...given)) ?? null);
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};
"""
# What the real one says when another process holds SQLite's lock: it does not wait.
REFUSALS = ("500 Internal Server Error", "Network connection lost")
ATTEMPTS = 20
WRITERS = 8
STEPS = 25


@asynccontextmanager
async def wrangler_dev(
    folder: Path, state: Path, config: str = CONFIG, worker: str = WORKER
) -> AsyncIterator[str]:
    """``wrangler dev`` with its state in ``state``, for as long as the block lasts; gives its URL."""
    binary = installed("wrangler")
    (folder / "wrangler.toml").write_text(config)
    (folder / "index.js").write_text(worker)
    process = await asyncio.create_subprocess_exec(
        *(binary, "dev", "--local", "--ip=127.0.0.1", "--port=0", "--inspector-port=0"),
        f"--persist-to={state}",
        cwd=folder,
        env=os.environ | {"WRANGLER_SEND_METRICS": "false", "CI": "true", "NO_COLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # so that what it starts can be ended with it
    )
    assert process.stdout is not None
    said = ""
    try:
        async with asyncio.timeout(60):
            while "Ready on " not in said:
                line = await process.stdout.readline()
                assert line, said
                said = line.decode()
        reading = asyncio.create_task(process.stdout.read())  # or it would wait for us to
        yield said.partition("Ready on ")[2].strip()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        await reading


class Wrangler:
    """The namespace as the Worker in ``wrangler dev`` has it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call(self, method: str, *given: Any) -> Any:
        for _ in range(ATTEMPTS):
            answer = await self._http.post("/", json=[method, *given])
            if answer.status_code == 200:
                return answer.json()
            assert method in ("put", "delete"), answer.text
            assert any(refusal in answer.text for refusal in REFUSALS), answer.text
        raise AssertionError(answer.text)

    async def get(self, key: str) -> Any:
        return await self.call("get", key)

    async def put(self, key: str, value: str) -> None:
        await self.call("put", key, value)

    async def delete(self, key: str) -> None:
        await self.call("delete", key)


async def walk(name: str, writes: KVNamespace | Wrangler, reads: KVNamespace | Wrangler) -> None:
    """One side puts, overwrites and deletes; after every step the other must see it."""
    for step in range(STEPS):
        key, value = f"{name}-{step % 4}", f"{name} {step} " + "v" * (step * 100)
        await writes.put(key, value)
        assert await reads.get(key) == value
        await writes.put("shared", value)
        if step % 3 == 0:
            await writes.delete(key)
            assert await reads.get(key) is None


async def test_ours_and_a_running_wrangler_dev_write_at_the_same_time(tmp_path: Path) -> None:
    state = tmp_path / "state"
    store = StateStore(state / "v3" / "kv", NAMESPACE, opener=PooledDatabase.open)
    ours = KVNamespace(store)
    async with (
        wrangler_dev(tmp_path, state) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http,
    ):
        theirs = Wrangler(http)
        await asyncio.gather(
            *(walk(f"ours-{number}", ours, theirs) for number in range(WRITERS)),
            *(walk(f"theirs-{number}", theirs, ours) for number in range(WRITERS)),
        )
        listed = await ours.list()
        seen = await theirs.call("list")
        assert [key["name"] for key in listed["keys"]] == [key["name"] for key in seen["keys"]]
        assert len(listed["keys"]) == 1 + 2 * WRITERS * 2  # the last steps leave two keys of four
        assert await ours.get("shared") == await theirs.get("shared")
    await store.close()

"""Unmodified JavaScript Workers in simulations, in the real workerd."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from harness.system.deployment import SystemFailed
from harness.system.javascript.messages import Frames
from harness.system.javascript.sockets import Sockets
from kvstore.faults import InvocationCrashed
from tests.harness.javascript.running import (
    CONFIG,
    START,
    Simulation,
    at_once,
    code_of,
    histories_elsewhere,
    simulated,
)
from worker.runtime import LoadError

pytestmark = [pytest.mark.workerd, pytest.mark.usefixtures("javascript")]


BUSY = """
let served = 0;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default {
  async fetch(request, { KV }, ctx) {
    const { pathname } = new URL(request.url);
    const about = { served: ++served, began: Date.now() };
    if (pathname === "/line") {
      for (const one of "abc") await KV.put(one, (await KV.get("z")) ?? one);
    }
    if (pathname === "/all") await Promise.all([..."abcde"].map(async (one) => {
      await KV.get(one);
      await KV.put(one, String(Math.random()));
    }));
    if (pathname === "/race") {
      about.won = await Promise.race([KV.get("a"), KV.list(), wait(12).then(() => "timer")]);
    }
    if (pathname === "/timers") {
      await Promise.all([wait(30), wait(10).then(() => KV.get("t")), scheduler.wait(20)]);
    }
    if (pathname === "/rest") {
      ctx.waitUntil(Promise.all([KV.put("r", "1"), wait(5).then(() => KV.delete("r"))]));
    }
    if (pathname === "/digest") {
      await crypto.subtle.digest("SHA-256", new Uint8Array(50000));
      const digest = crypto.subtle.digest("SHA-1", new Uint8Array(9));
      await Promise.all([KV.get("a"), digest.then(() => KV.get("b"))]);
    }
    return Response.json({ ...about, ended: Date.now(), id: crypto.randomUUID(), chance: Math.random() });
  },
};
"""
PLACES = ("/line", "/all", "/race", "/timers", "/rest", "/digest")


def histories(folder: Path, seeds: range) -> list[str]:
    code = code_of(folder, BUSY)
    return [json.dumps(simulated(code, at_once(*PLACES), seed)) for seed in seeds]


def test_a_seed_has_one_history_in_every_process(tmp_path: Path) -> None:
    seeds = range(1, 21)
    here = histories(tmp_path / "here", seeds)
    assert histories_elsewhere(__name__, tmp_path / "there", seeds) == here
    assert len(set(here)) == 20


def test_a_module_is_evaluated_anew_for_every_simulation(tmp_path: Path) -> None:
    code = code_of(tmp_path, BUSY)

    async def twice(simulation: Simulation) -> list[int]:
        return [json.loads(await simulation.get("/"))["served"] for _ in range(2)]

    assert [simulated(code, twice) for _ in range(3)] == [[1, 2]] * 3


def test_time_is_the_simulations(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
        const loaded = Date.now();
        export default { async fetch(request, env) {
          const began = Date.now();
          await env.KV.put("a", "b");
          const put = Date.now() - began;
          await new Promise((resolve) => setTimeout(resolve, 3_600_000));
          const signal = AbortSignal.timeout(5);
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          const late = signal.reason.name, took = Date.now() - began;
          return Response.json([loaded, began, put >= 10, took >= 3_600_015, late, new Date() * 1]);
        } };
        """,
    )
    started = time.monotonic()
    answer = json.loads(simulated(code, lambda simulation: simulation.get("/")))
    assert answer[:5] == [0, START, True, True, "TimeoutError"]
    assert answer[5] > START + 3_600_000
    assert time.monotonic() - started < 300


def test_a_crash_ends_the_handler_and_what_it_left_to_wait_until(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
        export default { async fetch(request, { KV }, ctx) {
          if (request.url.endsWith("/rest")) {
            ctx.waitUntil((async () => { for (const one of "abcd") await KV.put(one, ""); })());
            return new Response("answered");
          }
          try { await KV.get("a"); await KV.get("b"); }
          catch { await KV.get("caught"); }
          finally { await KV.get("finally"); }
          return new Response("done");
        } };
        """,
    )

    async def cut(simulation: Simulation, path: str) -> tuple[str, list[str]]:
        try:
            answer = await simulation.get(path)
        except InvocationCrashed:
            answer = "cut off"
        await simulation.clock.sleep(100)
        return answer, simulation.asked

    front = simulated(code, lambda simulation: cut(simulation, "/"), faults={2: "crash"})
    rest = simulated(code, lambda simulation: cut(simulation, "/rest"), faults={3: "crash"})
    assert front == ("cut off", ["get a", "get b"])
    assert rest == ("answered", ["put a", "put b", "put c"])
    assert simulated(code, lambda simulation: simulation.get("/")) == "done"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("refused", "KV PUT failed: 500 Internal Server Error"),
        ("timeout", "KV PUT failed: 504 Gateway Timeout"),
    ],
)
def test_an_error_of_kv_reaches_the_worker_in_the_products_words(
    tmp_path: Path, fault: str, said: str
) -> None:
    code = code_of(
        tmp_path,
        """
        export default { async fetch(request, { KV }) {
          try { await KV.put("a", "b"); }
          catch (error) { return Response.json([error.message, error.stack.includes("180000")]); }
        } };
        """,
    )
    answer = simulated(code, lambda simulation: simulation.get("/"), faults={1: fault})
    assert json.loads(answer) == [said, False]


def test_values_come_back_as_the_binding_gives_them(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
        export default { async fetch(request, { KV }) {
          await KV.put("a", JSON.stringify({ x: 1 }), { metadata: { m: "ü" }, expirationTtl: 60 });
          const refused = await KV.put("", "x").catch((error) => error.message);
          return Response.json([
            await KV.get("a"), await KV.get("a", "json"), await KV.get("none"), await KV.getWithMetadata("a"),
            [...await KV.get(["a", "none"])], [...await KV.getWithMetadata(["a"], "json")],
            await KV.list({ prefix: "a" }), refused, Object.keys(request.cf),
            [...request.headers.keys()],
          ]);
        } };
        """,
    )
    answer = json.loads(simulated(code, lambda simulation: simulation.get("/")))
    value, end = '{"x":1}', START // 1000 + 60
    assert answer[:4] == [
        value,
        {"x": 1},
        None,
        {"value": value, "metadata": {"m": "ü"}, "cacheStatus": None},
    ]
    assert answer[4] == [["a", value], ["none", None]]
    assert answer[5] == [["a", {"value": {"x": 1}, "metadata": {"m": "ü"}}]]
    key = {"name": "a", "expiration": end, "metadata": {"m": "ü"}}
    assert answer[6] == {"keys": [key], "list_complete": True, "cacheStatus": None}
    assert answer[7:] == ["Key name cannot be empty.", [], ["cf-connecting-ip", "host"]]


def test_nothing_leaves_and_errors_name_the_users_line(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        "const url = 'https://api.example/pay';\n\nexport default {\n  async fetch() {\n"
        "    return await fetch(url, { method: 'POST' });\n  },\n};\n",
    )
    answer = simulated(code, lambda simulation: simulation.get("/"))
    assert answer == (
        "Error: POST https://api.example/pay is refused: nothing leaves a rehearsal (src/index.js:5)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import { WorkerEntrypoint } from 'cloudflare:workers';\n"
        "export default class extends WorkerEntrypoint { async fetch() {\n"
        "  await this.env.KV.put('a', '1'); return new Response(await this.env.KV.get('a')); } }",
        "addEventListener('fetch', (event) => event.respondWith((async () => {\n"
        "  await KV.put('a', '1'); return new Response(await KV.get('a')); })()));",
    ],
)
def test_every_form_of_a_worker_is_run(tmp_path: Path, text: str) -> None:
    assert simulated(code_of(tmp_path, text), lambda simulation: simulation.get("/")) == "1"


def test_what_cannot_be_built_or_started_is_said(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"cannot be built: .*Expected identifier"):
        _ = code_of(tmp_path / "a", "export default {{").code
    with pytest.raises(LoadError, match=r"workerd does not run the Worker .*nowhere"):
        _ = code_of(tmp_path / "b", "nowhere(); export default {};").code


def test_nothing_is_left_when_the_process_is_killed_and_an_end_of_workerd_is_said(tmp_path: Path) -> None:
    code = code_of(tmp_path, BUSY)
    _ = code.code
    [isolates] = code._running
    folder, guard = isolates.folder, isolates._process.pid
    children = Path(f"/proc/{guard}/task/{guard}/children")
    if not children.exists():
        pytest.skip("this machine has no /proc with children")
    [workerd, *_] = [int(one) for one in children.read_text().split() if "workerd" in _named(int(one))]
    os.kill(workerd, 9)
    with pytest.raises(SystemFailed, match="workerd"):
        simulated(code, lambda simulation: simulation.get("/"))
    isolates.stop()
    assert not folder.exists()


def _named(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text()


def test_a_connection_that_workerd_closes_while_it_is_idle_is_no_answer(tmp_path: Path) -> None:
    code = code_of(tmp_path, BUSY)

    async def with_a_pause(simulation: Simulation) -> list[str]:
        answers = []
        for path in ("/line", "/line", "/all", "/all"):
            answers.append(json.loads(await simulation.get(path))["ended"])
            for one in [one for lane in code._running[0].lanes for one in lane.connections]:
                if one.held is None:
                    one.socket.shutdown(socket.SHUT_WR)  # workerd closes it; we have not heard of it yet
        return answers

    assert sorted(simulated(code, with_a_pause)) == simulated(code, with_a_pause)


@pytest.mark.parametrize(
    "operation", ["get('a')", "getWithMetadata('a')", "list()", "put('a', '')", "delete('a')"]
)
def test_an_error_of_every_operation_names_the_users_line(tmp_path: Path, operation: str) -> None:
    code = code_of(
        tmp_path,
        f"export default {{\n  async fetch(request, {{ KV }}) {{\n    await KV.{operation};\n  }},\n}};\n",
    )
    answer = simulated(code, lambda simulation: simulation.get("/"), faults={1: "refused"})
    assert answer.endswith(" failed: 500 Internal Server Error (src/index.js:3)")


@pytest.mark.parametrize("begin", ["", "await Promise.resolve();\n"], ids=["plain", "awaits"])
def test_nothing_that_a_module_keeps_outlives_a_simulation(tmp_path: Path, begin: str) -> None:
    code = code_of(
        tmp_path,
        f"{begin}let served = 0;\nglobalThis.known = (globalThis.known ?? 0) + 1;\n"
        "export default { async fetch() { return Response.json([++served, known]); } };\n",
    )

    async def twice(simulation: Simulation) -> list[str]:
        return [await simulation.get("/"), await simulation.get("/")]

    assert [simulated(code, twice) for _ in range(3)] == [["[1,1]", "[2,1]"]] * 3


def test_env_has_the_configured_bindings_and_no_others(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        "import { env as imported } from 'cloudflare:workers';\n"
        "export default { async fetch(request, env) {\n"
        "  return Response.json([Object.keys(env), Object.keys(imported)]); } };\n",
    )
    assert simulated(code, lambda simulation: simulation.get("/")) == '[["KV"],["KV"]]'


def test_what_a_module_imports_is_there(tmp_path: Path) -> None:
    config = CONFIG.replace("kv_namespaces", 'compatibility_flags = ["nodejs_compat"]\nkv_namespaces')
    code = code_of(
        tmp_path,
        "import { env } from 'cloudflare:workers';\nimport path, { join } from 'node:path';\n"
        "import page from './page.html';\nimport { three } from './three.cjs';\n"
        "export default { async fetch() {\n"
        "  const same = path.join === join;\n"
        "  return Response.json([typeof env.KV.get, same, join('a', 'b'), page, three]); } };\n",
        config,
    )
    (tmp_path / "src" / "page.html").write_text("<p>hello</p>")
    (tmp_path / "src" / "three.cjs").write_text("exports.three = require('node:path').join('3');")
    answer = json.loads(simulated(code, lambda simulation: simulation.get("/")))
    assert answer == ["function", True, "a/b", "<p>hello</p>", "3"]


@pytest.mark.parametrize("pieces", [1, 1000, 100_000])
def test_frames_of_any_size_come_in_pieces_of_any_size(pieces: int) -> None:
    bodies = [b"", b"a" * 125, b"b" * 126, b"c" * 65_535, b"d" * 65_536, b"e"]
    sizes = (b"\x00", b"\x7d", b"\x7e\x00\x7e", b"\x7e\xff\xff", b"\x7f\0\0\0\0\0\x01\0\0", b"\x01")
    data = b"".join(b"\x81" + size + body for size, body in zip(sizes, bodies, strict=True))
    frames = Frames()
    read = [one.body for at in range(0, len(data), pieces) for one in frames.feed(data[at : at + pieces])]
    assert read == bodies
    assert not frames.partly


def test_everything_that_a_request_may_begin_at_once_finds_room(tmp_path: Path) -> None:
    """Each operation comes on a connection of its own, and none is taken while the simulation computes."""
    sockets, path, begun = Sockets(), tmp_path / "asks", []
    sockets.listen(path, lambda connection, message: None)
    try:
        for _ in range(1000):
            begun.append(socket.socket(socket.AF_UNIX))
            begun[-1].setblocking(False)
            begun[-1].connect(str(path))
    finally:
        sockets.close_all()
        for one in begun:
            one.close()

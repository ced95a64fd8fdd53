"""What a JavaScript Worker is made of: modules of all types, the names of Node.js, and what is configured."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kvstore import ManualClock
from wrangler_compat.dev.watch import Watched, stamp, watch

from .dev import REAL, Dev

pytestmark = [pytest.mark.own_clock, pytest.mark.workerd]

CONFIG = """\
name = "built"
main = "src/index.js"
compatibility_date = "2025-01-01"
compatibility_flags = ["nodejs_compat"]
rules = [{ type = "Text", globs = ["**/*.md"], fallthrough = true }]
[define]
VERSION = '"1.2"'
[alias]
"shim" = "./src/real.js"
[build]
command = "mkdir -p made && echo built > made/built.txt"
[[kv_namespaces]]
binding = "KV"
id = "abc"
"""
MODULES = """\
import text from "./a.txt"; import marked from "./b.md"; import data from "./c.bin";
import page from "./d.html"; import wasm from "./e.wasm"; import built from "../made/built.txt";
import { real } from "shim"; import path from "path"; import { readFile } from "fs/promises";
export default { fetch: () => Response.json([
  text, marked, data.byteLength, page, wasm instanceof WebAssembly.Module, built,
  real, path.join("a", "b"), typeof readFile, VERSION]) };
"""
SCRIPT = """\
addEventListener("fetch", event => event.respondWith(answer()));
async function answer() { await KV.put("k", "v"); return new Response(await KV.get("k")); }
"""
PLATFORM = """\
const KEY = "https://example.com/kept";
export default { async fetch(request) {
  if (request.method === "POST") {
    const reader = request.body.getReader();
    const first = await reader.read();
    while (!(await reader.read()).done);
    return new Response(String(first.value[0]));
  }
  const found = await caches.default.match(KEY);
  const headers = { "cache-control": "max-age=60" };
  if (!found) await caches.default.put(KEY, new Response("kept", { headers }));
  return Response.json([found ? await found.text() : null, request.cf.colo]);
} };
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for part in ("workerd", "esbuild"):
        if not (REAL / part).exists():
            pytest.skip(f"{part} is not installed: npm install --prefix .real wrangler@4.86.0")
        monkeypatch.setenv(f"{part.upper()}_BIN", str(REAL / part))
    source = tmp_path / "src"
    source.mkdir()
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    for name, content in {
        "a.txt": "A",
        "b.md": "B",
        "d.html": "<p>",
        "real.js": "export const real = 42;",
    }.items():
        (source / name).write_text(content)
    (source / "c.bin").write_bytes(b"\0\1\2")
    (source / "e.wasm").write_bytes(b"\0asm\1\0\0\0")
    return tmp_path


BUILT = """\
name = "built"
main = "dist/made.js"
compatibility_date = "2025-01-01"
[build]
command = "test ! -f fail && cat ../src/index.js ../src/text.md > made.js"
cwd = "dist"
watch_dir = ["src"]
"""
ANSWERS = 'export default { fetch: () => new Response("%s") };'
KEPT = "The previous version of the Worker keeps running."


def test_a_build_runs_again_when_what_it_watches_changes(project: Path) -> None:
    source, text, made = (project / name for name in ("src/index.js", "src/text.md", "dist"))
    (project / "wrangler.toml").write_text(BUILT)
    source.write_text(ANSWERS % "one")
    text.write_text("// text")
    made.mkdir()
    (made / "fail").touch()
    dev = Dev(project, "--port", "0", "--inspector-port", "0", ready="Waiting for a changed file")
    try:
        (made / "fail").unlink()
        source.write_text(ANSWERS % "two")
        url = dev.read_until("Ready on ").split("Ready on ")[1].strip()
        assert httpx.get(url, trust_env=False).text == "two"
        text.write_text("// a file of any name")
        dev.read_until("updated and ready")
        (made / "fail").touch()
        source.write_text(ANSWERS % "three")
        dev.read_until(KEPT)
        assert httpx.get(url, trust_env=False).text == "two"
    finally:
        dev.stop()
    said = "".join(dev.lines)
    assert "[custom build] Running: test ! -f fail && cat ../src/index.js" in said
    assert said.count("more logs from your build command above. It ended with exit code 1.") == 2


def test_only_what_a_build_reads_and_the_configuration_are_watched(tmp_path: Path) -> None:
    for name in ("src/deep/a.md", "lib/b.js", "wrangler.toml", "src/.hidden/c.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    built = [Watched(tmp_path, below=False), Watched(tmp_path / "src", every=True)]
    assert {*stamp(built)} == {str(tmp_path / name) for name in ("wrangler.toml", "src/deep/a.md")}
    assert {*stamp([Watched(tmp_path)])} == {str(tmp_path / name) for name in ("wrangler.toml", "lib/b.js")}


class Waits(ManualClock):
    async def sleep(self, seconds: float) -> None:
        raise TimeoutError


def test_what_a_build_writes_again_is_not_a_change(tmp_path: Path) -> None:
    made, builds = tmp_path / "made.js", list[int]()

    async def build() -> None:
        builds.append(made.write_text("x" * len(builds)))

    made.write_text("from the first build")
    with pytest.raises(TimeoutError):
        asyncio.run(watch([Watched(tmp_path)], {}, Waits(), build, own={str(made)}))
    assert len(builds) == 1


def test_a_build_that_makes_no_worker_is_named(project: Path) -> None:
    (project / "wrangler.toml").write_text(BUILT.replace("> made.js", "> other.js"))
    for name in ("index.js", "text.md"):
        (project / "src" / name).touch()
    (project / "dist").mkdir()
    dev = Dev(project, "--port", "0", "--inspector-port", "0", ready="should point to the file generated by")
    dev.stop()
    assert 'The expected output file at "dist/made.js" was not found' in "".join(dev.lines)


@pytest.fixture
def running(project: Path, request: pytest.FixtureRequest) -> Iterator[Dev]:
    (project / "src" / "index.js").write_text(request.param)
    dev = Dev(project, "--port", "0", "--inspector-port", "0")
    yield dev
    if dev.process.poll() is None:
        dev.stop()


@pytest.mark.parametrize("running", [MODULES], indirect=True)
def test_modules_of_all_types_are_found(running: Dev) -> None:
    given = httpx.get(running.url, trust_env=False).json()
    assert given == ["A", "B", 3, "<p>", True, "built\n", 42, "a/b", "function", "1.2"]


@pytest.mark.parametrize("running", [SCRIPT], indirect=True)
def test_a_script_that_listens_has_its_bindings_as_globals(running: Dev) -> None:
    assert httpx.get(running.url, trust_env=False).text == "v"


@pytest.mark.parametrize("running", [PLATFORM], indirect=True)
def test_the_cache_keeps_and_a_request_knows_where_it_came_in(running: Dev) -> None:
    assert httpx.get(running.url, trust_env=False).json() == [None, "DFW"]
    assert httpx.get(running.url, trust_env=False).json() == ["kept", "DFW"]


@pytest.mark.parametrize("running", [PLATFORM], indirect=True)
def test_a_body_reaches_the_worker_as_it_comes(running: Dev) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"\x07"
        yield b"\x08" * 100_000

    assert httpx.post(running.url, content=pieces(), trust_env=False).text == "7"

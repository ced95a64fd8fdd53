"""``dev --conditions``: an unfriendly platform, as a Worker in development meets it, in both languages."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kvstore.clock import MovableClock

from .dev import REAL, Dev, copy_notes, wrangler

pytestmark = pytest.mark.own_clock

NOTES = """\
export default {
  async fetch(request, env, ctx) {
    const name = new URL(request.url).pathname.slice(1);
    if (name === "facts") return Response.json([Object.keys(env), request.cf.colo, Date.now()]);
    if (name === "many") for (let at = 0; at < 51; at++) await env.NOTES.get(`note-${at}`);
    if (request.method === "PUT") {
      await env.NOTES.put(name, await request.text(), { expirationTtl: 86400 });
      ctx.waitUntil(env.NOTES.put("last", name));
      return new Response(null, { status: 201 });
    }
    const text = await env.NOTES.get(name);
    return text === null ? new Response("no such note", { status: 404 }) : new Response(text);
  },
};
"""
CONFIG = """\
name = "notes"
main = "notes.js"
compatibility_date = "2025-10-08"
[[kv_namespaces]]
binding = "NOTES"
id = "notes"
"""
LANGUAGES = ("python", pytest.param("javascript", marks=pytest.mark.workerd))


def notes(language: str, folder: Path) -> Path:
    if language == "python":
        return copy_notes(folder)
    if not (REAL / "workerd").exists() or not (REAL / "esbuild").exists():
        pytest.skip("workerd or esbuild is not installed: npm install --prefix .real wrangler@4.86.0")
    (folder / "wrangler.toml").write_text(CONFIG)
    (folder / "notes.js").write_text(NOTES)
    return folder


@contextmanager
def running(folder: Path, *flags: str) -> Iterator[tuple[Dev, httpx.Client]]:
    parts = {f"{part.upper()}_BIN": str(REAL / part) for part in ("workerd", "esbuild")}
    dev = Dev(folder, "--port=0", *flags, environ=os.environ | parts)
    try:
        with httpx.Client(base_url=dev.url, timeout=20) as client:
            yield dev, client
    finally:
        dev.stop()


def advance(client: httpx.Client, duration: str) -> int:
    answer = client.get("/cdn-cgi/local/clock", params={"advance": duration})
    ahead: int = answer.raise_for_status().json()["aheadMs"]
    return ahead


@pytest.mark.parametrize("language", LANGUAGES)
def test_reads_are_stale_elsewhere_until_time_has_moved(language: str, tmp_path: Path) -> None:
    with running(notes(language, tmp_path), "--conditions", "production") as (_, client):
        assert client.get("/cdn-cgi/local/colo/NRT/milk").status_code == 404
        assert client.put("/milk", content="two").status_code == 201

        assert client.get("/cdn-cgi/local/colo/NRT/milk").status_code == 404
        assert client.get("/milk").text == "two"
        assert advance(client, "61s") == 61_000
        assert client.get("/cdn-cgi/local/colo/nrt/milk").text == "two"
        advance(client, "1d")
        assert client.get("/milk").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_write_of_a_key_is_refused_until_a_second_has_passed(language: str, tmp_path: Path) -> None:
    with running(notes(language, tmp_path), "--conditions=free") as (_, client):
        # However slow this machine is, of so many writes two fall within a second.
        written = [client.put("/milk", content="milk") for _ in range(20)]
        refused = [one for one in written if one.status_code == 500]
        advance(client, "1s")

        assert refused
        assert all("KV PUT failed: 429 Too Many Requests" in one.text for one in refused)
        assert client.put("/milk", content="milk").status_code == 201


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fault_happens_to_the_operation_that_is_counted(language: str, tmp_path: Path) -> None:
    folder = notes(language, tmp_path)
    with running(folder, "--fault=crash@2") as (dev, client):
        assert client.get("/milk").status_code == 404
        cut_off = client.put("/milk", content="milk")
        assert (cut_off.status_code, "cut off before operation 1" in cut_off.text) == (500, True)
        assert client.get("/milk").status_code == 404
        dev.read_until("--fault crash@2 happened during PUT /milk")
    with running(folder, "--fault=unanswered@1") as (_, client):
        assert "KV PUT failed: 500 Internal Server Error" in client.put("/milk", content="milk").text
        assert client.get("/milk").text == "milk"


@pytest.mark.workerd
def test_requests_to_workerd_have_a_budget_each(tmp_path: Path) -> None:
    with running(notes("javascript", tmp_path), "--conditions", "hostile", "--colo", "IAD") as (_, client):
        names, colo, before = client.get("/facts").json()
        assert (names, colo) == (["NOTES"], "IAD")
        many = client.get("/many").text
        assert many.startswith("Error: Too many API requests by single Worker invocation.")
        assert client.get("/milk").status_code == 404
        advance(client, "2h")
        assert client.get("/facts").json()[2] >= before + 7_200_000


def test_no_page_of_another_site_moves_time_and_what_makes_no_sense_is_said(tmp_path: Path) -> None:
    with running(copy_notes(tmp_path), "--conditions", "local") as (_, client):
        for path in ("/cdn-cgi/local/clock?advance=1d", "/cdn-cgi/local/colo/NRT/milk"):
            assert client.get(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
        refused = client.get("/cdn-cgi/local/clock?advance=1w")
        assert (refused.status_code, "such as 61s, but got '1w'" in refused.text) == (400, True)
        for path in ("TOKYO/milk", "NRT"):
            strange = client.get(f"/cdn-cgi/local/colo/{path}")
            assert (strange.status_code, "three letters and a path" in strange.text) == (404, True)
        assert client.get("/cdn-cgi/local/clock").json()["aheadMs"] == 0


@pytest.mark.parametrize(
    ("flag", "complaint"),
    [
        ("--colo=Tokyo", "--colo takes three letters such as NRT, but got 'TOKYO'"),
        ("--fault=crash", "'crash' is not a fault"),
        ("--seed=1.5", "--seed takes a whole number from 0 on, but got 1.5"),
        ("--conditions=awful", "awful"),
    ],
)
def test_dev_names_an_invalid_value_of_conditions_colo_fault_or_clock(
    flag: str, complaint: str, tmp_path: Path
) -> None:
    done = wrangler("dev", flag, cwd=copy_notes(tmp_path))

    assert done.returncode == 1
    assert complaint in done.stdout + done.stderr


def test_a_sleeper_wakes_when_its_time_is_moved_to() -> None:
    async def sleep() -> None:
        clock = MovableClock()
        sleeping = asyncio.ensure_future(clock.sleep(3600))
        await clock.sleep(0.001)
        clock.advance(1_800_000)
        await clock.sleep(0.001)
        assert not sleeping.done()
        clock.advance(1_800_000)
        await asyncio.wait_for(sleeping, 60)

    asyncio.run(sleep())

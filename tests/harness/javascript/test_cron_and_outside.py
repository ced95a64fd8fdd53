"""Workers that move at their cron triggers, and ask the world outside, in Python and in JavaScript."""

import socket
from pathlib import Path
from select import select

import pytest

from harness.model.record import Record
from harness.model.scenario import Scenario
from harness.rehearsal.subject import loaded
from harness.system.javascript.code import JavaScriptCode
from kvstore import Entry
from tests.harness.declared.declaring import declared, rehearsed, subject_of, worker
from tests.harness.javascript.running import OPEN

PYTHON = """
from workers import Response, WorkerEntrypoint, fetch


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = request.url.rpartition("/")[2]
        return Response(await self.env.KV.get(f"new:{name}") or await self.env.KV.get(f"old:{name}") or "")

    async def scheduled(self, controller, env, ctx):
        listed = await self.env.KV.list(prefix="old:")
        for key in listed["keys"][:2]:
            text = await self.env.KV.get(key["name"])
            if text is None:
                continue
            label = await (await fetch("https://labels.example/v1")).text()
            await self.env.KV.put("new:" + key["name"][4:], label + text)
            await self.env.KV.delete(key["name"])
"""
JAVASCRIPT = """
export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1);
    return new Response((await env.KV.get(`new:${name}`)) ?? (await env.KV.get(`old:${name}`)) ?? "");
  },
  async scheduled(controller, env) {
    const { keys } = await env.KV.list({ prefix: "old:" });
    for (const { name } of keys.slice(0, 2)) {
      const text = await env.KV.get(name);
      if (text === null) continue;
      const label = await (await fetch("https://labels.example/v1")).text();
      await env.KV.put("new:" + name.slice(4), label + text);
      await env.KV.delete(name);
    }
  },
};
"""
MIGRATION = """
from harness import Migration

m = Migration("labels", before="worker", after="worker", binding="KV", answers="changed")
OUTBOUND

@m.becomes("old:")
def new(name, old):
    return old.at(f"new:{name}", text="label " + old.text)

@m.operator
async def operator(op):
    await op.deploy("after")
    while len((await op.kv().list(prefix="old:"))["keys"]) and op.sent < 5:
        await op.scheduled("*/5 * * * *")
        await op.wait(300)

@m.reads("old:")
async def find(who, name):
    return (await who.get(f"/{name}")).ok
"""
ANSWERED = 'm.outbound.get("https://labels.example/v1", text="label ")'
ENTRIES = {("KV", f"old:{number}"): Entry(b"text") for number in range(4)}


@pytest.fixture(params=["python", pytest.param("javascript", marks=pytest.mark.workerd)])
def language(request: pytest.FixtureRequest) -> str:
    language: str = request.param
    if language == "javascript":
        request.getfixturevalue("javascript")
    return language


def migration(folder: Path, language: str, *, outbound: str = ANSWERED) -> Path:
    if language == "python":
        worker(folder / "worker", PYTHON)
    else:
        (folder / "worker").mkdir(parents=True)
        (folder / "worker" / "index.js").write_text(JAVASCRIPT)
        (folder / "worker" / "wrangler.toml").write_text(
            'name = "labels"\nmain = "index.js"\ncompatibility_date = "2026-04-21"\n'
            '[[kv_namespaces]]\nbinding = "KV"\n'
        )
    return declared(folder, MIGRATION.replace("OUTBOUND", outbound))


def run(path: Path, scenario: str = "") -> tuple[Record, set[str]]:
    """What happens in a run, and the codes of what is found."""
    subject = subject_of(path, ENTRIES)
    codes = [stage.worker_code for stage in loaded(subject).stages.all()]
    OPEN.extend(one for one in codes if isinstance(one, JavaScriptCode))
    record = subject.simulate(Scenario.read(f"seed=1 conditions=local entries=2 {scenario}"))
    return record, {one.code for verdict in subject.judge(record) for one in verdict.findings}


def test_a_cron_trigger_moves_what_the_outside_completes(tmp_path: Path, language: str) -> None:
    record, found = run(migration(tmp_path, language))
    assert [call.status for call in record.calls if call.method == "CRON"] == [200]
    assert not found
    assert not record.refused


def test_what_a_cron_trigger_writes_is_judged(tmp_path: Path, language: str) -> None:
    wrong = ANSWERED.replace('"label "', '"other "')
    _, found = run(migration(tmp_path, language, outbound=wrong))
    assert "value-changed" in found


def test_a_cron_trigger_is_cut_off_like_a_request(tmp_path: Path, language: str) -> None:
    record, found = run(migration(tmp_path, language), "faults=crash@operator.1:3")
    assert record.fired == ("crash@operator.1:3",)
    assert [call.status for call in record.calls if call.method == "CRON"] == [None, 200]
    assert not found


def test_what_nothing_answers_is_refused_by_name(tmp_path: Path, language: str) -> None:
    record, _ = run(migration(tmp_path, language, outbound=""))
    assert record.refused == {"GET https://labels.example/v1"}
    said = str(next(call.answer for call in record.calls if call.method == "CRON"))
    assert 'say what it is answered: outbound.on("GET", "https://labels.example/v1", …)' in said


def test_an_http_client_reaches_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asks = f'httpx.Client(trust_env=False).get("http://127.0.0.1:{server.getsockname()[1]}").text'
        code = PYTHON.replace('await (await fetch("https://labels.example/v1")).text()', asks)
        worker(tmp_path / "worker", "import httpx\n" + code)
        record, _ = run(declared(tmp_path, MIGRATION.replace("OUTBOUND", "")))
        assert {call.status for call in record.calls if call.method == "CRON"} == {500}
        assert select([server], [], [], 0) == ([], [], [])


def test_a_request_that_nothing_answers_leaves_no_verdict(tmp_path: Path) -> None:
    path = migration(tmp_path, "python", outbound="")
    result = rehearsed(path, ENTRIES, explore=["crashes"], conditions="local")
    assert result.unmet[:1] == [
        "the Worker asks the outside, and nothing says what it answers: GET https://labels.example/v1"
    ]

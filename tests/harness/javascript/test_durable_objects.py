"""Durable Objects of JavaScript Workers in rehearsals, in the real workerd."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.explore.workforce import Here
from harness.migration import MigrationError
from harness.model.record import Record
from harness.model.scenario import Scenario
from harness.rehearsal.rehearsal import rehearse
from harness.rehearsal.subject import Subject, loaded
from harness.system.javascript import object_lane
from harness.system.javascript.code import JavaScriptCode
from harness.system.javascript.object_lane import ObjectLane
from harness.terminal.exit_codes import HELD, VIOLATED
from kvstore import Entry
from kvstore.layers.trace import Trace
from tests.harness.declared.declaring import bound, declared, subject_of
from tests.harness.javascript.running import CONFIG, OPEN, histories_elsewhere

pytestmark = [pytest.mark.workerd, pytest.mark.usefixtures("javascript")]
COUNTERS = Path(__file__).parent / "counter"
BOUND = bound("Counter")
DECLARED = """
from harness import Migration

m = Migration("counters", before="before", after="after", binding="KV", answers="changed")

@m.becomes("count:")
def count(name, old):
    return old.at("total:" + name)

@m.operator
async def runbook(op):
    await op.deploy("after")
    await op.settle()
    {steps}

@m.reads("count:")
async def read(who, name):
    return (await who.get("/" + name)).status == 200

@m.changes("count:")
async def add(who, name):
    await who.post("/" + name + "/add")
"""
STEPS = {
    "naive": 'await op.until_done("/admin/move", carry="cursor")',
    "careful": 'await op.until_done("/admin/copy", carry="cursor")\n    await op.settle()\n    '
    'await op.until_done("/admin/remove", carry="cursor")',
}
ENTRIES = {("KV", f"count:{name}"): Entry(b"%d" % number) for number, name in enumerate("abcd", 5)}


def worker(folder: Path, code: str, binding: str = BOUND) -> None:
    """A Worker of one file."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "index.js").write_text(code)
    (folder / "wrangler.toml").write_text(CONFIG + binding)


def opened(path: Path) -> Subject:
    subject = subject_of(path, ENTRIES)
    codes = [stage.worker_code for stage in loaded(subject).stages.all()]
    OPEN.extend(code for code in codes if isinstance(code, JavaScriptCode) and code not in OPEN)
    return subject


def counters(folder: Path, after: str) -> Subject:
    """The migration of counters into objects by the Worker ``after``."""
    worker(folder / "before", (COUNTERS / "before.js").read_text(), "")
    worker(folder / "after", (COUNTERS / f"{after}.js").read_text())
    return opened(declared(folder, DECLARED.format(steps=STEPS[after])))


def found(subject: Subject, line: str) -> set[str]:
    """What is violated in a scenario, by the codes of the findings."""
    verdicts = subject.judge(subject.simulate(Scenario.read(line)))
    return {finding.code for verdict in verdicts for finding in verdict.findings}


def test_a_counter_that_is_moved_carelessly_loses_what_was_added_meanwhile(tmp_path: Path) -> None:
    # Between its read and the call of the object, a client adds.
    assert "overwritten" in found(counters(tmp_path, "naive"), "seed=1 entries=2 interrupt=add@operator.1:3")


def test_an_object_that_takes_its_counter_over_by_itself_loses_nothing(tmp_path: Path) -> None:
    subject = counters(tmp_path, "careful")
    record = subject.simulate(Scenario(entries=4, colos=3, readers=2))
    assert record.moved
    assert all(one.held for one in subject.judge(record))
    assert not rehearse(subject, ENTRIES, Here(), explore=("schedules",), seeds=range(1, 31)).damage


@pytest.mark.parametrize(
    ("after", "explore", "exit_code"),
    [("careful", (), HELD), ("naive", ("--explore", "interruptions"), VIOLATED)],
)
def test_the_command_says_which_of_them_is_safe_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], after: str, explore: tuple[str, ...], exit_code: int
) -> None:
    counters(tmp_path, after)
    entries = tmp_path / "entries.json"
    entries.write_text(json.dumps([{"key": "count:a", "value": "5"}]))
    command = ["run", str(tmp_path / "migration.py"), "--from", str(entries), "--seeds", "60", "--jobs", "2"]
    assert main([*command, *explore, "-q"]) == exit_code
    said = capsys.readouterr().out
    if after == "naive":
        assert "newer write of a client was overwritten by the migration: total:" in said
        assert re.search(r"operator\.\d+ +(calls )?Counter\(\w+\) set", said)


def histories(folder: Path, seeds: range) -> list[str]:
    """Each run's requests, operations and end, as text."""
    subject, found = counters(folder, "careful"), []
    for seed in seeds:
        meanwhile = (
            "",
            "faults=crash@operator.1:4",
            "interrupt=add@operator.1:5",
            "at_once=add+read@operator.1",
        )
        line = f"seed={seed} entries=3 colos=3 readers=2 clients=2 {meanwhile[seed % 4]}"
        record = subject.simulate(Scenario.read(line))
        calls = [(one.name, one.status, one.answer, one.answered, one.operations) for one in record.calls]
        asked = [(one.at, one.invocation, one.verb, one.key, str(one.error)) for one in record.asked]
        found.append(repr((calls, asked, record.called, sorted(record.final.items()))))
    while OPEN:
        OPEN.pop().close()
    return found


def test_a_seed_has_one_history_in_every_process(tmp_path: Path) -> None:
    seeds = range(1, 13)
    here = histories(tmp_path / "here", seeds)
    assert histories_elsewhere(__name__, tmp_path / "there", seeds) == here
    assert len(set(here)) == 12


# A Worker that hands every request to the object that the path names.
OBJECT = """
import {{ DurableObject }} from "cloudflare:workers";
export class Counter extends DurableObject {{
  served = 0;
  {members}
}}
export default {{
  async fetch(request, env) {{
    const [, name, method] = new URL(request.url).pathname.split("/");
    try {{
      return Response.json((await env.COUNTER.getByName(name)[method](name)) ?? null);
    }} catch ({{ name, message, remote, retryable }}) {{
      return Response.json({{ name, message, remote, retryable }});
    }}
  }},
}};
"""
ASKED = """
from harness import Migration

m = Migration("asked", before="before", after="after", binding="KV")

@m.becomes("")
def same(name, old):
    return old

@m.operator
async def runbook(op):
    {steps}

@m.reads("count:")
async def claim(who, name):
    return (await who.get("/" + name + "/claim")).ok
"""


def asked(folder: Path, members: str, *steps: str, binding: str = BOUND) -> Subject:
    """The operator does these ``steps``; the same Worker is deployed before and after."""
    for name in ("before", "after"):
        worker(folder / name, OBJECT.format(members=members), binding)
    return opened(declared(folder, ASKED.format(steps="\n    ".join(steps))))


def answers(record: Record, actor: str = "operator") -> list[Any]:
    return [call.answer for call in record.calls if call.actor.startswith(actor)]


def get(path: str) -> str:
    return f'await op.get("{path}")'


COUNT = """async next() {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return [count, ++this.served, this.ctx.id.name];
  }"""


def test_an_object_keeps_what_it_stored_in_the_next_stage_and_nothing_in_the_next_run(tmp_path: Path) -> None:
    subject = asked(
        tmp_path,
        COUNT,
        *[get("/a/next"), get("/a/next"), get("/b/next"), 'await op.deploy("after")'],
        *[get("/a/next"), 'await op.deploy("before")', get("/a/next"), get("/a/next")],
    )
    first = [[1, 1, "a"], [2, 2, "a"], [1, 1, "b"]]
    for seed in (1, 2):
        record = subject.simulate(Scenario(seed=seed))
        assert answers(record) == [*first, [3, 1, "a"], [4, 1, "a"], [5, 2, "a"]]


def test_a_crash_ends_the_object_and_not_who_called_it(tmp_path: Path) -> None:
    reads = COUNT.replace("return [", 'await this.env.KV.get("a");\n    return [')
    subject = asked(tmp_path, reads, get("/a/next"), get("/a/next"), get("/a/next"))
    crash = subject.simulate(Scenario.read("seed=1 faults=crash@operator.2:2"))
    lost = {"name": "Error", "message": "Network connection lost.", "retryable": True}
    assert answers(crash) == [[1, 1, "a"], lost, [3, 1, "a"]]
    assert [(one.label, one.answer, one.error) for one in crash.called] == [
        ("Counter(a) next", '[1,1,"a"]', None),
        ("Counter(a) next", "", "Error: Network connection lost."),
        ("Counter(a) next", '[3,1,"a"]', None),
    ]
    before = subject.simulate(Scenario.read("seed=1 faults=crash@operator.2:1"))
    assert [call.status for call in before.calls if call.actor == "operator"] == [200, None, 200]
    refused = subject.simulate(Scenario.read("seed=1 faults=refused@operator.2:1"))
    assert answers(refused) == [[1, 1, "a"], lost, [2, 2, "a"]]


def test_an_error_goes_to_who_called_and_alarms_ring_in_simulated_time(tmp_path: Path) -> None:
    members = """async plan() {
    await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
    return (await this.ctx.storage.getAlarm()) - Date.now();
  }
  async alarm({ retryCount }) {
    if (retryCount < 2) throw new Error("not yet");
    await this.ctx.storage.put("rang", retryCount);
  }
  async rang() { return [await this.ctx.storage.get("rang"), await this.ctx.storage.getAlarm()]; }
  fails() { throw new RangeError("too far"); }"""
    wait = ["await op.wait(3599)", get("/a/rang"), "await op.wait(60)", get("/a/rang")]
    record = asked(tmp_path, members, get("/a/plan"), *wait, get("/a/fails"), get("/a/nothing")).simulate(
        Scenario()
    )
    planned, early, late, failed, nothing = answers(record)
    assert planned == 3_600_000
    assert early[0] is None
    assert early[1] > planned
    assert late == [2, None]
    assert failed == {"name": "RangeError", "message": "too far", "remote": True}
    assert nothing["message"] == 'The RPC receiver does not implement the method "nothing".'


@pytest.mark.parametrize(("kept", "winners"), [("storage", {1}), ("KV", {1, 2})])
def test_a_claim_that_is_kept_in_storage_is_one_holders(tmp_path: Path, kept: str, winners: set[int]) -> None:
    """While an object waits for KV it answers others, who are in other locations."""
    where = "this.ctx.storage" if kept == "storage" else "this.env.KV"
    claim = f"""async claim() {{
    if (await {where}.get("held")) return {{ won: false }};
    await {where}.put("held", "1");
    return {{ won: true }};
  }}"""
    subject = asked(tmp_path, claim, get("/other/none"))
    found = set()
    for behind in ("", " order=claim-1.1:3+2"):
        line = f"seed=1 entries=1 colos=3 at_once=claim+claim@operator.1{behind}"
        record = subject.simulate(Scenario.read(line))
        found.add(sum(answer["won"] for answer in answers(record, "claim-")))
    assert found == winners


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            "async ask() { return () => 1; }",
            "A function cannot be sent to or from a Durable Object in a rehearsal",
        ),
        (
            "async ask() { await this.ctx.storage.transaction((txn) => txn.setAlarm(5)); }",
            "alarms in a transaction",
        ),
        (
            "async ask() { return this.env.COUNTER.jurisdiction('eu'); }",
            "env.COUNTER.jurisdiction() is not emulated",
        ),
        (
            "async ask() { await this.env.DB.prepare('SELECT 1').run(); }",
            "D1 in a Durable Object of a rehearsal",
        ),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(tmp_path: Path, members: str, said: str) -> None:
    database = '\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "db"\ndatabase_id = "db"\n'
    (answer,) = answers(
        asked(tmp_path, members, get("/a/ask"), binding=BOUND + database).simulate(Scenario())
    )
    assert said in answer["message"]


def test_sql_ids_and_requests_are_the_platforms(tmp_path: Path) -> None:
    members = """async ask() {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE t (a)");
    sql.exec("INSERT INTO t VALUES (1), (2)");
    const other = this.env.COUNTER.newUniqueId();
    const answer = await this.env.COUNTER.get(other).fetch("https://x.y/b?c=1", { method: "PUT", body: "z" });
    const again = this.env.COUNTER.idFromString(`${other}`).equals(other);
    const sum = [...sql.exec("SELECT sum(a) AS s FROM t")];
    return [sum, answer.status, await answer.text(), again, `${other}`];
  }
  async fetch(request) {
    return new Response([request.url, await request.text(), this.ctx.id.name], { status: 201 });
  }"""
    subject = asked(tmp_path, members, get("/a/ask"))
    record = subject.simulate(Scenario(seed=1))
    (one,), (two,) = answers(record), answers(subject.simulate(Scenario(seed=1)))
    inner, outer = ((call.ordinal, call.label, call.answer) for call in record.called)
    assert inner == (2, f"Counter({one[-1]}) PUT /b?c=1", "201")
    assert outer[:2] == (1, "Counter(a) ask")
    assert one == two
    assert one[:4] == [[{"s": 3}], 201, "https://x.y/b?c=1,z,", True]


def test_an_object_calls_any_number_of_others_that_ask_kv(tmp_path: Path) -> None:
    members = """async ask() {
    return await Promise.all([..."abcdefgh"].map((name) => this.env.COUNTER.getByName(name).reads()));
  }
  async reads() { return (await this.env.KV.get("count:a")) === null; }"""
    record = asked(tmp_path, members, get("/x/ask")).simulate(Scenario())
    assert answers(record) == [[False] * 8]


@pytest.mark.parametrize(
    "does",
    [
        'await kv.get("a"); await storage.put("n", 1); await kv.put("b", "1")',
        'await Promise.all([kv.get("a"), kv.put("b", "1"), storage.put("n", 1)])',
        'kv.put("b", "1"); storage.put("n", 1)',
        'this.ctx.waitUntil(storage.get("n").then(() => kv.put("b", "1"))); await kv.get("a")',
        'storage.setAlarm(Date.now() + 9); await kv.get("a")',
        'if (name === "a") await this.env.COUNTER.getByName("b").ask("b"); await kv.put(name, "1")',
    ],
)
def test_an_event_that_goes_on_alone_is_as_where_the_isolate_is_asked_each_time(
    tmp_path: Path, does: str
) -> None:
    members = f"""async ask(name) {{
    const {{ storage }} = this.ctx, kv = this.env.KV;
    {does};
    return (await storage.get("n")) ?? null;
  }}
  async alarm() {{ await this.env.KV.put("rang", "1"); }}"""
    subject = asked(tmp_path, members, get("/a/ask"), get("/a/ask"), "await op.wait(1)")

    def history(trace: Trace | None = None) -> object:
        record = subject.simulate(Scenario(), None, trace)
        return answers(record), record.called, record.asked

    once = history(Trace())
    assert [history(), history()] == [once, once]


def test_an_event_that_goes_on_alone_is_asked_only_when_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(does: Any) -> Any:
        def also(*given: Any) -> Any:
            done.append(does.__name__)
            return does(*given)

        return also

    for name in ("settle", "deliver"):
        monkeypatch.setattr(ObjectLane, name, noted(getattr(ObjectLane, name)))
    monkeypatch.setattr(object_lane, "_PATIENCE_MS", 60_000)
    members = """async ask() { for (const name of "abcd") await this.env.KV.get(name); return 1; }
  claim() {}"""
    record = asked(tmp_path, members, get("/a/ask"), get("/a/ask")).simulate(Scenario())
    assert answers(record)[:2] == [1, 1]
    assert done.count("settle") == done.count("deliver")


def test_nothing_is_left_of_objects(tmp_path: Path) -> None:
    subject = asked(tmp_path, COUNT, get("/a/next"))
    subject.simulate(Scenario())
    folders = [one.folder for code in OPEN for one in code._running]
    assert folders
    while OPEN:
        OPEN.pop().close()
    assert not any(folder.exists() for folder in folders)


def test_a_class_that_the_worker_does_not_export_is_said(tmp_path: Path) -> None:
    binding = BOUND.replace("Counter", "Other")
    with pytest.raises(MigrationError, match="the Worker has no class Other: it must export"):
        asked(tmp_path, COUNT, get("/a/next"), binding=binding).simulate(Scenario())

"""``rehearse mutate``: what is noticed, what is not, and what makes no difference."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.explore.workforce import Unfinished
from harness.mutation import command
from harness.mutation.hunt import NOT_STARTED, NOTICED, Hunt, Hunter
from harness.mutation.mutant import Mutant
from harness.mutation.results import Results, hunted
from harness.mutation.trace import step_of
from harness.rehearsal import rehearsal
from harness.terminal.processes import Ended, ProcessError
from kvstore import Entry, Event
from tests.harness.declared.declaring import RUNBOOK, declared, worker
from tests.harness.declared.test_links import LINKS

OLD = """
    from workers import Response, WorkerEntrypoint

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            found = await self.env.KV.get("a:" + request.url.rsplit("/", 1)[1])
            return Response(found or "", status=404 if found is None else 200)
"""
NEW = """
    import time
    from workers import Response, WorkerEntrypoint

    RETRY_SECONDS = 5

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            name = request.url.rsplit("/", 1)[1]
            if name != "move":
                found = await self.env.KV.get("b:" + name) or await self.env.KV.get("a:" + name)
                return Response(found or "", status=404 if found is None else 200)
            page = await self.env.KV.list(prefix="a:")
            for key in page["keys"]:
                value = await self.env.KV.get(key["name"])
                if value is not None:
                    lifetime = {"expiration": key["expiration"]} if "expiration" in key else {}
                    if lifetime and lifetime["expiration"] < time.time() + 90:
                        continue
                    await self.env.KV.put("b:" + key["name"][2:], value, **lifetime)
            return Response.json({"done": page["list_complete"]}, headers={"retry-after": "1"}, status=200)
"""
MIGRATION = f"""
from harness import Migration

m = Migration("m", before="old", after="new", binding="KV", keeps_originals=True)

@m.becomes("a:")
def moved(name, old):
    return old.at("b:" + name, metadata=None)
{RUNBOOK}
@m.reads("a:")
async def look(who, name):
    return (await who.get("/" + name)).status == 200
"""


@pytest.fixture
def migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(rehearsal, "GROWN", 4)
    worker(tmp_path / "old", OLD)
    worker(tmp_path / "new", NEW)
    (tmp_path / "kv.json").write_text(json.dumps([{"key": f"a:{one}", "value": "x"} for one in range(3)]))
    return declared(tmp_path, MIGRATION)


Mutate = Callable[..., tuple[int, dict[str, Any], str]]


def mutated(path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """`rehearse mutate` on the declaration at ``path``: its exit code, and its report."""
    report = path.with_name("report.json")
    given = ["mutate", str(path), "--from", str(path.with_name("kv.json"))]
    given += ["--seeds", "3", "--jobs", "1", "-q", "--seconds", "2", "--json", str(report)]
    code = main([*given, *arguments])
    return code, json.loads(report.read_text())


@pytest.fixture
def mutate(migration: Path, capsys: pytest.CaptureFixture[str]) -> Mutate:
    """The same for ``migration``, and what was printed."""
    return lambda *arguments: (*mutated(migration, *arguments), capsys.readouterr().out)


@pytest.mark.mutants
def test_mutate_tells_found_mistakes_from_survivors(mutate: Mutate) -> None:
    code, report, text = mutate("--only", "entry.py:15", "--at-least", "90")
    outcomes = {(one["rule"], one["after"]): one["outcome"] for one in report["hunts"]}
    assert outcomes["await left out", 'self.env.KV.get(key["name"])'] == "noticed"
    assert report["hunted"] == report["drawn"] == report["mistakes"] == len(outcomes)
    assert report["different"] == report["noticed"] + report["survived"]
    assert f"your rehearsal would notice {report['noticed']:,} " in text
    assert code == int(report["percent"] < 90)


@pytest.mark.mutants
def test_a_mistake_whose_other_answer_is_not_judged_survives(mutate: Mutate) -> None:
    code, report, text = mutate("--only", "entry.py:21 [constant]", "--at-least", "100")
    assert (code, report["survived"]) == (1, 1)  # a step is done with status 200 as with 201
    assert "Less than the 100 % that --at-least asks for." in text
    survivor = report["survivors"][0]
    assert survivor["place"] == "entry.py:21 [constant]"
    assert survivor["differs"]["kind"] == "answers"
    assert f"    - {survivor['minus']}" in text


@pytest.mark.mutants
def test_an_unread_mistake_is_equivalent_and_the_workers_folder_stays_untouched(
    migration: Path, mutate: Mutate
) -> None:
    folder = migration.parent / "new"
    before = {path: path.read_bytes() for path in folder.rglob("*.py")}
    code, report, text = mutate("--only", "entry.py:5", "--sample", "1", "--seed", "1")
    assert [one["outcome"] for one in report["hunts"]] == ["no difference seen so far"]
    assert code == 4
    assert "INCONCLUSIVE: no mistake made a difference" in text
    assert {path: path.read_bytes() for path in folder.rglob("*.py")} == before
    assert not list(folder.glob("__pycache__/*"))


@pytest.mark.mutants
def test_a_mistake_that_never_ends_is_noticed_and_one_that_does_not_load_is_none(
    migration: Path, mutate: Mutate
) -> None:
    entry = migration.parent / "new" / "entry.py"
    odd = "if RETRY_SECONDS > 5:\n    while True:\n        pass\nif RETRY_SECONDS < 5:\n    raise OSError\n"
    entry.write_text(f"{entry.read_text()}\n{odd}")
    _, report, _ = mutate("--only", "entry.py:5", "--seconds", "1")
    found = {one["after"]: one for one in report["hunts"]}
    assert (found["6"]["outcome"], found["6"]["by"]) == ("noticed", "process")
    assert "did not come to an end" in found["6"]["what"]
    assert found["4"]["outcome"] == "did not start"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--stage", "dual"),
            "--stage dual: the migration has no Worker of that name; it has: before, after",
        ),
        (("--only", "nowhere"), "has 'nowhere' in its FILE:LINE [RULE]: change --only"),
    ],
)
def test_mutate_refuses_an_unsuitable_migration_before_it_works(
    migration: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mutate", str(migration), "--from", str(migration.with_name("kv.json")), *arguments]) == 3
    assert said in capsys.readouterr().err


@pytest.mark.mutants
def test_mutate_reports_what_was_done_until_ctrl_c(mutate: Mutate, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(hunter: Hunter, mutants: list[Mutant], *more: Any) -> Iterator[Hunt]:
        yield Hunt(mutants[0], NOTICED)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "hunted", stopped)
    code, report, text = mutate("--sample", "5")
    assert (code, report["hunted"], report["drawn"]) == (130, 1, 5)
    assert "Stopped after 1 of 5 mistakes." in text


SAMPLE = 8
# Of a hundred that make a difference: a small sample of them may have bad luck.
AT_LEAST = 50


@pytest.mark.mutants
def test_of_a_fresh_sample_most_that_make_a_difference_are_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["mutate", str(LINKS / "migration.py"), "--from", str(LINKS / "links.json"), "--jobs", "2", "-q"]
    more = ["--sample", str(SAMPLE), "--seconds", "10", "--at-least", str(AT_LEAST)]
    code = main([*given, *more, "--json", str(tmp_path / "report.json")])
    text = capsys.readouterr().out
    with capsys.disabled():
        print(f"\n{text}")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "GO"
    assert report["hunted"] == SAMPLE
    assert code == 0, text


class Given:
    """A workforce in which every job comes to ``outcome``."""

    def __init__(self, outcome: ProcessError) -> None:
        self.outcome = outcome

    def outcomes(self, work: Any, jobs: Sequence[Mutant]) -> Iterator[tuple[Mutant, ProcessError]]:
        return ((job, self.outcome) for job in jobs)


@pytest.mark.parametrize(
    ("death", "outcome", "share"),
    [(Ended("it called sys.exit"), NOTICED, 100), (Unfinished("killed three times"), NOT_STARTED, None)],
)
def test_only_a_process_that_the_worker_ended_counts_as_noticed(
    death: ProcessError, outcome: str, share: float | None
) -> None:
    mutant = Mutant("constant", "entry.py", 1, 0, "1", "2")
    workforce: Any = Given(death)
    hunter: Any = None
    hunts = list(hunted(hunter, [mutant], workforce, lambda *counts: None))
    assert [one.outcome for one in hunts] == [outcome]
    assert Results(hunts, 1, 1).share == share


BEGAN = 1_795_300_000_000


def test_a_moment_in_a_key_is_no_difference() -> None:
    steps = [
        step_of(Event(0, at, "operator-1.1", "put", f"notes:batch:{at:014}-x", Entry(b"{}")), BEGAN, set())
        for at in (BEGAN + 131_202, BEGAN + 131_212)
    ]
    assert steps[0] == steps[1]
    assert steps[0].asked == "put notes:batch:<moment>-x '{}'"

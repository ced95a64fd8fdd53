"""``rehearse lint``, as one types it: its text, its exit codes, and what machines read."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from harness.cli.rehearse import main

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
SAFE = ROOT / "worker/queue/src/taskqueue"
WRONG = 'async def fetch(request, env):\n    return (await env.KV.list())["keys"]\n'


@pytest.mark.parametrize("worker", sorted(EXAMPLES.glob("*/careful")), ids=lambda path: path.parent.name)
def test_lint_finds_nothing_in_a_careful_example(worker: Path) -> None:
    assert main(["lint", str(worker)]) == 0


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("links", {"first-page", "over-budget", "bare-copy", "early-delete"}),
        ("board", {"first-page", "over-budget", "bare-copy", "early-delete"}),
        ("links_to_d1", {"first-page", "over-budget", "early-delete"}),
    ],
)
def test_lint_finds_what_a_look_can_see_in_a_naive_example(
    name: str, rules: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(EXAMPLES / name / "naive"), "--json", "-"]) == 1
    assert {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]} == rules


def test_lint_of_the_queues_worker_blames_only_what_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    main(["lint", str(ROOT / "worker/queue"), "--json", "-"])
    found = {one["file"] for one in json.loads(capsys.readouterr().out)["findings"]}
    shared = {"formats/leased.py", "formats/new.py", "formats/old.py", "requests/limiter.py"}
    guide = {"migration/documented.py", "migration/status.py"}
    assert found == {f"src/taskqueue/{name}" for name in shared | guide}


def test_a_finding_says_where_why_and_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "entry.py").write_text(WRONG)
    assert main(["lint", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "entry.py:2: only the first page" in said
    assert "Why: A page has 1,000 keys at most" in said
    assert "Do: List again" in said
    assert "1 found in 1 file" in said


def test_code_that_asks_nothing_of_kv_is_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "entry.py").write_text("def fetch(): ...\n")
    assert main(["lint", str(tmp_path)]) == 4
    assert "nothing was judged" in " ".join(capsys.readouterr().out.split())


def test_a_folder_without_code_is_no_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(tmp_path)]) == main(["lint", str(tmp_path / "none")]) == 3
    assert "name the folder of a Worker" in capsys.readouterr().err


def test_machines_read_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, sarif = tmp_path / "lint.json", tmp_path / "lint.sarif"
    main(["lint", str(EXAMPLES / "links/naive"), "--json", str(report), "--sarif", str(sarif)])
    Draft202012Validator(json.loads((ROOT / "docs/schema/report-1.json").read_text())).validate(
        json.loads(report.read_text())
    )
    schema = ROOT / "tests/data/schemas/sarif-2.1.0-rtm.5.json"
    Draft4Validator(json.loads(schema.read_text())).validate(json.loads(sarif.read_text()))
    capsys.readouterr()
    assert main(["export", "sarif", str(report)]) == 0
    assert capsys.readouterr().out == sarif.read_text()
    assert main(["export", "junit", str(report)]) == 3


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken.py", "def (:\n", "Not read: broken.py: line 1: invalid syntax"),
        ("broken.ts", "\nconst a = ;\n", "Not read: broken.ts: line 2 is not valid"),
        ("bundle.js", "a;" * 600_000, "Not read: bundle.js: it has 1,200,000 bytes"),
        ("nested.py", f"a = {'-' * 3000}1\n", "Not read: nested.py: "),
        (
            "long.js",
            "function f() { if (a) { b(); } }\n".replace("b();", "b(); " * 50_000),
            "too long to follow",
        ),
        ("wrangler.toml", "kv_namespaces = [\n", "Not read: wrangler.toml: "),
        ("wrangler.jsonc", "{", "Not read: wrangler.jsonc: "),
    ],
)
def test_nothing_found_is_no_pass_where_something_was_not_read(
    name: str, text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "entry.py").write_text("async def fetch(request, env):\n    await env.KV.get('a')\n")
    assert main(["lint", str(tmp_path)]) == 0
    (tmp_path / name).write_text(text)
    assert main(["lint", str(tmp_path)]) == 4
    assert said in capsys.readouterr().out


def test_a_folder_that_cannot_be_read_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    assert main(["lint", str(tmp_path)]) == 3
    assert "not read: broken.py: line 1" in " ".join(capsys.readouterr().err.split())


def test_a_file_that_is_not_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("env.KV.list()\n")
    assert main(["lint", str(tmp_path / "notes.txt")]) == 3
    assert "no code in Python, JavaScript or TypeScript" in " ".join(capsys.readouterr().err.split())

"""The plugin as pytest runs it: what docs/pytest.md shows, what a failure prints, and its options."""

import re
import shutil
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "pytest.md").read_text()
BLOCKS = dict(re.findall(r"```python\n# (test_\w+\.py)\n(.*?)```", PAGE, flags=re.DOTALL))
NAIVE = """
def test_naive(rehearse):
    rehearse("naive.py", source="links.json", explore="schedules", seeds=3, jobs=1, at="2026-11-29T12:00:00Z")
"""


def beside(pytester: pytest.Pytester, example: str, name: str, text: str) -> None:
    """A test file in a copy of an example."""
    shutil.copytree(ROOT / "examples" / example, pytester.path, dirs_exist_ok=True)
    (pytester.path / name).write_text(text)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:randomly", *arguments)


@pytest.mark.parametrize("name", BLOCKS)
def test_documented_examples_pass(pytester: pytest.Pytester, name: str) -> None:
    beside(pytester, "links" if name == "test_migration.py" else "notes", name, BLOCKS[name])
    outcome = run(pytester, name).parseoutcomes()
    assert set(outcome) == {"passed"}


def test_the_examples_tests_pass(pytester: pytest.Pytester) -> None:
    beside(pytester, "notes", "conftest.py", "")
    assert set(run(pytester, "tests", "-n2").parseoutcomes()) == {"passed"}


def test_a_failure_shows_the_requests_with_their_operations(pytester: pytest.Pytester) -> None:
    code = "def test_it(worker):\n    worker.put('/a', body='1')\n    assert worker.get('/b').ok\n"
    beside(pytester, "notes", "test_it.py", code)
    run(pytester, "test_it.py").stdout.fnmatch_lines(
        ["*- Worker -*", "00:00.000 AMS PUT /a → 201", "*put NOTES a", "*put NOTES last", "*GET /b → 404"]
    )


def test_a_rehearsal_fails_with_its_lines(pytester: pytest.Pytester) -> None:
    beside(pytester, "links", "test_it.py", NAIVE)
    printed = run(pytester, "test_it.py").stdout
    printed.fnmatch_lines(["FAIL *", "*rehearse run *naive.py* --scenario *", "NO-GO: *"])


def test_rehearse_replay_runs_one_run_again(pytester: pytest.Pytester) -> None:
    beside(pytester, "links", "test_it.py", NAIVE)
    line = "seed=1 entries=1 readers=1"
    replayed = run(pytester, "test_it.py", "--rehearse-replay", line, "--rehearse-html", "pages")
    replayed.stdout.fnmatch_lines(
        [f"*{line}*", "*does not find *", "NO-GO: *", "The page: pages/test_naive.html"]
    )
    assert "1 entry that lives was not found" in (pytester.path / "pages" / "test_naive.html").read_text()


def test_nothing_is_imported_until_it_is_used() -> None:
    import subprocess

    code = "import sys, harness.pytest_plugin; print([m for m in sys.modules if m.split('.')[0] in HOUSE])"
    code = code.replace("HOUSE", "('harness', 'worker', 'kvstore')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kvstore.on_demand', 'kvstore', 'harness', 'harness.pytest_plugin']"


@pytest.mark.workerd
def test_a_javascript_worker_is_tested_by_the_same_fixtures(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = ROOT / ".real" / "node_modules" / ".bin"
    if not (parts / "workerd").exists():
        pytest.skip("the real workerd is not installed: npm install --prefix .real wrangler@4.86.0")
    monkeypatch.setenv("WORKERD_BIN", str(parts / "workerd"))
    monkeypatch.setenv("ESBUILD_BIN", str(parts / "esbuild"))
    beside(pytester, "board", "conftest.py", "")
    assert run(pytester, "tests").parseoutcomes() == {"passed": 3}

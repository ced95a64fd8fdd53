"""The real wrangler and ours: the same texts, and one folder of databases."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.cli.rehearse import main as rehearse
from tests.harness.declared.test_schema_migrations import ADDED, NAMED, migration
from tests.worker.workerd import installed
from tests.wrangler_compat.d1.transcript import CONFIG, Program, Said, exports, walk

pytestmark = pytest.mark.wrangler


@pytest.fixture
def real() -> Program:
    wrangler = installed("wrangler")

    def run(command: tuple[str, ...]) -> Said:
        environ = os.environ | {"WRANGLER_SEND_METRICS": "false", "CI": "true", "NO_COLOR": "1"}
        done = subprocess.run(
            [wrangler, *command],
            env=environ,
            capture_output=True,
            text=True,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


def test_every_command_says_what_wranglers_says(
    real: Program, ours: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for name, program in (("real", real), ("ours", ours)):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        said.append((list(walk(folder, program)), exports(folder)))
    assert said[1] == said[0]


def test_each_sees_what_the_other_wrote(
    real: Program, ours: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    assert ours(_execute("CREATE TABLE t (x); INSERT INTO t VALUES ('ours')")).code == 0
    assert real(_execute("INSERT INTO t VALUES ('wrangler''s')")).code == 0
    rows = [{"x": "ours"}, {"x": "wrangler's"}]
    for program in (real, ours):
        assert json.loads(program(_execute("SELECT x FROM t")).out)[0]["results"] == rows


def _execute(sql: str) -> tuple[str, ...]:
    return ("d1", "execute", "DB", "--json", "--command", sql)


def test_rehearse_a_database_of_wrangler_and_wrangler_still_reads_it(
    real: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = migration(tmp_path, ADDED, before=NAMED)
    monkeypatch.chdir(tmp_path / "before")
    inserted = "INSERT INTO links VALUES ('a', 'https://a.example'), ('é', 'https://e.example')"
    assert real(("d1", "migrations", "apply", "DB", "--local")).code == 0
    assert real(("d1", "execute", "DB", "--local", "--command", inserted)).code == 0

    def rows() -> object:
        return json.loads(real(_execute("SELECT * FROM links ORDER BY name")).out)[0]["results"]

    before = rows()
    code = rehearse(["run", str(path), "--scenario", "entries=2 readers=1", "--trace"])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "GET /a" in printed
    assert (
        before == rows() == [{"name": name, "url": f"https://{word}.example"} for name, word in ("aa", "ée")]
    )

"""``rehearse``, as typed: exit codes, bad input, and that nothing is changed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.rehearse import main, parser
from harness.migrations.queue.example import example_namespace
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, NOT_STARTED, USAGE, VIOLATED
from kvstore import SystemClock, write_bulk
from kvstore.stores.state_names import database_path, state_root
from tests.fixtures import GUIDE_5, NAMESPACE
from tests.kvstore.test_state_copy import digest


@pytest.fixture
def guide_5(tmp_path: Path) -> Path:
    return shutil.copytree(GUIDE_5, tmp_path / "guide-5")


def test_a_violated_invariant_is_exit_code_1(guide_5: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "--from", str(guide_5)]) == VIOLATED
    out, err = capsys.readouterr()
    assert "7 moved, 0 failed (tasks 5/0, leases 2/0)" in out
    assert f"Again: rehearse queue --from {guide_5}" in out
    assert " 2 run " in err


def test_nothing_violated_is_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queue = tmp_path / "queue.json"
    queue.write_text(write_bulk(example_namespace(SystemClock()).entries))
    document = tmp_path / "report.json"
    arguments = ["queue", "-q", "--from", str(queue), "--migration", "safe", "--json", str(document)]
    assert main(arguments) == HELD
    assert "GO: all 12 invariants held" in capsys.readouterr().out
    report = json.loads(document.read_text())
    assert (report["verdict"], report["reasons"]) == ("go", [])
    assert all(verdict["looked"] for verdict in report["verdicts"])


def test_nothing_moved_is_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.json").write_text("[]")
    arguments = ["queue", "--quiet", "--from", str(tmp_path / "empty.json")]
    assert main([*arguments, "--migration", "safe", "--json", str(tmp_path / "report.json")]) == INCONCLUSIVE
    out = capsys.readouterr().out
    assert "INCONCLUSIVE: nothing was violated, but nothing was moved" in out
    assert "looked at nothing: I1 Conservation (no tasks)" in out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "inconclusive"
    assert report["reasons"] == ["nothing was moved or claimed: there was nothing to do, or it was not done"]
    # The documented one answers a run that is not needed without its totals, even here.
    assert main(arguments) == VIOLATED
    assert "NO-GO: 1 of 12 invariants violated (I16)" in capsys.readouterr().out


def test_the_source_is_not_changed(guide_5: Path) -> None:
    before = digest(guide_5)
    main(["--quiet", "--from", str(guide_5)])
    assert digest(guide_5) == before


def test_json_goes_to_a_file_or_alone_to_stdout(
    guide_5: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["queue", "-q", "--from", str(guide_5), "--json", str(tmp_path / "report.json")])
    assert "NO-GO" in capsys.readouterr().out
    main(["queue", "-q", "--from", str(guide_5), "--json", "-"])
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "report.json").read_text())
    assert printed["inventory"] == written["inventory"]
    assert printed["migration"] == "queue"


def test_the_example_can_be_written_and_rehearsed_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "example.json"
    assert main(["example", str(file)]) == HELD
    assert len(json.loads(file.read_text())) == 1272
    assert main(["queue", "-q", "--from", str(file)]) == VIOLATED


@pytest.mark.parametrize(
    "arguments",
    [
        ["queue", "--nonsense"],
        ["nonsense"],
        ["queue", "--strategy", "hope"],
        ["queue", "--from"],
        ["queue", "--explore", "crashes", "--conditions", "free"],
        ["queue", "--explore", "crashes", "--strategy", "guide"],
        ["queue", "--explore", "crashes", "--fault", "crash@1"],
        ["queue", "--explore", "crashes", "--runs", "2"],
        ["queue", "--migration", "safe", "--runs", "2"],
        ["example"],
    ],
)
def test_bad_usage_is_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == USAGE


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said when a rehearsal cannot start."""
    assert main(["queue", "--quiet", *arguments]) == NOT_STARTED
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


def test_a_source_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{tmp_path}/nope does not exist" in refused(capsys, "--from", f"{tmp_path}/nope")


def test_a_folder_that_is_no_namespace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{tmp_path} holds no local KV state" in refused(capsys, "--from", str(tmp_path))


def test_a_file_that_is_no_bulk_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"a": 1}')
    assert "must be an array of key-value objects" in refused(capsys, "--from", str(file))
    file.write_bytes(b"\xff\xfe\x00")
    assert "it is not UTF-8 text" in refused(capsys, "--from", str(file))


def test_a_missing_binding(guide_5: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "--from", str(guide_5), "--binding", "NOPE")
    assert "no KV binding 'NOPE'" in said
    assert "it binds: CACHE" in said


def test_a_namespace_without_state(guide_5: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "--from", str(guide_5), "--preview")
    assert "no namespace '6c8c2a3d9d0a4f5aa3be7d9a3c0d9f11'" in said
    assert NAMESPACE in said


def test_a_folder_without_configuration(guide_5: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (guide_5 / "wrangler.toml").unlink()
    assert "give --namespace-id" in refused(capsys, "--from", str(guide_5))
    assert main(["-q", "--from", str(guide_5), "--namespace-id", NAMESPACE]) == VIOLATED


@pytest.mark.parametrize("folder", [".", ".wrangler/state", ".wrangler/state/v3", ".wrangler/state/v3/kv"])
def test_a_state_folder_is_found_at_every_level(
    guide_5: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["-q", "--from", str(guide_5 / folder), "--namespace-id", NAMESPACE]
    assert main(arguments) == VIOLATED
    assert "9 keys copied" in capsys.readouterr().out


def test_a_corrupt_state_file(guide_5: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = database_path(state_root(guide_5), NAMESPACE)
    path.write_bytes(b"garbage" * 1000)
    assert f"{path.name} is damaged" in refused(capsys, "--from", str(guide_5))


def test_a_broken_configuration(guide_5: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (guide_5 / "wrangler.toml").write_text("name = ")
    assert main(["-q", "--from", str(guide_5)]) == NOT_STARTED
    assert "Invalid TOML document" in capsys.readouterr().err


def test_a_report_that_cannot_be_written(
    guide_5: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-q", "--from", str(guide_5), "--json", f"{tmp_path}/no/report.json"]) == NOT_STARTED
    assert f"cannot write {tmp_path}/no/report.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "why"), [(".", "it is a folder"), ("no/report.json", "there is no folder")]
)
def test_where_the_report_goes_is_looked_at_first(
    target: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "--from", f"{tmp_path}/nope", "--json", f"{tmp_path}/{target}")
    assert f"cannot write {Path(tmp_path, target)}" in said.replace("/.:", ":")
    assert why in said


def test_a_report_is_json_whatever_the_data(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, report = tmp_path / "odd.json", tmp_path / "report.json"
    pending = r'["\ud800", 1e400, ' + "[" * 400 + "]" * 400 + "]"
    source.write_text(f'[{{"key": "orchestrator:pending", "value": {json.dumps(pending)}}}]')
    assert main(["-q", "--from", str(source), "--json", str(report)]) == VIOLATED
    assert json.loads(report.read_text())["inventory"]["before"]["dangling"] == ["\ud800"]
    assert main(["-q", "--from", str(source), "--json", "-"]) == VIOLATED
    assert json.loads(capfd.readouterr().out.partition("Again:")[2].partition("\n")[2])["held"] is False


def test_rehearse_leaves_expired_entries_out_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "old.json"
    gone, kept = {"key": "a", "value": "1", "expiration": 1_600_000_000}, {"key": "b", "value": "2"}
    source.write_text(json.dumps([gone, kept]))
    for search in ([], ["--explore", "crashes", "--faults", "crash", "--jobs", "1"]):
        main(["-q", "--from", str(source), *search])
        said = capsys.readouterr().out
        assert "1 keys copied; nothing was written there; 1 expired ones left out" in said
    source.write_text(json.dumps([gone]))
    assert main(["-q", "--from", str(source)]) == NOT_STARTED
    assert "all 1 entries had expired by" in capsys.readouterr().err


def test_programs_run_as_modules() -> None:
    for module in ("harness", "wrangler_compat"):
        done = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True)
        assert done.returncode == 0
        assert done.stdout


def test_help_tells_the_exit_codes() -> None:
    assert "1 something was violated, 2 bad usage, 3 could not start" in " ".join(
        parser().format_help().split()
    )

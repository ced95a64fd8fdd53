"""Reports in other formats, each read by what others wrote, or as its description says."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from harness.cli.rehearse import main
from harness.report.export_command import FORMATS, exported
from harness.terminal.output import json_text
from harness.testing.rehearse import Rehearse
from tests.harness.report.reports import AT, LINKS, rehearsal, run


def test_chrome_slices_nest_and_flows_have_both_ends() -> None:
    events = json.loads(exported(run(), "chrome"))["traceEvents"]
    by_phase = {phase: [one for one in events if one["ph"] == phase] for phase in "MXbesf"}
    assert len(by_phase["b"]) == len(by_phase["e"]) == len(run()["operations"])
    begun = {one["id"]: one for one in by_phase["b"]}
    assert all(begun[one["id"]]["ts"] <= one["ts"] for one in by_phase["e"])
    assert {one["id"] for one in by_phase["s"]} == {one["id"] for one in by_phase["f"]}
    assert by_phase["s"]
    named = {(one["pid"], one["tid"]) for one in by_phase["M"]}
    assert all((one["pid"], one["tid"]) in named for one in events)
    assert {one["args"]["name"] for one in by_phase["M"]} >= {"AMS", "operator", "reader-1"}


def test_otlp_spans_are_inside_of_their_requests() -> None:
    resources = json.loads(exported(run(), "otlp"))["resourceSpans"]
    spans = [span for one in resources for scope in one["scopeSpans"] for span in scope["spans"]]
    assert all(re.fullmatch("[0-9a-f]{32}", span["traceId"]) for span in spans)
    by_id = {span["spanId"]: span for span in spans}
    assert len(by_id) == len(spans) == len(run()["operations"]) + len(run()["requests"])
    for span in spans:
        parent = by_id.get(span.get("parentSpanId", ""), span)
        assert int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
        assert parent["traceId"] == span["traceId"]
        assert span["name"] in ("fetch", "kv_get", "kv_put", "kv_delete", "kv_list")


def test_a_jepsen_process_does_one_thing_at_a_time() -> None:
    busy: dict[str, str] = {}
    lines = exported(run(), "jepsen").splitlines()
    for at, line in enumerate(lines):
        members = re.fullmatch(
            r"\{:index (\d+), :time \d+, :type :(\w+), :process (\d+), :f :txn, :value (\[\[.*\]\])\}", line
        )
        assert members is not None, line
        index, kind, process, _ = members.groups()
        assert int(index) == at
        assert (kind == "invoke") != (process in busy)
        if kind == "invoke":
            busy[process] = line
        else:
            del busy[process]
    assert not busy
    assert any(":type :info" in line for line in lines)
    assert any('[:r "v2:link:home" 1]' in line for line in lines)


def test_junit_has_a_failure_for_each_finding() -> None:
    suite = fromstring(exported(rehearsal(), "junit"))[0]
    failures = suite.findall("testcase/failure")
    assert len(failures) == len(rehearsal()["findings"]) == int(suite.attrib["failures"])
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert all("rehearse run" in (failure.text or "") for failure in failures)


def test_sarif_names_a_rule_for_each_result() -> None:
    (one,) = json.loads(exported(rehearsal(), "sarif"))["runs"]
    rules = {rule["id"] for rule in one["tool"]["driver"]["rules"]}
    assert len(one["results"]) == len(rehearsal()["findings"])
    assert {result["ruleId"] for result in one["results"]} == rules


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_exported_on_the_command_line(name: str, tmp_path: Path) -> None:
    report, target = tmp_path / "report.json", tmp_path / "out"
    report.write_text(json_text(rehearsal()))
    assert main(["export", name, str(report), "--finding", "2", "--output", str(target)]) == 0
    assert target.read_text()


def test_export_refuses_a_file_that_is_not_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text("{}")
    assert main(["export", "junit", str(tmp_path / "other.json")]) == 3
    assert "its schema must be understudy-report-1" in capsys.readouterr().err


def test_a_saved_finding_is_a_test_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--from", str(LINKS / "links.json"), "--at", AT, "--explore", "schedules", "--seeds", "3", "-q"]
    assert (
        main(["run", str(LINKS / "naive.py"), *given, "--jobs", "1", "--save", str(tmp_path / "kept")]) == 1
    )
    kept = sorted((tmp_path / "kept").glob("test_*.py"))
    assert kept
    text = kept[0].read_text()
    assert "scenario='seed=" in text
    rehearse = Rehearse(beside=kept[0].parent, name="kept", marked={})
    scope: dict[str, Any] = {}
    exec(text, scope)
    test = next(one for name, one in scope.items() if name.startswith("test_"))
    with pytest.raises(pytest.fail.Exception, match="NO-GO: this run does damage"):
        test(rehearse)


def test_explain_tells_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    line = "seed=6 entries=2 colos=3 readers=3 clients=1 rollout=60"
    assert (
        main(["explain", str(LINKS / "naive.py"), line, "--from", str(LINKS / "links.json"), "--at", AT]) == 1
    )
    printed = capsys.readouterr().out
    assert "get v2:link:home: version 0 of 1, a copy of 55.0 s ago" in printed
    assert "FAIL 2 entries that live were not found" in printed

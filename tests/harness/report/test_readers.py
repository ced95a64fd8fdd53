"""Reports in other formats, as what others wrote reads them: their schemas, parsers and viewers."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft4Validator

from harness.report.export_command import exported
from tests.harness.report.reports import rehearsal, run

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "tests" / "data" / "schemas"
ENGINE = ROOT / ".real/trace/node_modules/@paulirish/trace_engine/models/trace/trace.js"
DOCUMENTS = {"rehearsal": rehearsal, "run": run}


@pytest.mark.devtools
@pytest.mark.own_clock
@pytest.mark.skipif(
    not ENGINE.is_file() or shutil.which("node") is None,
    reason="the trace engine is not installed: npm install --prefix .real/trace @paulirish/trace_engine",
)
def test_chromes_own_trace_engine_finds_everything(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    trace.write_text(exported(run(), "chrome"))
    script = Path(__file__).with_name("devtools.mjs")
    done = subprocess.run(["node", script, ENGINE, trace], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    requests = run()["requests"]
    assert sorted(found["processes"]) == sorted({one["colo"] for one in requests})
    assert set(found["threads"]) == {one["actor"] for one in requests}
    assert sorted(found["requests"]) == sorted(f"{one['method']} {one['path']}" for one in requests)
    flows = [one for one in json.loads(trace.read_text())["traceEvents"] if one["ph"] == "s"]
    assert found["flows"] == [2] * len(flows) != []


def test_a_flow_is_inside_of_a_slice_at_both_ends() -> None:
    events = json.loads(exported(run(), "chrome"))["traceEvents"]
    slices = [one for one in events if one["ph"] == "X"]
    for flow in (one for one in events if one["ph"] in "sf"):
        assert any(
            (one["pid"], one["tid"]) == (flow["pid"], flow["tid"])
            and one["ts"] <= flow["ts"] <= one["ts"] + one["dur"]
            for one in slices
        )


def test_opentelemetry_reads_every_span() -> None:
    traces: Any = pytest.importorskip("opentelemetry.proto.trace.v1.trace_pb2")
    json_format: Any = pytest.importorskip("google.protobuf.json_format")
    document = json.loads(exported(run(), "otlp"), object_hook=_as_protobuf_has_it)
    read = json_format.ParseDict(document, traces.TracesData())
    spans = [span for one in read.resource_spans for scope in one.scope_spans for span in scope.spans]
    assert len(spans) == len(run()["operations"]) + len(run()["requests"])
    known = {span.span_id for span in spans}
    for span in spans:
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert span.parent_span_id in known or not span.parent_span_id
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano


def _as_protobuf_has_it(one: dict[str, Any]) -> dict[str, Any]:
    """Identities are hexadecimal in OTLP's JSON, and base64 in that of any other protocol buffer."""
    for name in ("traceId", "spanId", "parentSpanId"):
        if name in one:
            one[name] = base64.b64encode(bytes.fromhex(one[name])).decode()
    return one


def test_a_jepsen_history_is_edn() -> None:
    edn: Any = pytest.importorskip("edn_format")
    word = edn.Keyword
    busy: dict[int, Any] = {}
    for at, line in enumerate(exported(run(), "jepsen").splitlines()):
        event = edn.loads(line)
        assert event[word("index")] == at
        assert event[word("f")] == word("txn")
        process, micros = event[word("process")], [list(one) for one in event[word("value")]]
        assert all(one[0] in (word("r"), word("w")) and isinstance(one[1], str) for one in micros)
        if event[word("type")] == word("invoke"):
            assert process not in busy
            busy[process] = [one[:2] for one in micros]
        else:
            assert event[word("type")] in (word("ok"), word("info"), word("fail"))
            assert busy.pop(process) == [one[:2] for one in micros]
    assert not busy


@pytest.mark.parametrize("name", DOCUMENTS)
def test_junit_is_as_jenkins_reads_it(name: str) -> None:
    xmlschema: Any = pytest.importorskip("xmlschema")
    schema = xmlschema.XMLSchema10(str(SCHEMAS / "junit-10.xsd"))
    assert [
        error.reason for error in schema.iter_errors(fromstring(exported(DOCUMENTS[name](), "junit")))
    ] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_sarif_is_as_its_schema_says(name: str) -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
    written = json.loads(exported(DOCUMENTS[name](), "sarif"))
    assert [error.message for error in Draft4Validator(schema).iter_errors(written)] == []
    assert written["runs"][0]["results"]

"""A file that is not a whole report is refused in words, by every command that reads one."""

import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.report.document import SCHEMA
from harness.terminal.exit_codes import NOT_STARTED

WHOLE = {
    "schema": SCHEMA,
    "kind": "rehearsal",
    "migration": "m",
    "command": ["run", "m.py"],
    "version": "1",
    "digest": "",
    "conditions": "production",
    "seeds": [],
    "began": 0,
    "verdict": "GO",
    "parts": [],
    "findings": [],
    "seconds": 1,
}
BAD = {
    "no JSON": ("{", "cannot read"),
    "200,000 brackets": ("[" * 200_000, "cannot read"),
    "another schema": (json.dumps(WHOLE | {"schema": "x"}), "its schema must be"),
    "a list": ("[]", "its schema must be"),
    "another kind": (json.dumps(WHOLE | {"kind": ["x"]}), "its kind must be rehearsal or lint or run"),
    "half of it": (
        json.dumps({name: one for name, one in WHOLE.items() if name not in ("parts", "digest")}),
        "it has no digest, parts",
    ),
}


@pytest.mark.parametrize("command", ["export html", "export junit", "export chrome", "merge"])
@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_read_report_refuses_a_truncated_or_foreign_document(
    text: str, said: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.json").write_text(text)
    assert main([*command.split(), str(tmp_path / "report.json")]) == NOT_STARTED
    error = capsys.readouterr().err
    assert said in error
    assert "internal error" not in error

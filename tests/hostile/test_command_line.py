"""`wrangler-compat` quotes what comes from data in texts for people; what programs read stays exact."""

import io
import json
import sys
from pathlib import Path

import pytest

from tests.hostile.namespaces import TEXTS
from worker.config import Location
from worker.runtime import Access
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.errors import CommandError, FileError
from wrangler_compat.cli.prompt import choose, confirm
from wrangler_compat.dev.deployment import show_access
from wrangler_compat.main import main

CONFIG = 'name = "demo"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "abc"\n'
Capture = pytest.CaptureFixture[str]
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(text: str) -> None:
    assert text
    assert all(line.isprintable() for line in text.split("\n")), ascii(text)


@every_text
def test_list_prints_exact_names_and_escapes_them_on_a_terminal(
    text: str, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    (project / "bulk.json").write_text(json.dumps([{"key": text, "value": text, "metadata": {"by": text}}]))
    assert main(["kv", "bulk", "put", "bulk.json", "--binding", "CACHE"], {}) == 0
    check(capfd.readouterr().out)
    listed = [{"name": text, "metadata": {"by": text}}]
    assert main(["kv", "key", "list", "--binding", "CACHE"], {}) == 0
    out = capfd.readouterr().out
    assert out == json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
    assert main(["kv", "key", "get", text, "--binding", "CACHE"], {}) == 0
    assert capfd.readouterr().out == text
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    assert main(["kv", "key", "list", "--binding", "CACHE"], {}) == 0
    check(terminal.getvalue())
    assert json.loads(terminal.getvalue()) == listed


@every_text
def test_messages_escape_key_names(text: str, project: Path, capfd: Capture) -> None:
    assert main(["kv", "key", "put", text, text, "--binding", "CACHE"], {}) == 0
    assert main(["kv", "key", "delete", text, "--binding", "CACHE"], {}) == 0
    (project / "empty.json").write_text("[]")
    (project / "bulk.json").write_text(json.dumps([{"key": text, "value": "1"}]))
    assert main(["kv", "diff", "empty.json", "bulk.json"], {}) == 1
    out, err = capfd.readouterr()
    check(out + err)
    assert sum("GO: all" in line for line in out.splitlines()) == 3 * ("GO: all" in text)


@every_text
def test_errors_escape_user_input(text: str, project: Path, capfd: Capture) -> None:
    (project / "bulk.json").write_text(
        json.dumps([{"key": text, text: text}, {"key": "", "value": "", text: 1}])
    )
    for arguments in (
        ["kv", "bulk", "put", "bulk.json"],
        ["kv", "bulk", "put", text],
        ["kv", "key", "list", "--binding", text],
        ["kv", "key", "list", f"--{text}"],
        ["kv", "key", text],
        ["kv", "key", "put", "a", "b", "--metadata", text],
        ["kv", "diff", text, text],
        ["kv", "key", "list", "--cwd", text],
    ):
        main([*arguments, "--binding", "CACHE"], {})
        out, err = capfd.readouterr()
        check(out + err)


@every_text
def test_messages_escape_configuration_values(text: str, project: Path, capfd: Capture) -> None:
    for config in (
        {"name": text, text: text, "kv_namespaces": [{"binding": text, "id": text}]},
        {"name": text, "kv_namespaces": [{"binding": text, text: 1}]},
        {"name": 1, "vars": text, "kv_namespaces": text},
    ):
        (project / "wrangler.toml").unlink(missing_ok=True)
        (project / "wrangler.json").write_text(json.dumps(config))
        main(["kv", "key", "list", "--binding", "CACHE"], {})
        out, err = capfd.readouterr()
        check(out + err)
    (project / "wrangler.json").write_text('{"name": ' + text)
    assert main(["kv", "key", "list", "--binding", "CACHE"], {}) == 1
    out, err = capfd.readouterr()
    check(out + err)


@every_text
def test_questions_errors_and_requests(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdin", Terminal("y\n1\n"))
    console = Console({"NO_COLOR": "1"})
    assert confirm(console, f"Delete {text}?")
    assert choose(console, "Which?", [text]) == 0
    console.fail(CommandError(f"no {text}"))
    console.fail(FileError("no", text, location=Location(Path(text), 1, 2, text, 3)))
    console.warn(text)
    console.caution(text)
    console.note(text)
    show_access(console, Access("GET", f"/{text}", 200, 0.1))
    check(shown.getvalue())

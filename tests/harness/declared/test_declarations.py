"""A declaration that is wrong is refused with what to change; what is declared of nothing is said."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.terminal.exit_codes import HELD, NOT_STARTED
from tests.harness.declared.declaring import EACH, declared, worker

PATIENCE = 300  # seconds, for a busy machine
MOVES = f"""
import random
{EACH}
@m.invariant
def own(before, after):
    return True
"""
AT = 'old.at("new:" + name)'


def rehearse(
    folder: Path, code: str, capsys: pytest.CaptureFixture[str], keys: tuple[str, ...] = ("old:1", "old:2")
) -> tuple[int, str, str]:
    """The exit code, what was printed, and the last line on standard error."""
    (folder / "source.json").write_text(json.dumps([{"key": key, "value": "v"} for key in keys]))
    source = ["--from", str(folder / "source.json"), "--seeds", "3", "--jobs", "1", "-q"]
    exit_code = main(["run", str(declared(folder, code)), *source, "--explore", "crashes"])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return exit_code, captured.out, captured.err.strip()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (MOVES.replace('becomes("old:")', "becomes"), "the prefix of a rule is <function"),
        (MOVES.replace('becomes("old:")', "becomes(7)"), "the prefix of a rule is 7: it must be text"),
        (MOVES.replace('each("old:")', 'each("old:", to=len)'), "the namespace to= of a rule is <built-in"),
        (
            MOVES.replace('becomes("old:")', 'becomes("odl:")'),
            "no key begins with what becomes is declared for",
        ),
        (MOVES.replace(AT, '"new:" + name'), "gives 'new:1': it must give an Entry, a Row, several, or None"),
        (MOVES.replace(AT, "{'key': name}"), "gives {'key': '1'}: it must give an Entry, a Row"),
        (MOVES.replace(AT, 'old.at("new:" + name, value="v")'), "whose value is 'v': it must be bytes"),
        (MOVES.replace(AT, 'old.at("n", expiration=2e9)'), "whose expiration is 2000000000.0"),
        (MOVES.replace(AT, 'old.at("n", metadata={1})'), "whose metadata is not JSON"),
        (MOVES.replace(AT, 'old.at("n" * 513)'), "it becomes a key of 513 bytes; KV takes 512"),
        (MOVES.replace(AT, 'old.at("n", metadata="m" * 1023)'), "metadata of 1,025 bytes; KV takes 1,024"),
        (MOVES.replace(AT, 'old.at("n", binding="ELSE")'), "of the namespace ELSE, which no Worker"),
        (MOVES.replace(AT, "old.at(str(random.random()))"), "gives something else when it is asked again"),
    ],
)
def test_a_wrong_declaration_is_refused_with_what_is_wrong(
    code: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, _, error = rehearse(tmp_path, code, capsys)
    assert exit_code == NOT_STARTED
    assert said in error


def test_a_namespace_that_no_worker_binds_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker(tmp_path / "old", "", bindings=("KV",))
    code = MOVES.replace('binding="KV"', 'binding="VK", before="old"')
    exit_code, _, error = rehearse(tmp_path, code, capsys)
    assert exit_code == NOT_STARTED
    assert "the KV namespace VK, which no Worker of the migration has; they have: KV" in error


def test_a_single_prefix_of_notes_may_be_a_string(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse(tmp_path, MOVES, capsys, ("old:1", "n"))[0] == HELD
    code = MOVES.replace("await kv.put", 'await kv.put("n", "not a note")\n    await kv.put')
    assert rehearse(tmp_path, code, capsys, ("old:1", "n"))[0] != HELD


def test_a_rule_about_no_key_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = MOVES + '\n@m.reads("odl:")\nasync def look(who, name):\n    return True\n'
    exit_code, printed, _ = rehearse(tmp_path, code, capsys)
    assert exit_code == HELD
    assert "look is never tried: no key of KV begins with 'odl:'" in " ".join(printed.split())


def test_entries_that_become_one_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = MOVES.replace("name)", "name.lower())").replace("key[4:]", "key[4:].lower()")
    _, printed, _ = rehearse(tmp_path, code, capsys, ("old:a", "old:A"))
    said = " ".join(printed.split())
    assert "2 entries become one, and only one of them stays: old:A, old:a → new:a" in said


@pytest.mark.own_clock  # programs are waited for
@pytest.mark.parametrize(
    ("code", "what"),
    [
        (MOVES.replace("return old.at", "while True: pass\n    return old.at"), "entry('old:1')"),
        (MOVES.replace("return True", "while True: pass"), "the invariant own"),
        (MOVES + "\n@m.operator\nasync def runbook(op):\n    while True: pass\n", "the runbook"),
        (MOVES + "\nwhile True: pass\n", "the import of"),
    ],
)
def test_declared_code_that_does_not_end_is_named_with_its_place(
    code: str, what: str, tmp_path: Path
) -> None:
    (tmp_path / "source.json").write_text('[{"key":"old:1","value":"v"}]')
    file = declared(tmp_path, code)
    command = [sys.executable, "-m", "harness", "run", str(file), "--from", str(tmp_path / "source.json")]
    done = subprocess.run(
        [*command, "-q", "--timeout", "1", "--jobs", "1"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == NOT_STARTED
    said = done.stderr.splitlines()[-1]
    assert what in said
    assert "did not come to an end within 1 s" in said
    assert f"it was at {file}:" in said

"""What the recordings do not show of complaints: where a file is wrong, what was probably meant."""

from pathlib import Path

import pytest

from worker.config import Location
from wrangler_compat.cli.errors import FileError
from wrangler_compat.cli.frame import block, code_frame
from wrangler_compat.cli.strict_json import parse_strict
from wrangler_compat.main import main
from wrangler_compat.suggestion import edit_distance

Capture = pytest.CaptureFixture[str]
CONFIG = 'name = "demo"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "abc"\n'


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "length"),
    [
        ('[{"key":"a" "value":"1"}]', "CommaExpected", 1, 12, 7),
        ('[{"key":"a",}]', "PropertyNameExpected", 1, 12, 1),
        ("[1,\n2,]", "ValueExpected", 2, 2, 1),
        ("// c\n[]", "InvalidCommentToken", 1, 0, 4),
        ("[/* x", "InvalidCommentToken", 1, 1, 4),
        ("", "ValueExpected", 1, 0, 0),
        ('["//", 1 2]', "CommaExpected", 1, 9, 1),
        ("[1 2, // c\n]", "CommaExpected", 1, 3, 1),
    ],
)
def test_strict_json_names_the_first_fault_and_its_place(
    text: str, code: str, line: int, column: int, length: int
) -> None:
    with pytest.raises(FileError, match=code) as caught:
        parse_strict(text, "b.json")
    assert caught.value.location == Location(Path("b.json"), line, column, text.split("\n")[line - 1], length)


def test_strict_json_leaves_strings_alone() -> None:
    assert parse_strict('["// no", "/* no */", ",]", "\\"//"]', "x") == ["// no", "/* no */", ",]", '"//']


def test_frame_marks_what_is_wrong() -> None:
    frame = code_frame(Location(Path("b.json"), 1, 12, '[{"key":"a" "value":"1"}]', 7))
    assert frame == (
        '    b.json:1:12:\n      1 │ [{"key":"a" "value":"1"}]\n        ╵             ~~~~~~~\n\n'
    )


@pytest.mark.parametrize("column", [0, 60, 150, 199])
def test_frame_shows_a_part_of_a_long_line(column: int) -> None:
    line = "x" * column + "!" + "y" * (199 - column)
    _, shown, mark, *_ = code_frame(Location(Path("b.json"), 1, column, line, 1)).split("\n")
    assert len(shown) <= 80
    assert shown[mark.index("^")] == "!"


def test_block_indents_everything_below_its_first_line() -> None:
    assert block("warning", "a\nb\n\nc") == "▲ [WARNING] a\n\n  b\n  \n  c\n\n"
    assert block("error", "a") == "✘ [ERROR] a\n\n"


def test_a_configuration_that_is_wrong_is_shown_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    (tmp_path / "wrangler.toml").write_text('name = "demo\n')
    monkeypatch.chdir(tmp_path)
    assert main(["kv", "key", "list", "--binding=CACHE"], {}) == 1
    err = capfd.readouterr().err
    assert f'    {tmp_path / "wrangler.toml"}:1:12:\n      1 │ name = "demo\n' in err
    assert "If you think this is a bug, please open an issue" in err


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["kvv"], "wrangler-compat kv"),
        (["kv", "key", "lst"], "wrangler-compat kv key list"),
        (["kv", "namespac", "list"], "wrangler-compat kv namespace list"),
    ],
)
def test_a_mistyped_command_is_recognised(argv: list[str], meant: str, capfd: Capture) -> None:
    assert main(argv, {}) == 1
    assert f'│ Did you mean "{meant}"? │' in capfd.readouterr().out


@pytest.mark.parametrize("argv", [["frobnicate"], ["kv", "key", "frobnicate"], ["kv", "--bogus"]])
def test_suggest_nothing_for_a_name_that_resembles_none(argv: list[str], capfd: Capture) -> None:
    assert main(argv, {}) == 1
    assert "Did you mean" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("a", "b", "edits"), [("kv", "kv", 0), ("lst", "list", 1), ("", "abc", 3), ("ab", "ba", 2)]
)
def test_edit_distance(a: str, b: str, edits: int) -> None:
    assert edit_distance(a, b) == edits


BINDING = "--binding=CACHE"


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["put", "k", "v", BINDING, "--binding=X", "--binding=Y"], 'multiple: ["CACHE","X","Y"].'),
        (
            ["put", "k", "v", BINDING, "--ttl=1", "--ttl=2"],
            'The argument "--ttl" expects a single value, but',
        ),
        (["put", "k", "v", BINDING, "--metadata=[1]", "--bogus"], "--metadata must be a JSON object"),
        (["put", "k", "v", BINDING, "--metadata"], "--metadata must be valid JSON. Received: "),
        (["put", "k", "v", "--remote", "--local=false"], "Arguments remote and local are mutually exclusive"),
        (["get", "-k", BINDING], "Not enough non-option arguments: got 0, need at least 1"),
        (["list", "--binding", "-k"], "Not enough arguments following: binding"),
        (["put", "k", BINDING, "--", "v"], "Missing required option: exactly one of <value> and --path"),
    ],
)
def test_arguments_are_checked_in_the_order_of_wrangler(
    argv: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    assert main(["kv", "key", *argv], {}) == 1
    assert complaint in capfd.readouterr().err.split("\n")[0]

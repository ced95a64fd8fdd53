"""Reading the file: encodings, broken text, files that cannot be read.

TOML is read by tomli. For the usual mistakes, which the tests here name, its message is put
into the words of wrangler's parser; for others only the frame ``Invalid TOML document: …`` is wrangler's, and
the place of a mistake is always tomli's.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from worker.config import ConfigFileError, Location, WorkerConfig, load_config
from worker.config.files.document import read_document
from worker.config.files.toml import TomlFault, parse_toml

Load = Callable[..., WorkerConfig]
Write = Callable[[Mapping[str, Any]], Path]

FRAME = "Invalid TOML document: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = \n", "invalid value"),
        ("name =", "invalid value"),
        ("a = nope\n", "invalid value"),
        ('name = "demo\nkv_namespaces = []\n', "control characters are not allowed in strings"),
        ("a = 'x\n", "unfinished string encountered"),
        ('a = """x\n', "unfinished string encountered"),
        ("name\n", "incomplete key-value: cannot find end of key"),
        ("[x\n", "incomplete key-value: cannot find end of key"),
        ("= 1\n", "only letter, numbers, dashes and underscores are allowed in keys"),
        ('a = "x" y\n', "each key-value declaration must be followed by an end-of-line"),
        ("a = [1,2\n", "cannot find end of structure"),
        ("a = {b = 1\n", "cannot find end of structure"),
        ('a = "\\q"\n', "unrecognized escape sequence"),
        ("[a]\n[a]\n", "trying to redefine an already defined table or value"),
        ("a = 1\na = 2\n", "trying to redefine an already defined table or value"),
        ("a = {b = 1, b = 2}\n", "trying to redefine an already defined table or value"),
    ],
)
def test_read_says_what_is_wrong_with_toml(text: str, message: str, write: Write) -> None:
    with pytest.raises(ConfigFileError) as caught:
        read_document(write({"wrangler.toml": text}) / "wrangler.toml")
    assert caught.value.message == FRAME + message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a = 1\nname = \n", 2, 7), ('name = "demo\nkv_namespaces = []\n', 1, 12), ("a = 1\nname =", 2, 6)],
)
def test_read_says_where_toml_is_broken(text: str, line: int, column: int, write: Write) -> None:
    path = write({"wrangler.toml": text}) / "wrangler.toml"
    with pytest.raises(ConfigFileError) as caught:
        read_document(path)
    assert caught.value.location == Location(path, line, column, text.split("\n")[line - 1])


def test_read_knows_toml_1_1(write: Write) -> None:
    text = 'site = {\n    bucket = "\\x41\\e",  # a comment\n    entry = "b",\n}\n'
    path = write({"wrangler.toml": text}) / "wrangler.toml"
    assert read_document(path) == {"site": {"bucket": "A\x1b", "entry": "b"}}


def test_read_refuses_a_toml_integer_that_a_double_cannot_hold(write: Write) -> None:
    path = write({"wrangler.toml": "a = [{ b = 9007199254740993 }]\n"}) / "wrangler.toml"
    with pytest.raises(ConfigFileError, match=FRAME + "integer value cannot be represented losslessly"):
        read_document(path)


def test_read_says_where_json_is_broken(write: Write) -> None:
    path = write({"wrangler.json": '{\n  "name": "demo", }}\n'}) / "wrangler.json"
    with pytest.raises(ConfigFileError) as caught:
        read_document(path)
    assert caught.value.message == "EndOfFileExpected"
    assert caught.value.location == Location(path, 2, 19, '  "name": "demo", }}', 1)


def test_read_takes_a_byte_order_mark(load: Load) -> None:
    assert load({"wrangler.toml": '\ufeffname = "w"'}).name == "w"


def test_read_takes_json_with_a_byte_order_mark(load: Load) -> None:
    assert load({"wrangler.json": '\ufeff{"name": "w"}'}).name == "w"


@pytest.mark.parametrize("encoding", ["UTF-16 LE", "UTF-16 BE", "UTF-32 LE", "UTF-32 BE"])
def test_read_refuses_other_encodings(encoding: str, write: Write) -> None:
    content = "\ufeffname".encode(encoding.replace(" ", "-"))
    path = write({"wrangler.toml": content}) / "wrangler.toml"
    with pytest.raises(ConfigFileError) as caught:
        read_document(path)
    assert caught.value.message == f"Configuration file contains {encoding} byte order marker"
    advice = "Please save the file as UTF-8 without BOM."
    assert caught.value.notes == (f'The file "{path}" appears to be encoded as {encoding}. {advice}',)


def test_load_says_which_file_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigFileError) as caught:
        load_config(Path("missing.toml"))
    assert caught.value.message == "Could not read file: missing.toml"
    assert caught.value.notes == (f"ENOENT: no such file or directory, open '{tmp_path}/missing.toml'",)


def test_load_says_that_the_file_is_a_folder(write: Write) -> None:
    path = write({"wrangler.toml/keep.txt": ""}) / "wrangler.toml"
    with pytest.raises(ConfigFileError) as caught:
        load_config(path)
    assert caught.value.message == f"Could not read file: {path}"
    assert caught.value.notes == ("EISDIR: illegal operation on a directory, read",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_load_says_that_the_file_may_not_be_read(write: Write) -> None:
    path = write({"wrangler.toml": ""}) / "wrangler.toml"
    path.chmod(0)
    with pytest.raises(ConfigFileError) as caught:
        load_config(path)
    assert caught.value.notes == (f"EACCES: permission denied, open '{path}'",)


@pytest.mark.parametrize("text", ["[1]", '"x"', "5", "null"])
def test_read_refuses_json_that_is_no_object(text: str, write: Write) -> None:
    path = write({"wrangler.json": text}) / "wrangler.json"
    with pytest.raises(ConfigFileError) as caught:
        read_document(path)
    assert caught.value.message == f"wrangler.json should contain an object but got {text}."


@pytest.mark.parametrize(("name", "opening"), [("wrangler.json", "["), ("wrangler.toml", "a = [")])
def test_read_refuses_endless_nesting(name: str, opening: str, write: Write) -> None:
    path = write({name: opening + "[" * 100_000}) / name
    with pytest.raises(ConfigFileError, match=f"{name} cannot be read: .* nested too deeply"):
        read_document(path)


def test_read_takes_a_file_of_another_kind_for_empty(write: Write) -> None:
    assert read_document(write({"config.yaml": "a: 1"}) / "config.yaml") == {}


def test_read_keeps_toml_dates_inside_a_variable_as_text(load: Load) -> None:
    config = load(
        {"wrangler.toml": "[vars]\nO = { d = 1979-05-27, t = 07:32:00, z = 1979-05-27T07:32:00Z }\n"}
    )
    assert config.vars == {"O": {"d": "1979-05-27", "t": "07:32:00.000", "z": "1979-05-27T07:32:00.000Z"}}


def test_read_takes_numbers_as_javascript_keeps_them(load: Load) -> None:
    vars_ = load({"wrangler.toml": "[vars]\nA = 1.0\nB = 1.5\nC = nan\nD = 0x10\n"}).vars
    assert vars_ == {"A": 1, "B": 1.5, "C": None, "D": 16}
    assert isinstance(vars_["A"], int)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[vars]\nBIG = 9007199254740993\n", 2, 6),
        ("a = [1, 90071992547409931]\n", 1, 8),
        ("a = { b = -9007199254740993, c = 1 }", 1, 10),
        ('S = "9007199254740993" # 9007199254740993\nBIG = 9007199254740993\n', 2, 6),
        ('name = "demo"\nname = "x"\n', 2, 0),
        ("[a]\nb = 1\n  b = 2\n", 3, 2),
        ("[a]\nx=1\n[a]\n", 3, 1),
        ("a.b = 1\na = 2\n", 2, 0),
    ],
)
def test_parse_toml_names_the_place(text: str, line: int, column: int) -> None:
    """The places are those that wrangler 4.164 names, measured."""
    with pytest.raises(TomlFault) as caught:
        parse_toml(text)
    assert (caught.value.line, caught.value.column) == (line, column)

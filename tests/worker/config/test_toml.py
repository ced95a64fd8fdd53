"""Where a TOML file is wrong: the places that wrangler 4.164 names, measured."""

import pytest

from worker.config.files.toml import TomlFault, parse_toml


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
    with pytest.raises(TomlFault) as caught:
        parse_toml(text)
    assert (caught.value.line, caught.value.column) == (line, column)

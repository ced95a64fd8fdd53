from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from worker.config import find_config

Write = Callable[[Mapping[str, str]], Path]


@pytest.mark.parametrize(
    ("present", "taken"),
    [
        (["wrangler.toml", "wrangler.jsonc", "wrangler.json"], "wrangler.json"),
        (["wrangler.toml", "wrangler.jsonc"], "wrangler.jsonc"),
        (["wrangler.toml"], "wrangler.toml"),
        (["a/wrangler.toml", "wrangler.toml"], "a/wrangler.toml"),
        (["a/b/wrangler.toml", "wrangler.json"], "wrangler.json"),
        (["a/b/wrangler.jsonc", "a/wrangler.json"], "a/wrangler.json"),
        (["a/b/wrangler.toml", "a/wrangler.jsonc"], "a/wrangler.jsonc"),
    ],
)
def test_find_lets_the_name_decide_before_the_distance(present: list[str], taken: str, write: Write) -> None:
    folder = write({"a/b/keep.txt": "", **dict.fromkeys(present, "")})
    assert find_config(folder / "a" / "b") == folder / taken


def test_find_passes_over_a_folder_with_the_name_of_the_file(write: Write) -> None:
    folder = write({"wrangler.json/keep.txt": "", "wrangler.toml": ""})
    assert find_config(folder) == folder / "wrangler.toml"


def test_find_returns_none_where_there_is_no_configuration(tmp_path: Path) -> None:
    assert find_config(tmp_path) is None


def test_find_takes_a_relative_folder(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"wrangler.toml": "", "a/keep.txt": ""})
    monkeypatch.chdir(folder)
    assert find_config(Path("a")) == folder / "wrangler.toml"

"""A fresh sample of machine-made mistakes in the example's careful Worker, another one every time."""

import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from tests.harness.declared.test_links import LINKS

SAMPLE = 8
# Of a hundred that make a difference: a small sample of them may have bad luck.
AT_LEAST = 50


@pytest.mark.mutants
def test_of_a_fresh_sample_most_that_make_a_difference_are_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["mutate", str(LINKS / "migration.py"), "--from", str(LINKS / "links.json"), "--jobs", "2", "-q"]
    more = ["--sample", str(SAMPLE), "--seconds", "10", "--at-least", str(AT_LEAST)]
    code = main([*given, *more, "--json", str(tmp_path / "report.json")])
    text = capsys.readouterr().out
    with capsys.disabled():
        print(f"\n{text}")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "GO"
    assert report["hunted"] == SAMPLE
    assert code == 0, text

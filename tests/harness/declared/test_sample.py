"""A rehearsal with a sample: what is in it, what it finds, and what it says of all."""

import json
from collections.abc import Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.cli.rehearse import main
from harness.model.outcomes import Outcomes
from harness.model.stratum import stratum_of
from harness.rehearsal.migration_file import load_migration
from harness.sources.copied import copied
from harness.sources.sample import Sample, Sampler
from harness.system.stages import Stages
from harness.terminal.exit_codes import HELD, VIOLATED
from kvstore import Entry
from tests.harness.declared.declaring import BEGAN, EACH, declared

ROOT = Path(__file__).parents[3]
SOON, LATE = BEGAN // 1000 + 90, BEGAN // 1000 + 90_000_000
# What one key of thousands has.
RARE = {
    "old:largest": Entry(b"v" * 9000),
    "old:" + "k" * 400: Entry(b"v"),
    "old:described": Entry(b"v", None, json.dumps("x" * 1000)),
    "old:soon": Entry(b"v", SOON),
    "old:late": Entry(b"v", LATE),
    "old:bytes": Entry(b"\xff\x00"),
    "old:größe": Entry(b"v"),
    "old:member": Entry(b'{"seen": 1}'),
    "old:empty": Entry(b""),
}
MANY = {f"old:{number:05}": Entry(b"value", SOON + 1000 if number % 3 else None) for number in range(3000)}


def sampled(folder: Path, entries: Iterable[tuple[str, Entry]], most: int = 40, code: str = EACH) -> Sample:
    sampler = Sampler(partial(stratum_of, Outcomes(load_migration(declared(folder, code)), {})), most, BEGAN)
    for key, entry in entries:
        sampler.add(("KV", key), entry)
    return sampler.sample()


def test_everything_rare_is_in_a_sample(tmp_path: Path) -> None:
    found = sampled(tmp_path, chain(MANY.items(), RARE.items()))
    assert {key for _, key in found.entries} >= RARE.keys()
    assert len(found.entries) == 40
    assert (found.of, found.moving) == (3009, 3009)
    assert found.covered == found.shapes


def test_the_order_of_the_entries_makes_no_difference(tmp_path: Path) -> None:
    there = [*MANY.items(), *RARE.items()]
    assert sampled(tmp_path, there).entries == sampled(tmp_path, reversed(there)).entries


def test_of_more_shapes_than_fit_the_most_frequent_and_the_rarest_are_there(tmp_path: Path) -> None:
    others = {f"old:s{n}{m}": Entry(json.dumps({f"m{n}": 1}).encode()) for n in range(90) for m in range(2)}
    found = sampled(tmp_path, chain(MANY.items(), others.items(), RARE.items()))
    assert len(found.entries) == 40
    assert found.covered < found.shapes
    assert {key for _, key in found.entries} & MANY.keys()
    assert {key for _, key in found.entries} & RARE.keys()


@pytest.mark.parametrize("shapes", [1, 20])
def test_no_more_is_kept_than_a_sample_takes(tmp_path: Path, shapes: int) -> None:
    outcomes = Outcomes(load_migration(declared(tmp_path, EACH)), {})
    sampler = Sampler(partial(stratum_of, outcomes), 20, BEGAN)
    value = b"v" * (1 << 20)
    for number in range(2000):
        parts = ":" * (number * shapes // 2000)  # one shape after the other
        sampler.add(("KV", f"old:{parts}{number}"), Entry(value))
    kept = [*sampler._shapes.values(), *sampler._rare.values()]
    assert sum(len(list(one)) for one in kept) <= 128 + 5


def test_what_has_expired_is_counted_and_left_out(tmp_path: Path) -> None:
    found = sampled(tmp_path, [("old:gone", Entry(b"v", BEGAN // 1000)), ("old:here", Entry(b"v"))])
    assert (found.of, found.expired, list(found.entries)) == (1, 1, [("KV", "old:here")])


def test_of_a_key_that_a_file_has_twice_the_last_item_counts(tmp_path: Path) -> None:
    """Also where the item before it is one of the largest."""
    items = [{"key": "old:a", "value": "v" * 9000}, *({"key": "old:a", "value": last} for last in "bc")]
    (tmp_path / "twice.jsonl").write_text("\n".join(map(json.dumps, items)))
    migration = load_migration(declared(tmp_path, EACH))
    found = copied(migration, Stages(migration), [str(tmp_path / "twice.jsonl")], BEGAN, sample=20)
    assert found.entries == {("KV", "old:a"): Entry(b"c")}
    assert found.sample is not None
    assert found.sample.of == 1


def run(
    folder: Path, code: str, *arguments: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any], str]:
    """The exit code, the report, and the text."""
    with (folder / "source.jsonl").open("w") as file:
        for key in [*MANY, "old:rare"]:
            file.write(json.dumps({"key": key, "value": "odd" if key == "old:rare" else "value"}) + "\n")
    source = ["--from", str(folder / "source.jsonl"), "--at", "2027-01-15T08:00:00Z"]
    report = folder / "report.json"
    exit_code = main(
        [
            *("run", str(declared(folder, code)), *source, "--json", str(report), "-q"),
            *("--jobs", "1", *arguments),
        ]
    )
    return exit_code, json.loads(report.read_text()), capsys.readouterr().out


def test_the_report_says_of_how_many_keys_it_judged_how_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, report, text = run(tmp_path, EACH, "--sample", "30", "--seeds", "100", capsys=capsys)
    assert exit_code == HELD
    assert "Judged: 30 of 3,001 keys" in text
    assert "3,001 KV old:* that become one: " in " ".join(text.split())
    schema = json.loads((ROOT / "docs/schema/report-1.json").read_text())
    Draft202012Validator(schema).validate(report)
    assert (report["sample"]["judged"], report["sample"]["of"]) == (30, 3001)
    found = report["forecast"]
    assert found["entries"] == found["writes"] == found["deletes"] == 3001
    assert found["days"] == {"free": 4, "paid": 1}
    (stratum,) = found["restsOn"]["strata"]
    assert (stratum["entries"], stratum["count"]) == ("KV old:* that become one", 3001)
    assert found["restsOn"]["figures"]["price.writes"]["value"] == 5.0


def test_a_mistake_with_one_rare_key_is_found_and_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = EACH.replace("await kv.put(", "if entry.text != 'odd': await kv.put(")
    exit_code, report, _ = run(tmp_path, code, "--sample", "20", "--seeds", "1", capsys=capsys)
    assert exit_code == VIOLATED
    finding = next(one for one in report["findings"] if one["invariant"] == "completion")
    assert "--sample 20 --at" in finding["replay"]
    arguments = ("--sample", "20", "--scenario", finding["scenario"])
    assert run(tmp_path, code, *arguments, capsys=capsys)[0] == VIOLATED

"""The document of a report: it is as its schema says, and its operations are what happened."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness.cli.run import open_migration, run_again
from harness.terminal.output import json_text
from tests.harness.report.reports import rehearsal, run, wanted

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "report-1.json"
VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text()))


def errors(document: dict[str, Any]) -> list[str]:
    return [f"{list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def test_documents_are_as_their_schema_says() -> None:
    plain = run_again(open_migration(wanted()), "seed=1 entries=1").document
    Draft202012Validator.check_schema(VALIDATOR.schema)
    for document in (rehearsal(), run(), plain):
        assert errors(json.loads(json_text(document))) == []


def test_a_document_of_another_kind_is_refused_by_the_schema() -> None:
    assert errors({**run(), "operations": [{}]})
    assert errors({**run(), "schema": "understudy-report-0"})


def test_every_operation_of_every_request_is_there() -> None:
    document = run()
    for request in document["requests"]:
        own = [one["ordinal"] for one in document["operations"] if one["request"] == request["name"]]
        assert sorted(own) == list(range(1, request["operations"] + 1))


def test_an_operation_says_what_it_saw_and_what_was_newest() -> None:
    stale = [
        (one, read)
        for one in run()["operations"]
        for read in one["reads"]
        if read["version"] < read["newest"]
    ]
    assert stale
    for one, read in stale:
        kept = [
            copy
            for copy in run()["copies"]
            if (copy["location"], copy["key"]) == (one["location"], read["key"])
            and copy["from"] <= one["end"] <= copy["until"] + (one["end"] - one["begin"])
        ]
        assert read["version"] in {copy["version"] for copy in kept}
        assert 0 < read["age"] <= 60_000


def test_a_write_that_is_carried_out_and_not_confirmed_says_both() -> None:
    (lost,) = [one for one in run()["operations"] if one["error"] and one["wrote"]]
    assert (lost["request"], lost["ordinal"], lost["verb"]) == ("operator.1", 3, "put")


def test_versions_are_counted_key_by_key() -> None:
    writes = {(one["key"], one["wrote"]) for one in run()["operations"] if one["wrote"] is not None}
    assert writes <= {(one["key"], one["version"]) for one in run()["versions"]}


def test_looking_changes_nothing() -> None:
    opened = open_migration(wanted())
    plain, traced = (
        run_again(opened, "seed=6 entries=2 colos=3 readers=3 clients=1", trace=one).document
        for one in (False, True)
    )
    assert {name: traced[name] for name in plain} == plain


def test_every_finding_has_its_run_and_the_conditions_that_show_it() -> None:
    for one in rehearsal()["findings"]:
        assert one["run"]["scenario"] == one["scenario"]
        assert one["conditions"]["production"]


def test_the_nearest_run_that_held_holds() -> None:
    opened = open_migration(wanted())
    near = [one for one in rehearsal()["findings"] if one["held"]]
    assert near
    for one in near:
        again = run_again(opened, one["held"]["scenario"]).document
        assert one["code"] not in {
            found.get("code") for verdict in again["verdicts"] for found in verdict["findings"]
        }

"""What a migration will take of the whole namespace, from what a walk through many entries took."""

import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.model.stratum import Stratum
from harness.rehearsal.forecast import Bill, Share, forecast
from tests.harness.declared.declaring import EACH, declared

COUNTS = {"reads": 3300, "writes": 1100, "deletes": 1100, "lists": 11}
NOTHING = dict.fromkeys(COUNTS, 0)
ONE = Stratum("KV", "old:", 1)
SEVERAL = Stratum("KV", "list:", 2)


def test_the_free_plan_that_does_not_suffice_is_said() -> None:
    found = forecast({ONE: 2500}, [Bill(6, 3, dict.fromkeys(COUNTS, 6), True), Bill(1100, 11, COUNTS, True)])
    assert found is not None
    document = found.as_json()
    assert document.pop("restsOn")["walked"] == 1100
    assert document == {
        "entries": 2500,
        "requests": 25,
        "reads": 7500,
        "writes": 2500,
        "deletes": 2500,
        "lists": 25,
        "mostQueries": 0,
        "perEntry": {"reads": 3.0, "writes": 1.0, "deletes": 1.0, "lists": 0.01},
        "days": {"free": 3, "paid": 1},
        "price": {"dollars": 0.028875, "included": True},
        "rest": {"requests": 28, "seconds": 0},
    }
    assert found.as_text().endswith(
        "3 days of the free plan, whose day does not suffice (1,000 writes); paid, one"
    )


def test_the_price_and_the_pace_of_a_large_namespace_are_said() -> None:
    bill = Bill(1000, 1, {"reads": 1000, "writes": 0, "deletes": 0, "lists": 0}, True)
    found = forecast({ONE: 100_000_000}, [bill])
    assert found is not None
    assert found.as_json()["price"] == {"dollars": 50.0, "included": False}
    assert found.price_as_text() == ("at most $50.00; read by 1,100,000 requests of the REST API, 3 days")


def test_rows_of_d1_have_quotas_and_a_price_of_their_own() -> None:
    counts = {**NOTHING, "queries": 200, "rows_read": 4000, "rows_written": 2000}
    found = forecast({Stratum("DB.notes", "", 1): 1_000_000}, [Bill(1000, 10, counts, True, 60)])
    assert found is not None
    assert found.as_json()["days"] == {"free": 20, "paid": 1}
    assert found.as_json()["price"] == {"dollars": 2.004, "included": True}
    assert found.as_text() == (
        "1,000,000 rows take 10,000 requests of the operator, 200,000 queries of D1 (4,000,000 rows read, "
        "2,000,000 rows written): 20 days of the free plan, whose day does not suffice "
        "(100,000 rows written); paid, one; a request asks D1 60 times, and the free plan allows 50"
    )
    assert found.price_as_text() == "at most $2.01, which a month of the paid plan includes"


def test_large_numbers_are_shown_with_all_their_digits() -> None:
    found = forecast({ONE: 1_234_567}, [Bill(1, 1, {**NOTHING, "reads": 1}, True)])
    assert found is not None
    assert found.as_text().startswith(
        "1,234,567 entries take 1,234,567 requests of the operator, 1,234,567 reads: "
    )


def test_a_walk_that_did_not_come_to_its_end_says_nothing() -> None:
    assert forecast({ONE: 6}, [Bill(6, 3, COUNTS, False)]) is None


def test_a_walk_in_which_nothing_was_asked_of_kv_says_nothing() -> None:
    assert forecast({ONE: 6}, [Bill(6, 0, dict.fromkeys(COUNTS, 0), True)]) is None


def test_each_stratum_takes_what_its_own_took() -> None:
    """A walk through as many of one as of another says what a namespace takes that has few of the other."""
    counts = {"reads": 20, "writes": 40, "deletes": 0, "lists": 2}
    shares = {ONE: Share(10, {"reads": 10, "writes": 10}), SEVERAL: Share(10, {"reads": 10, "writes": 30})}
    found = forecast({ONE: 9000, SEVERAL: 1000}, [Bill(20, 2, counts, True, strata=shares)])
    assert found is not None
    assert found.counts == {"requests": 1000, "reads": 10_000, "writes": 12_000, "deletes": 0, "lists": 1000}
    assert found.rests_on()[:3] == [
        "9,000 KV old:* that become one: 1 read, 1 write each, as 10 of them took in a walk",
        "1,000 KV list:* that become 2 to 3: 1 read, 3 writes each, as 10 of them took in a walk",
        "beside that: 0.1 requests, 0.1 lists an entry, as in a walk through 20; fewer where pages are full",
    ]


def test_a_stratum_without_a_walk_is_taken_as_the_others_are() -> None:
    counts = {"reads": 0, "writes": 30, "deletes": 0, "lists": 0}
    found = forecast(
        {ONE: 100, SEVERAL: 50}, [Bill(10, 1, counts, True, strata={ONE: Share(10, {"writes": 30})})]
    )
    assert found is not None
    assert found.counts["writes"] == 450
    assert "as none was walked through" in found.rests_on()[1]


def test_forecast_is_in_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"key": f"old:{number:03}", "value": "v"} for number in range(4)]
    (tmp_path / "source.json").write_text(json.dumps(items))
    arguments = [str(declared(tmp_path, EACH)), "--from", str(tmp_path / "source.json")]
    main(["run", *arguments, "-q", "--seeds", "1", "--jobs", "1", "--json", str(tmp_path / "report.json")])
    assert "4 entries take " in capsys.readouterr().out
    found = json.loads((tmp_path / "report.json").read_text())["forecast"]
    assert found["entries"] == found["writes"] == found["deletes"] == 4
    assert found["days"] == {"free": 1, "paid": 1}

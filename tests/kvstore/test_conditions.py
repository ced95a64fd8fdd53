"""Conditions stand on the published figures, and say which."""

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from kvstore.conditions import CONDITIONS, conditions_of
from kvstore.figures import FIGURES
from kvstore.limits import LIMITS
from worker.d1 import LIMITS as D1_LIMITS


def test_production_is_judged_by_the_stricter_of_two_numbers_and_names_the_other() -> None:
    production = CONDITIONS["production"]
    assert production.allowance.operations == 1000
    assert "10,000" in production.judged_by()["kv.operations"].beside
    assert "1,000 operations" in production.judged_line()
    assert "10,000" in production.judged_line()


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_number_of_the_conditions_is_said_with_its_source(name: str) -> None:
    conditions = CONDITIONS[name]
    limited = [
        value
        for part in (conditions.allowance, conditions.staleness, conditions.instant)
        if is_dataclass(part)
        for member in fields(part)
        if isinstance(value := getattr(part, member.name), int) and not isinstance(value, bool)
    ]
    judged = conditions.judged_json()
    assert [one["value"] for one in judged.values()] == limited
    assert all(one["source"] and one["certainty"] != "chosen" for one in judged.values())


def test_a_budget_of_ones_own_is_said_to_be_chosen() -> None:
    judged = conditions_of("production", 50).judged_by()["kv.operations"]
    assert (judged.value, judged.certainty, judged.beside) == (50, "chosen", "")


def test_a_rate_that_loses_is_said_to_be_possible_only() -> None:
    lost = conditions_of("production", 0, "lost")
    assert lost.judged_by()["kv.lost_write_interval_ms"].certainty == "possible"
    assert "earlier ones lost (possible" in lost.judged_line()


def test_without_limits_nothing_is_judged_by() -> None:
    assert CONDITIONS["local"].judged_by() == {}
    assert CONDITIONS["local"].judged_line().startswith("no limits")


@pytest.mark.parametrize(("limits", "group"), [(LIMITS, "kv"), (D1_LIMITS, "d1")])
def test_limits_are_those_of_the_table(limits: Any, group: str) -> None:
    for member in fields(limits):
        assert getattr(limits, member.name) == FIGURES[f"{group}.{member.name}"].value


def test_every_figure_says_where_it_is_from() -> None:
    for name, one in FIGURES.items():
        assert one.source, name
        assert one.date.startswith("2026-"), name

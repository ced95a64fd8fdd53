"""The search through every order of the operations of requests that are answered at once."""

import json
import shlex
from collections.abc import Callable
from itertools import permutations
from math import comb
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.engine.interleaving import Turn
from harness.explore.depth_first import DepthFirst, Redundant, count_equivalent
from harness.migrations.queue.explore.orders import Orders, explore_orders
from harness.migrations.queue.simulation.scenario import Scenario
from harness.terminal.exit_codes import VIOLATED

# Operations of three programs, one of which writes what the others read.
PROGRAMS = {
    "a": [Turn("a", "get", ("x",)), Turn("a", "put", ("y",)), Turn("a", "scan", ("z",))],
    "b": [Turn("b", "put", ("x",)), Turn("b", "get", ("w",))],
    "c": [Turn("c", "put", ("z1",)), Turn("c", "put", ("y",))],
}


def walked() -> tuple[list[list[Turn]], int]:
    """Every order of PROGRAMS that the search takes, and how often it gave one up."""
    search, orders, redundant, more = DepthFirst(), list[list[Turn]](), 0, True
    while more:
        left = {who: list(turns) for who, turns in PROGRAMS.items()}
        try:
            while waiting := {who: turns[0] for who, turns in left.items() if turns}:
                left[search.choose(waiting)].pop(0)
            orders.append(search.turns)
        except Redundant:
            redundant += 1
        more = search.advance()
    return orders, redundant


def normal(turns: list[Turn]) -> tuple[Turn, ...]:
    """The same for two orders if, and only if, they are equivalent: the least of its class."""
    left, found = list(turns), list[Turn]()
    while left:
        free = [
            turn
            for place, turn in enumerate(left)
            if all(before.commutes_with(turn) for before in left[:place])
        ]
        first = min(free, key=lambda turn: turn.who)
        left.remove(first)
        found.append(first)
    return tuple(found)


def every_order() -> list[list[Turn]]:
    letters = [who for who, turns in PROGRAMS.items() for _ in turns]
    orders = []
    for order in sorted(set(permutations(letters))):
        left = {who: iter(turns) for who, turns in PROGRAMS.items()}
        orders.append([next(left[who]) for who in order])
    return orders


def test_orders_take_one_of_each_class() -> None:
    classes = {normal(order) for order in every_order()}
    taken, _ = walked()
    assert len(taken) == len(classes) < len(every_order())
    assert {normal(order) for order in taken} == classes


def test_the_classes_are_counted_exactly() -> None:
    sizes: dict[tuple[Turn, ...], int] = {}
    for order in every_order():
        sizes[normal(order)] = sizes.get(normal(order), 0) + 1
    for order in every_order():
        assert count_equivalent(order) == sizes[normal(order)]


def explored(line: str) -> Orders:
    return explore_orders(Scenario.read(line))


def test_leaving_out_what_is_equivalent_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "conditions=local tasks=1 at_once=claim,list"
    some = explored(line)
    monkeypatch.setattr(Turn, "commutes_with", lambda one, other: False)
    every = explored(line)
    assert some.campaign.tally.runs < every.campaign.tally.runs == every.orders == some.orders == comb(10, 3)
    assert every.redundant == 0
    assert some.campaign.tally.violations.keys() == every.campaign.tally.violations.keys()


@pytest.mark.parametrize(
    "line",
    [
        "conditions=local at_once=claim,claim",
        "conditions=local at_once=claim,claim format=new",
        "conditions=local at_once=claim,claim format=dual migration=safe",
    ],
)
def test_two_claims_of_one_task_are_found_on_plain_kv(line: str) -> None:
    """H21: both list the leases before either has written one, and each reads back its own."""
    search = explored(line)
    double = next(one for one in search.campaign.violations if one.invariant == "I10")
    assert "H21" in {*double.finding.hazards, *(cause.hazard for cause in double.causes)}
    assert search.campaign.tally.runs < 100 < search.orders
    assert double.scenario.order


def test_locations_that_lag_behind_give_two_holders_without_any_overlap() -> None:
    """H22: the second claim begins when the first has ended, and does not see it."""
    search = explored("conditions=production colos=2 tasks=1 at_once=claim,claim")
    double = next(one for one in search.campaign.violations if one.invariant == "I10")
    assert "H22" in {*double.finding.hazards, *(cause.hazard for cause in double.causes)}
    assert "I10" in search.serially
    assert "I10" not in explored("conditions=local colos=2 tasks=1 at_once=claim,claim").serially


def test_requests_that_have_nothing_in_common_have_one_order() -> None:
    search = explored("conditions=local tasks=2 leases=1 at_once=list,list migration=safe format=dual")
    assert "I10" not in {one.invariant for one in search.campaign.violations}
    assert search.campaign.tally.runs <= 6


def test_the_command_reports_and_its_replay_shows_the_violation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "orders.json"
    assert main(["queue", "-q", "--explore", "orders", "--json", str(report)]) == VIOLATED
    text = capsys.readouterr().out
    document = json.loads(report.read_text())
    assert f"Orders: {document['orders']:,}, all there are; {document['runs']} were run" in " ".join(
        text.split()
    )
    assert "a is daemon-1 (claim), b is daemon-2 (claim)" in text
    double = next(one for one in document["violations"] if one["invariant"] == "I10")
    assert double["replay"] in text
    command = shlex.split(double["replay"])
    assert command[:2] == ["rehearse", "queue"]
    assert main([*command[1:], "-q"]) == VIOLATED
    assert double["what"] in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--scenario", "tasks=2"], "takes 2 to 4 requests at_once, such as at_once=claim,claim"),
        (["--scenario", "at_once=claim"], "takes 2 to 4 requests at_once"),
        (["--conditions", "hostile"], "under hostile it is chance who sees their own writes"),
        (
            ["--scenario", "at_once=claim,claim faults=slow@daemon-1.1:2"],
            "slow@daemon-1.1:2 takes time, in which the others would not wait",
        ),
        (["--cluster", "tcp://127.0.0.1:1"], "--cluster is for --explore schedules"),
        (["--strategy", "guide"], "and no --strategy"),
    ],
)
def test_orders_refuse_a_migration_without_search(
    arguments: list[str], error: str, bad_usage: Callable[..., str]
) -> None:
    assert error in bad_usage("queue", "--explore", "orders", *arguments)


def test_a_coordinator_gives_no_task_to_two() -> None:
    search = explored("conditions=local at_once=claim,claim format=dual migration=safe claims=coordinator")
    assert "I10" not in {one.invariant for one in search.campaign.violations}
    assert search.orders > 500

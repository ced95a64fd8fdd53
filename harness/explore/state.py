"""A tally as JSON, and back: what a search keeps of itself when it is interrupted, or shared out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from harness.explore.depth_first import Visited
from harness.explore.tally import Group, Tally
from harness.model.decision import Extent


def write_tally(tally: Tally) -> dict[str, Any]:
    """Everything that adds up; scenarios as their lines. What was noted of single runs is left out."""
    return {
        "looked": asdict(tally.looked),
        "checked": dict(tally.checked),
        "met": dict(sorted(tally.met.items())),
        "fired": dict(sorted(tally.fired.items())),
        "orders": asdict(tally.orders),
        "fingerprint": tally.fingerprint,
        "violations": [[*key, _group(group)] for key, group in sorted(tally.violations.items())],
        "hazards": [[name, _group(group)] for name, group in sorted(tally.hazards.items())],
    }


def read_tally(state: dict[str, Any], scenario: Callable[[str], Any]) -> Tally:
    """The tally that was written; ``scenario`` reads a line. Raises KeyError, TypeError and ValueError."""
    known = {one.name for one in fields(Extent)}
    return Tally(
        looked=Extent(**{name: int(count) for name, count in state["looked"].items() if name in known}),
        checked=Counter(state["checked"]),
        violations={(one, two): _read(group, scenario) for one, two, group in state["violations"]},
        hazards={name: _read(group, scenario) for name, group in state["hazards"]},
        met=Counter(state["met"]),
        fired=Counter(state["fired"]),
        orders=Visited(**state["orders"]),
        fingerprint=int(state["fingerprint"]),
    )


def _group(group: Group) -> dict[str, Any]:
    return {"runs": group.runs, "first": group.first, "smallest": str(group.smallest), "what": group.what}


def _read(group: dict[str, Any], scenario: Callable[[str], Any]) -> Group:
    return Group(int(group["runs"]), int(group["first"]), scenario(group["smallest"]), str(group["what"]))

"""The generic invariants: what holds of every migration, judged from the record of a simulation.

Each module has ``TITLE``, ``check(record, expectation)``, which gives the findings, and ``judged(record,
expectation)``, how many things it looked at, which are ``AT``. A check finds nothing where there is nothing
to look at; with ``UNLESS_ROLLED_BACK = True`` it is not applied to a migration that was rolled back.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding, Verdict, verdict


class Check(Protocol):
    """One invariant."""

    TITLE: str
    AT: str

    def judged(self, record: Record, expectation: Expectation) -> int: ...

    def check(self, record: Record, expectation: Expectation) -> Iterable[Finding | None]: ...


CHECKS: dict[str, Check] = {
    one.name.replace("_", "-"): cast(Check, import_module(f"{__name__}.{one.name}"))
    for one in iter_modules(__path__)
}


def judge(record: Record, expectation: Expectation) -> Sequence[Verdict]:
    """The verdict on every invariant, by their names."""
    return [_judged(name, one, record, expectation) for name, one in CHECKS.items()]


def _judged(name: str, one: Check, record: Record, expectation: Expectation) -> Verdict:
    if record.rolled is not None and getattr(one, "UNLESS_ROLLED_BACK", False):
        return verdict(name, one.TITLE, (), looked=0, at=one.AT)
    looked = one.judged(record, expectation)
    return verdict(name, one.TITLE, one.check(record, expectation), looked=looked, at=one.AT)

"""What is found in code: one rule in each module, its ``RULE``"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from harness.lint.code.names import Names
from harness.lint.code.values import Trace

# Where something is wrong, and what: a file, a line, a sentence.
Found = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """``why`` it loses data or is refused, and what to ``do``. ``check`` takes one invocation."""

    name: str
    title: str
    why: str
    do: str
    check: Callable[[Trace, "Uses"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Uses:
    """What the code does with entries anywhere: whether it gives any metadata, or an end."""

    names: Names
    metadata: bool
    expiration: bool


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    file: str
    line: int
    rule: str
    what: str


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of their names."""
    names = sorted(one.name for one in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").RULE for name in names)


def found_in(traces: Iterable[Trace], uses: Uses) -> list[Finding]:
    """What is found, in the order of the files; each line once for a rule."""
    every: dict[tuple[str, int, str], Finding] = {}
    for trace in traces:
        for rule in rules():
            for file, line, what in rule.check(trace, uses):
                every.setdefault((file, line, rule.name), Finding(file, line, rule.name, what))
    return sorted(every.values())

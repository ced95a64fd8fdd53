"""More operations in a loop than an invocation has."""

import math
from collections.abc import Iterator

from harness.lint.code.values import UNBOUNDED, Operation, Repeated, Trace
from harness.lint.rules import Found, Rule, Uses
from kvstore.figures import whole


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    budget = whole("kv.operations")
    inner: dict[int, tuple[Repeated, list[Operation]]] = {}
    pages = {id(one.loops[-1]) for one in trace.of("list") if one.loops}
    for one in trace.operations:
        for loop in reversed(one.loops):
            if loop.most is not None:
                inner.setdefault(id(loop), (loop, []))[1].append(one)
                break
    for loop, operations in inner.values():
        around = operations[0].loops[: operations[0].loops.index(loop)]
        if loop.is_bounded or any(each.is_bounded and not _is_paging(each, pages) for each in around):
            continue
        times = loop.most or 0.0
        if any(_is_paging(each, pages) for each in around):
            times = UNBOUNDED
        count = times * _at_most(operations)
        if count + (times != UNBOUNDED and bool(trace.of("list"))) > budget:
            each = f"{_at_most(operations)} KV operation{'s' if _at_most(operations) > 1 else ''} in each"
            how_many = "all pages, however many" if math.isinf(count) else f"up to {times:,.0f} turns"
            yield loop.file, loop.line, f"{how_many}, with {each}"


def _is_paging(loop: Repeated, pages: set[int]) -> bool:
    return id(loop) in pages and not loop.is_counted


def _at_most(operations: list[Operation]) -> int:
    """How many of them one turn can have."""
    taken: list[Operation] = []
    for one in operations:
        if not any(one.excludes(other) for other in taken):
            taken.append(one)
    return len(taken)


RULE = Rule(
    "over-budget",
    "A loop has more KV operations than an invocation",
    "An invocation has 1,000 KV operations (another page: 10,000 subrequests on paid plans); the next one "
    "fails, halfway through.",
    "List with a limit, do one page for each request, and answer with the cursor; or read 100 keys at once.",
    _check,
)

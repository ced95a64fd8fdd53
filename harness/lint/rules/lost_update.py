"""A value that is read, changed and written back."""

from collections.abc import Iterator

from harness.lint.code.values import Trace
from harness.lint.rules import Found, Rule, Uses


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    for put in trace.of("put"):
        for number in sorted(put.value.reads):
            read = trace.read(number)
            if read is not None and read.same_key(put) and not read.excludes(put):
                yield (
                    *put.beside(read),
                    f"the value is made from what {read.place(put)} read under the same key",
                )
                break


RULE = Rule(
    "lost-update",
    "A value is read, changed and written back",
    "Reads may be a minute old, and two requests may read the same: the second write undoes the first.",
    "Give each element a key of its own, or let a Durable Object keep what several change.",
    _check,
)

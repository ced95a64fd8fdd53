"""Writes of one key that are closer together than a second."""

from collections.abc import Iterator

from harness.lint.code.values import Operation, Trace
from harness.lint.rules import Found, Rule, Uses


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    writes = trace.of("put", "delete")
    for at, one in enumerate(writes):
        for loop in one.loops:
            is_same = all(atom < loop.start for atom in one.key.atoms)
            if is_same and loop.is_counted and not loop.is_patient and one.verb == "put" and loop.most != 1:
                how = "at once for each turn" if loop.is_concurrent else "in each turn"
                yield one.file, one.line, f"the same key is written {how} of the loop of line {loop.line}"
                break
        for other in writes[:at]:
            if one.same_key(other) and not one.excludes(other) and _are_at_once(one, other):
                yield (
                    one.file,
                    one.line,
                    f"{other.place(one)} writes the same key at the same time",
                )


def _are_at_once(one: Operation, other: Operation) -> bool:
    lanes = dict(other.lanes)
    return any(lanes.get(number, lane) != lane for number, lane in one.lanes)


RULE = Rule(
    "one-key-at-once",
    "One key is written several times at once",
    "KV takes one write of a key a second: others are refused with 429 or, by one report, lost.",
    "Put together what is to be written, and write it once.",
    _check,
)

"""What is moved: entries whose content is written under another key, or into another namespace."""

from collections.abc import Iterator

from harness.lint.code.values import Operation, Trace


def moves(trace: Trace) -> Iterator[tuple[Operation, Operation]]:
    """Reads, and the writes of what was read: unchanged, or under a key that is made of the same."""
    for put in trace.of("put"):
        for number in sorted(put.value.reads):
            read = trace.read(number)
            if read is None or read.same_key(put) or read.excludes(put):
                continue
            is_unchanged = put.value.exact == number
            is_renamed = bool(put.key.atoms & read.key.atoms) and number in put.value.carried
            if is_unchanged or is_renamed:
                yield read, put

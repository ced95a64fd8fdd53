"""An original that is deleted before its copy is verified."""

from collections.abc import Iterator

from harness.lint.code.values import Operation, Sent, Trace, moves
from harness.lint.rules import Found, Rule, Uses


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    deletes = trace.of("delete")
    for read, put in moves(trace):
        for delete in deletes:
            if not delete.same_key(read) or delete.excludes(put) or delete.excludes(read):
                continue
            if delete.number < put.number:
                yield (
                    *delete.beside(put),
                    f"the original is deleted before {put.place(delete)} copies it",
                )
            elif not _is_verified(trace, put, delete):
                what = f"the original is deleted before the copy of {put.place(delete)} is read back"
                yield *delete.beside(put), what
    for delete in deletes:
        for sent in trace.sent:
            if any(_is_source(trace, delete, sent, number) for number in sent.value.carried):
                yield delete.file, delete.line, "the original is deleted before it is written elsewhere"


def _is_source(trace: Trace, delete: Operation, sent: Sent, number: int) -> bool:
    """Whether what is sent elsewhere is of a listed key, read before it was deleted and sent after that."""
    read = trace.read(number)
    if read is None or not number < delete.number < sent.number:
        return False
    return delete.same_key(read) and trace.is_listed(read.key)


def _is_verified(trace: Trace, put: Operation, delete: Operation) -> bool:
    return any(
        one.same_key(put) and put.number < one.number < delete.number
        for one in trace.of("get", "getWithMetadata")
    )


RULE = Rule(
    "early-delete",
    "An original is deleted before its copy is verified",
    "For a minute, other locations may read the original as gone and the copy as missing; a crash in between "
    "can leave neither.",
    "Delete in a step of its own, minutes later, and only what has a copy that a read has shown.",
    _check,
)

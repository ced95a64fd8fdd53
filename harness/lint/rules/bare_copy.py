"""A copy that loses what an entry has beside its value."""

from collections.abc import Iterator

from harness.lint.code.values import Members, Operation, Trace, moves
from harness.lint.rules import Found, Rule, Uses


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    for read, put in moves(trace):
        # A key of a listing may have both; of a key that the code names, the rest of the code says.
        is_listed = trace.is_listed(read.key)
        if not is_listed and put.value.exact != read.number:
            continue
        lost = [
            word
            for word, names, is_used in (
                ("metadata", ("metadata",), uses.metadata),
                ("expiration", ("expiration", "expirationTtl"), uses.expiration),
            )
            if (is_listed or is_used) and not _keeps(put, names)
        ]
        if lost:
            yield (
                put.file,
                put.line,
                f"the value that {read.place(put)} read is written without its {' and its '.join(lost)}",
            )


def _keeps(put: Operation, names: tuple[str, ...]) -> bool:
    return (put.options or Members({})).may_have(*names)


RULE = Rule(
    "bare-copy",
    "A copy loses metadata or expiration",
    "A put without them makes an entry that has none: the copy lives for ever, and listings show nothing.",
    "Take metadata and expiration from the listing, or metadata from getWithMetadata, and give both to put.",
    _check,
)

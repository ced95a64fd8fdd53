"""A page of a listing that is taken for all of it."""

from collections.abc import Iterator

from harness.lint.code.values import Operation, Trace
from harness.lint.rules import Found, Rule, Uses
from kvstore.figures import whole


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    for page in trace.of("list"):
        if page.whole or not page.seen or "list_complete" in page.seen:
            continue
        if "cursor" in page.seen:
            if page.ends_by_length:
                yield page.file, page.line, "the pages end where one has few keys, or none"
        elif not _is_meant(page):
            yield (
                page.file,
                page.line,
                "only the first page is used: neither list_complete nor cursor is read",
            )


def _is_meant(page: Operation) -> bool:
    """Whether few keys were asked for on purpose."""
    limit = None if page.options is None else page.options.members.get("limit")
    return limit is not None and limit.number is not None and limit.number < whole("kv.list_keys")


RULE = Rule(
    "first-page",
    "A page of a listing is taken for all of it",
    "A page has 1,000 keys at most, may have fewer, or none, and not be the last.",
    "List again with the cursor of each answer, until one says list_complete.",
    _check,
)

"""A lifetime that KV refuses."""

import re
from collections.abc import Iterator
from typing import Final

from harness.lint.code.values import Trace, Value
from harness.lint.rules import Found, Rule, Uses
from kvstore.figures import whole

# `Date.now() / 1000 + 30`, `int(time.time()) + 30`
_SOON: Final = re.compile(r"(?:now|time)\(.*\+\s*(\d+(?:\.\d+)?)\)?$")


def _check(trace: Trace, uses: Uses) -> Iterator[Found]:
    least, least_cached = whole("kv.minimum_ttl"), whole("kv.minimum_cache_ttl")
    for one in trace.operations:
        given = {} if one.options is None else one.options.members
        if one.verb == "put":
            ttl = given.get("expirationTtl")
            if ttl is not None and ttl.number is not None and ttl.number < least:
                yield one.file, one.line, f"expirationTtl is {ttl.number:g}, and must be {least} or more"
            seconds = _ahead(given.get("expiration"))
            if seconds is not None and seconds < least:
                yield one.file, one.line, f"expiration is {seconds:g} s ahead, and must be {least} or more"
        elif one.verb in ("get", "getWithMetadata"):
            ttl = given.get("cacheTtl")
            if ttl is not None and ttl.number is not None and ttl.number < least_cached:
                yield one.file, one.line, f"cacheTtl is {ttl.number:g}, and must be {least_cached} or more"


def _ahead(expiration: Value | None) -> float | None:
    """How many seconds from now an expiration is, where it is now and so many."""
    found = None if expiration is None else _SOON.search(expiration.text)
    return None if found is None else float(found[1])


RULE = Rule(
    "short-ttl",
    "A lifetime is shorter than KV takes",
    "KV refuses the call with 400, and nothing is written.",
    "Give at least 60 seconds, 30 for a cacheTtl, and keep an end that is nearer in the value.",
    _check,
)

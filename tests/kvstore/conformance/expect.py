"""What the conformance tests share: the moment in which they begin, and refusals by their exact text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from kvstore import KVError

from .ways import Binding

# In milliseconds, and not at the start of a second: the product's expirations count whole seconds.
START: Final = 1_795_000_000_700
NOW: Final = START // 1000

EMPTY: Final = "TypeError: Key name cannot be empty."
DOT: Final = 'TypeError: "." is not allowed as a key name.'
DOTS: Final = 'TypeError: ".." is not allowed as a key name.'
RANGE: Final = "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive)."
BIGINT: Final = "TypeError: Cannot convert a BigInt value to a number"
SYMBOL: Final = "TypeError: Cannot convert a Symbol value to a string"
UNKNOWN_TYPE: Final = (
    'TypeError: Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".'
)
# Keys that every method refuses, and the error of each.
BAD_KEYS: Final = [("", EMPTY), (".", DOT), ("..", DOTS)]
MISSING: Final = {"value": None, "metadata": None, "cacheStatus": None}


@contextmanager
def refusal(text: str) -> Iterator[None]:
    """The block must be refused with exactly this: the class's name, a colon, the message."""
    with pytest.raises(KVError) as caught:
        yield
    assert str(caught.value) == text


def not_of_type(method: str, position: int, expected: str) -> str:
    return (
        f"TypeError: Failed to execute '{method}' on 'KvNamespace': "
        f"parameter {position} is not of type '{expected}'."
    )


async def fill(kv: Binding, *names: str) -> None:
    for name in names:
        await kv.put(name, "v")


def names(page: dict[str, Any]) -> list[str]:
    return [key["name"] for key in page["keys"]]

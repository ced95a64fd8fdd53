"""The product's wording, byte for byte.

What the storage layer refuses reads ``KV <VERB> failed: <status> <text>`` inside a Worker; the other texts
are TypeErrors of the binding itself.
"""

from typing import Final, Literal

from kvstore.errors import Code, KVError

Verb = Literal["GET", "PUT", "DELETE", "GET_BULK"]

EMPTY_KEY: Final = "Key name cannot be empty."
UNKNOWN_TYPE: Final = 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".'
BAD_VALUE: Final = (
    "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values."
)


def refused(verb: Verb, status: int, text: str, code: Code = "") -> KVError:
    """The error of an operation that the storage layer refused; its text is cut at 512 characters."""
    reason = text[:512]
    return KVError(f"KV {verb} failed: {status} {reason}", status, reason, code)


def broken(verb: Verb) -> KVError:
    """The error of an operation that the storage layer failed to carry out."""
    return refused(verb, 500, "Internal Server Error")


def wrong_argument(method: str, position: int, expected: str) -> str:
    return f"Failed to execute '{method}' on 'KvNamespace': parameter {position} is not of type '{expected}'."


def dot_key(key: str) -> str:
    return f'"{key}" is not allowed as a key name.'


def long_key(verb: Verb, size: int, limit: int) -> KVError:
    return refused(
        verb, 414, f"UTF-8 encoded length of {size} exceeds key length limit of {limit}.", "key-size"
    )


def undecodable_key(verb: Verb) -> KVError:
    return refused(verb, 400, "Could not URL-decode key name", "key-name")


def nameless_key(verb: Verb) -> KVError:
    return refused(verb, 400, "Key names must not be empty", "key-name")


def illegal_key(verb: Verb, key: str) -> KVError:
    return refused(verb, 400, f'Illegal key name "{key}". Please use a different name.', "key-name")


def short_cache_ttl(verb: Verb, ttl: int, minimum: int) -> KVError:
    return refused(verb, 400, f"Invalid cache_ttl of {ttl}. Cache TTL must be at least {minimum}.")


def long_value(size: int, limit: int) -> KVError:
    return refused("PUT", 413, long_value_text(size, limit), "value-size")


def long_value_text(size: int, limit: int) -> str:
    return f"Value length of {size} exceeds limit of {limit}."


def long_metadata(size: int, limit: int) -> KVError:
    return refused("PUT", 413, f"Metadata length of {size} exceeds limit of {limit}.", "metadata-size")


def ttl_not_positive(ttl: int) -> KVError:
    return refused(
        "PUT",
        400,
        f"Invalid expiration_ttl of {ttl}. Please specify integer greater than 0.",
        "expiration-ttl",
    )


def ttl_too_short(ttl: int, minimum: int) -> KVError:
    return refused(
        "PUT",
        400,
        f"Invalid expiration_ttl of {ttl}. Expiration TTL must be at least {minimum}.",
        "expiration-ttl",
    )


def expiration_past(expiration: int) -> KVError:
    return refused(
        "PUT",
        400,
        f"Invalid expiration of {expiration}. Please specify integer greater than the current number of "
        "seconds since the UNIX epoch.",
        "expiration",
    )


def expiration_too_near(expiration: int, minimum: int) -> KVError:
    return refused(
        "PUT",
        400,
        f"Invalid expiration of {expiration}. Expiration times must be at least {minimum} seconds in the "
        "future.",
        "expiration",
    )


def instant_metadata() -> KVError:
    """The text is ours, as are those of the next two."""
    return refused("PUT", 400, "KV Instant stores no metadata: put the value without it.", "metadata-size")


def instant_full(keys: int, size: int) -> KVError:
    most = f"{keys:,} keys and {size:,} bytes"
    text = f"This namespace of KV Instant is full: it holds at most {most}. Delete keys first."
    return refused("PUT", 413, text, "value-size")


def instant_pages() -> KVError:
    return refused("GET", 400, "KV Instant lists all keys at once: call list() without limit and cursor.")


def short_list(limit: int) -> KVError:
    return refused(
        "GET", 400, f"Invalid key_count_limit of {limit}. Please specify an integer greater than 0."
    )


def long_list(limit: int, most: int) -> KVError:
    # The product's wording is off by one: 1000 itself is accepted.
    return refused(
        "GET", 400, f"Invalid key_count_limit of {limit}. Please specify an integer less than {most}."
    )


def invalid_cursor() -> KVError:
    """Only production says this; the local storage takes any text for a cursor."""
    return refused("GET", 400, "invalid cursor")


def bulk_type(kind: str) -> KVError:
    # The text becomes a status line, which holds no control characters; of this one nothing is cut.
    if any(character < " " for character in kind):
        return broken("GET_BULK")
    reason = f'"{kind}" is not a valid type. Use "json" or "text"'
    return KVError(f"KV GET_BULK failed: 400 {reason}", 400, reason)


def bulk_too_many(most: int) -> KVError:
    return refused("GET_BULK", 400, f"You can request a maximum of {most} keys", "bulk-keys")


def bulk_too_few() -> KVError:
    return refused("GET_BULK", 400, "You must request a minimum of 1 key")


def bulk_not_json() -> KVError:
    return refused(
        "GET_BULK", 400, "At least one of the requested keys corresponds to a non-json value", "bulk-not-json"
    )


def bulk_too_large() -> KVError:
    return refused("GET_BULK", 413, "Total size of request exceeds the limit of 25MB", "request-size")


TOO_MANY_OPERATIONS: Final = "Too many API requests by single Worker invocation."

DAY_IS_OVER: Final = "limit exceeded for the day"


def day_is_over(method: str) -> KVError:
    return KVError(f"KV {method}() {DAY_IS_OVER}.", code="daily-quota")


def too_many_operations() -> KVError:
    return KVError(TOO_MANY_OPERATIONS, code="invocation-limit")


def too_many_writes(verb: Verb) -> KVError:
    return refused(verb, 429, "Too Many Requests", "write-rate")

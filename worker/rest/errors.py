"""What the REST API answers when it refuses: HTTP status, the product's code, and its text.

Codes and texts are those of the public API as other people recorded it; where only the code is public, the
sentence is ours and says what to change. docs/rest-api.md tells which is which.
"""

from collections.abc import Mapping
from typing import Final, Literal

from kvstore.errors import Code, KVError
from worker.serving import BodyTooLarge, Refusal

Verb = Literal[
    "get", "metadata", "put", "remove key", "list keys", "get namespace", "bulk get keys", "bulk put keys"
]

_STORAGE_CODES: Final[Mapping[Code, int]] = {
    "expiration-ttl": 10034,
    "expiration": 10033,
    "metadata-size": 10047,
    "value-size": 10024,
    "request-size": 10024,
    "key-size": 10030,
    "key-name": 10023,
    "bulk-keys": 10020,
    "bulk-not-json": 10012,
}
_INVALID_REQUEST: Final = 10029


class RestError(Exception):
    """The API refuses: ``status`` is what SDKs look at, ``code`` and ``message`` what wrangler does."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def refusal(error: KVError) -> RestError:
    """What the storage layer refused, as the REST API says it: the same status and reason, with a code."""
    return RestError(error.status, _STORAGE_CODES.get(error.code, _INVALID_REQUEST), error.reason)


def unavailable(reason: str) -> RestError:
    """The storage itself failed; a client may try again."""
    return RestError(500, 10001, f"service temporarily unavailable: {reason}")


def kept_out(refusal: Refusal) -> RestError:
    """Of a token nothing is said; of all else, what names another machine or another site."""
    reason = "" if refusal.what == "token" else f": {refusal.without_token}"
    return RestError(403, 10000, f"Authentication error{reason}")


def no_route(path: str) -> RestError:
    return RestError(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")


def no_method(method: str) -> RestError:
    return RestError(405, 7001, f"{method} not supported for requested URI.")


def key_not_found(verb: Verb) -> RestError:
    return RestError(404, 10009, f"{verb}: 'key not found'")


def namespace_not_found(verb: Verb | None = None) -> RestError:
    text = "namespace not found" if verb is None else f"{verb}: 'namespace not found'"
    return RestError(404, 10013, text)


def malformed_namespace(given: str) -> RestError:
    wrong = "invalid namespace format" if len(given) == 32 else "uuid: incorrect UUID length"
    return RestError(400, 10011, f"could not parse UUID from request's namespace_id: '{wrong}: {given}'")


def title_taken() -> RestError:
    return RestError(400, 10014, "a namespace with this account ID and title already exists")


def bad_title(reason: str) -> RestError:
    return RestError(400, 10019, f"namespace title {reason}")


def bad_parameter(code: int, name: str, given: str, expected: str) -> RestError:
    return RestError(400, code, f"{name} argument must be {expected}, not {given!r}")


def short_limit(minimum: int) -> RestError:
    return RestError(400, 10028, f"limit argument must be at least {minimum}")


def long_limit(maximum: int) -> RestError:
    return RestError(400, 10028, f"limit argument must be at most {maximum}")


def bad_cursor() -> RestError:
    return RestError(400, 10041, "invalid list keys cursor")


def undecodable_key() -> RestError:
    return RestError(400, 10023, "Could not URL-decode key name")


def bad_seconds(name: str, given: object) -> RestError:
    code = 10034 if name == "expiration_ttl" else 10033
    return RestError(400, code, f"Invalid {name} of {given}. Please specify a whole number of seconds.")


def bad_body(reason: str) -> RestError:
    return RestError(400, _INVALID_REQUEST, f"invalid request body: {reason}")


def bad_value(reason: str) -> RestError:
    return RestError(400, 10012, f"malformed value: {reason}")


def bad_metadata(reason: str) -> RestError:
    return RestError(400, 10047, f"invalid metadata: {reason}")


def too_many(what: str, count: int, most: int) -> RestError:
    return RestError(400, 10020, f"a bulk request takes at most {most} {what}, not {count}")


def too_large(error: BodyTooLarge) -> RestError:
    """Of a value or of a whole request: the error says which."""
    return RestError(413, 10024, str(error))

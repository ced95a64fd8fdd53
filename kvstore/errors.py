"""Every error that the emulated KV raises, and nothing else.

    KVError                     refused by the storage layer: class ``Error`` in JavaScript
    ├── KVTypeError             refused before storage was asked: ``TypeError``
    ├── KVSyntaxError           a value is not the JSON that was asked for: ``SyntaxError``
    └── KVRangeError            a number outside its range: ``RangeError``
    StoreError                  the storage itself failed: unreadable, corrupt, read-only, full
    ├── StateError              a state folder or database cannot be used; says which file and why
    └── UnsureError             a write was carried out, and may be gone after a power cut
    SourceError                 a namespace cannot be read from the file or folder that was named

The first family is what a Worker sees, with the product's own wording; the rest is for people.
"""

from typing import Literal

Code = Literal[
    "",
    "bulk-keys",
    "bulk-not-json",
    "daily-quota",
    "expiration",
    "expiration-ttl",
    "invocation-limit",
    "key-name",
    "key-size",
    "metadata-size",
    "request-size",
    "value-size",
    "write-rate",
]


class KVError(Exception):
    """The storage layer refused an operation, for example ``KV PUT failed: 413 Value length of …``.

    ``name`` is the JavaScript class name, ``message`` the text without it; ``str()`` gives both. ``status``
    and ``reason`` are the HTTP answer that the refusal is on the wire. ``code`` says which limit or
    rule refused, "" for others: a Worker never sees it.
    """

    name = "Error"

    def __init__(
        self, message: str, status: int = 500, reason: str = "Internal Server Error", code: Code = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        self.code: Code = code

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class KVTypeError(KVError):
    """An argument has a type or a form that the binding does not take."""

    name = "TypeError"


class KVSyntaxError(KVError):
    """A stored value was read as JSON and is not JSON; the message is V8's."""

    name = "SyntaxError"


class KVRangeError(KVError):
    """A number is outside the range that a JavaScript API takes."""

    name = "RangeError"


class StoreError(Exception):
    """The storage failed for a reason that no Worker caused."""


class StateError(StoreError):
    """A state folder or a database file cannot be opened, read or written."""


class NamespaceIdError(StateError):
    """The id of a namespace cannot be the name of a folder, which its values would be in."""


class UnsureError(StoreError):
    """The disk did not confirm a write: readers see it, and a power cut may undo it."""


class SourceError(Exception):
    """What was named as the source of a namespace cannot be read as one, or is damaged."""

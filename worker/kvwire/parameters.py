"""What a request asks for: the key in its path, the options in its query, the keys in its body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from kvstore import KVError, KVSyntaxError, messages
from kvstore.javascript.json_text import parse
from kvstore.javascript.values import MAX_SAFE_INTEGER
from kvstore.messages import Verb
from kvstore.storage.options import GetOptions

_HALF_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,16}", re.ASCII)


def bad_request(text: str) -> KVError:
    """A refusal of what a real workerd never sends."""
    return KVError(text, 400, text)


class Query:
    """The parameters of a URL, by name; of several with one name the first counts."""

    def __init__(self, query: bytes) -> None:
        self._members = _members(query)

    def text(self, name: str) -> str:
        """A text parameter; "" when absent."""
        return self._members.get(name, "")

    def given(self, name: str) -> str | None:
        """A text parameter; None when absent."""
        return self._members.get(name)

    def integer(self, name: str) -> int | None:
        """A whole number; None when absent. Raises KVError (400) for anything else."""
        text = self._members.get(name)
        return None if text is None else _integer(name, text)


@lru_cache(maxsize=256)  # nearly all are alike: a key is in the path
def _members(query: bytes) -> Mapping[str, str]:
    text = query.decode("latin-1")
    if "%" in text or "+" in text:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    else:
        pairs = [(name, value) for name, _, value in (one.partition("=") for one in text.split("&"))]
    return dict(reversed(pairs))


def _integer(name: str, text: str) -> int:
    if _INTEGER.fullmatch(text) and abs(int(text)) <= MAX_SAFE_INTEGER:
        return int(text)
    raise bad_request(f"Invalid {name} of {text}. Please specify an integer.")


def key_in_path(path: bytes, query: Query, verb: Verb) -> str:
    """The key: all that follows the first slash, percent-decoded where ``urlencoded=true`` says so.

    Raises KVError (400) for what is not the UTF-8 of a text, such as a lone surrogate.
    """
    path = path[1:]
    text = path.decode("latin-1")
    if query.text("urlencoded").lower() != "true":
        return text
    if _HALF_ESCAPE.search(text):
        raise messages.undecodable_key(verb)
    try:
        return unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise messages.undecodable_key(verb) from error


@dataclass(frozen=True, slots=True)
class BulkGet:
    """``POST /bulk/get``: ``{keys, type?, withMetadata?, cacheTtl?}``, the last as text."""

    keys: list[str]
    options: GetOptions
    with_metadata: bool

    @classmethod
    def read(cls, body: bytes) -> "BulkGet":
        """Raises KVError (400) for a body that is not of this form."""
        try:
            given = parse(body.decode("utf-8", "replace"))
        except KVSyntaxError as error:
            raise bad_request(f"The body is not JSON: {error.message}") from error
        keys = given.get("keys") if isinstance(given, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise bad_request('The body must have "keys", an array of strings')
        kind, cache_ttl = given.get("type"), given.get("cacheTtl")
        options = GetOptions(
            _kind(kind), None if cache_ttl is None else _integer("cache_ttl", str(cache_ttl))
        )
        return cls(keys, options, given.get("withMetadata") is True)


def _kind(given: Any) -> str:
    return "text" if given is None else str(given)

"""What may be a key, and what is said of what may not."""

from dataclasses import dataclass

from kvstore import messages
from kvstore.errors import KVTypeError
from kvstore.javascript import has_lone_surrogate, normalise_surrogates
from kvstore.limits import Limits
from kvstore.messages import Verb


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the binding accepts; storage still refuses one with a lone surrogate."""

    name: str

    def require_unicode(self, verb: Verb) -> None:
        """The storage layer's check. Raises KVError (400) for a lone surrogate."""
        if not self.name.isascii() and has_lone_surrogate(self.name):
            raise messages.undecodable_key(verb)


def check_key(verb: Verb, name: str, limits: Limits) -> Key:
    """The binding's checks: KVTypeError for ``""``, ``.`` and ``..``, KVError (414) beyond 512 bytes."""
    if name == "":
        raise KVTypeError(messages.EMPTY_KEY)
    if name in (".", ".."):
        raise KVTypeError(messages.dot_key(name))
    name = name if name.isascii() else normalise_surrogates(name)
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > limits.key_size:
        raise messages.long_key(verb, size, limits.key_size)
    return Key(name)


def check_prefix(prefix: str, limits: Limits) -> str:
    """A list prefix; lone surrogates become U+FFFD. Raises KVError (414) beyond 512 bytes."""
    if prefix.isascii():
        size = len(prefix)
    else:
        prefix = normalise_surrogates(prefix)
        prefix = "".join("\ufffd" if "\ud800" <= unit <= "\udfff" else unit for unit in prefix)
        size = len(prefix.encode())
    if size > limits.key_size:
        raise messages.long_key("GET", size, limits.key_size)
    return prefix

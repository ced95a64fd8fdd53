"""What may be a key, and what is said of what may not: by the binding, and by the storage layer."""

from kvstore import messages
from kvstore.errors import KVTypeError
from kvstore.javascript.values import has_lone_surrogate, normalise_surrogates, utf8
from kvstore.limits import Limits
from kvstore.messages import Verb


def check_key(verb: Verb, name: str, limits: Limits) -> str:
    """The binding's checks: KVTypeError for ``""``, ``.`` and ``..``, KVError (414) beyond 512 bytes.

    A lone surrogate passes: it is the storage layer that refuses it.
    """
    if 2 < len(name) <= limits.key_size and name.isascii():  # as nearly all
        return name
    if name == "":
        raise KVTypeError(messages.EMPTY_KEY)
    if name in (".", ".."):
        raise KVTypeError(messages.dot_key(name))
    name = name if name.isascii() else normalise_surrogates(name)
    _check_size(verb, name, limits)
    return name


def check_stored_key(verb: Verb, name: str, limits: Limits) -> None:
    """The storage layer's checks: KVError, 400 for what cannot be a name and 414 beyond 512 bytes."""
    if 2 < len(name) <= limits.key_size and name.isascii():  # as nearly all
        return
    if not name.isascii() and has_lone_surrogate(name):
        raise messages.undecodable_key(verb)
    if name == "":
        raise messages.nameless_key(verb)
    if name in (".", ".."):
        raise messages.illegal_key(verb, name)
    _check_size(verb, name, limits)


def check_checked_key(verb: Verb, name: str, limits: Limits) -> None:
    """What is left of `check_stored_key` after `check_key`: KVError (400) for a lone surrogate."""
    if not name.isascii() and has_lone_surrogate(name):
        raise messages.undecodable_key(verb)


def check_prefix(prefix: str, limits: Limits) -> None:
    """The storage layer's check of a list prefix: KVError (414) beyond 512 bytes."""
    _check_size("GET", prefix, limits)


def _check_size(verb: Verb, name: str, limits: Limits) -> None:
    size = len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))
    if size > limits.key_size:
        raise messages.long_key(verb, size, limits.key_size)


def unicode_text(text: str) -> str:
    """``text`` as it arrives after workerd has written it as UTF-8.

    A lone surrogate is written as three bytes, none of which can be read: three U+FFFD.
    """
    if text.isascii() or not has_lone_surrogate(text):
        return text
    return utf8(text).decode("utf-8", "replace")

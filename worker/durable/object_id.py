"""Ids of Durable Objects: 64 hex digits, made of a name or of chance, and valid for one class only."""

from kvstore.entropy import Entropy
from kvstore.stores.state_names import object_id, signed_id
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject

_DIGITS = 64


class DurableObjectId(JsObject):
    """An id; ``name`` is what it was made of, and is not there when it was made of anything else."""

    def __init__(self, digits: str, name: str | None = None) -> None:
        self._digits = digits
        if name is not None:
            self.name = name

    def js_string(self) -> str:
        return self._digits

    def equals(self, other: object) -> bool:
        return isinstance(other, DurableObjectId) and other._digits == self._digits


def named(name: str, unique_key: str) -> DurableObjectId:
    return DurableObjectId(object_id(name, unique_key), name)


def unique(unique_key: str, entropy: Entropy) -> DurableObjectId:
    return DurableObjectId(signed_id(entropy.token(_DIGITS // 4), unique_key))


def parsed(text: str, unique_key: str) -> DurableObjectId:
    """The id that ``text`` writes.

    Raises JsException (TypeError) for what is not a valid id, and for an id of another class.
    """
    try:
        whole = bytes.fromhex(text) if len(text) == _DIGITS and text.isalnum() else b""
    except ValueError:
        whole = b""
    if not whole:
        raise type_error("Invalid Durable Object ID: must be 64 hex digits")
    if signed_id(whole[:16], unique_key) != whole.hex():
        raise type_error("Durable Object ID is not valid for this namespace.")
    return DurableObjectId(whole.hex())

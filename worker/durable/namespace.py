"""The binding of a Durable Object class: ``env.COORDINATOR``."""

from typing import Any

from kvstore.entropy import Entropy
from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.durable import object_id
from worker.durable.object_id import DurableObjectId
from worker.durable.stub import DurableObjectStub, Send
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject


class DurableObjectNamespace(JsObject):
    """Ids and stubs of one class. Errors are JsException with workerd's texts.

    Options (locationHint, jurisdiction) are accepted and change nothing: there is one place here.
    """

    def __init__(self, unique_key: str, entropy: Entropy, send: Send) -> None:
        self._unique_key = unique_key
        self._entropy = entropy
        self._send = send

    def idFromName(self, name: Any = UNDEFINED) -> DurableObjectId:
        return object_id.named(_text(name, "idFromName"), self._unique_key)

    def idFromString(self, text: Any = UNDEFINED) -> DurableObjectId:
        return object_id.parsed(_text(text, "idFromString"), self._unique_key)

    def newUniqueId(self, *_: Any) -> DurableObjectId:
        return object_id.unique(self._unique_key, self._entropy)

    def get(self, identity: Any = UNDEFINED, *_: Any) -> DurableObjectStub:
        if not isinstance(identity, DurableObjectId):
            raise _wrong("get", "DurableObjectId")
        return DurableObjectStub(identity, self._send)

    def getByName(self, name: Any = UNDEFINED, *_: Any) -> DurableObjectStub:
        return self.get(object_id.named(_text(name, "getByName"), self._unique_key))


def _text(value: Any, method: str) -> str:
    if isinstance(value, Undefined):
        raise _wrong(method, "string")
    return to_string(value)


def _wrong(method: str, expected: str) -> JsException:
    return type_error(
        f"Failed to execute '{method}' on 'DurableObjectNamespace': parameter 1 is not of type '{expected}'."
    )

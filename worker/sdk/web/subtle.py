"""``crypto.subtle``: digests, and HMAC."""

import hashlib
import hmac
from typing import Any, Final

from kvstore.javascript.values import ArrayBuffer, byte_view, to_string
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject, option

_HASHES: Final = {
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
    "MD5": "md5",
}


class CryptoKey(JsObject):
    type = "secret"

    def __init__(self, secret: bytes, hash_name: str, extractable: bool, usages: Any) -> None:
        self._secret = secret
        self._hash = hash_name
        self.extractable = extractable
        self.usages = usages
        self.algorithm = {"name": "HMAC", "hash": {"name": hash_name}, "length": len(secret) * 8}


class SubtleCrypto(JsObject):
    """Raises JsException (NotSupportedError) for other algorithms than SHA, MD5 and HMAC."""

    async def digest(self, algorithm: Any, data: Any) -> ArrayBuffer:
        return ArrayBuffer(hashlib.new(_HASHES[_hash(algorithm)], byte_view(data) or b"").digest())

    async def importKey(
        self, kind: Any, data: Any, algorithm: Any, extractable: Any, usages: Any
    ) -> CryptoKey:
        if kind != "raw" or _name(algorithm) != "HMAC":
            raise _not_emulated(f"importKey of {to_string(kind)} for {_name(algorithm)}")
        return CryptoKey(
            byte_view(data) or b"", _hash(option(algorithm, "hash")), extractable is True, usages
        )

    async def sign(self, algorithm: Any, key: CryptoKey, data: Any) -> ArrayBuffer:
        _require_hmac(key)
        return ArrayBuffer(hmac.digest(key._secret, byte_view(data) or b"", _HASHES[key._hash]))

    async def verify(self, algorithm: Any, key: CryptoKey, signature: Any, data: Any) -> bool:
        return hmac.compare_digest(await self.sign(algorithm, key, data), byte_view(signature) or b"")

    def timingSafeEqual(self, one: Any, other: Any) -> bool:
        return hmac.compare_digest(byte_view(one) or b"", byte_view(other) or b"")


def _name(algorithm: Any) -> str:
    return algorithm if isinstance(algorithm, str) else to_string(option(algorithm, "name"))


def _hash(algorithm: Any) -> str:
    name = _name(algorithm).upper()
    if name not in _HASHES:
        raise _not_emulated(name)
    return name


def _require_hmac(key: Any) -> None:
    if not isinstance(key, CryptoKey):
        raise _not_emulated("this key")


def _not_emulated(what: str) -> JsException:
    return JsException("NotSupportedError", f"crypto.subtle: {what} is not emulated")

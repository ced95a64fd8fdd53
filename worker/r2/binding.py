"""``env.BUCKET``: what a Worker calls. It asks a service, and answers or raises in the product's words.

Values are written as kvstore.javascript.values says. Source: workerd 1.20260426, recorded.
"""

from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, Undefined
from worker.r2.arguments import (
    body_of,
    check_customer_key,
    checksums_of,
    condition_of,
    content_of,
    custom_fields_of,
    http_fields_of,
    key_of,
    listing_of,
    not_of_type,
    options_of,
    range_of,
    text_of,
)
from worker.r2.bucket import Answer, Request, Service
from worker.r2.errors import R2Error
from worker.r2.multipart import R2MultipartUpload
from worker.r2.results import GetResult, HeadResult
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject, option

_NO_SUCH_KEY: Final = 10007
_PRECONDITION_FAILED: Final = 10031
_UPLOAD_OPTIONS: Final = "MultipartOptions"
_MISSING: Final = object()  # undefined stores an empty object, and a call without a value is refused


class R2Bucket(JsObject):
    """The binding."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def head(self, key: Any = UNDEFINED, *_: Any) -> "HeadResult | None":
        """What is known of an object; None when there is none."""
        try:
            answer = await self._ask("head", {"object": key_of("head", key)})
        except R2Error as error:
            if error.code == _NO_SUCH_KEY:
                return None
            raise _said("head", error) from error
        return HeadResult(answer.described)

    async def get(
        self, key: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any
    ) -> "HeadResult | GetResult | None":
        """An object with its bytes, or without where ``onlyIf`` does not hold; None when there is none."""
        request = {"object": key_of("get", key)}
        options = options_of("get", options, 2, "GetOptions")
        request |= condition_of(options, "GetOptions") | range_of(option(options, "range"))
        check_customer_key(options)
        try:
            answer = await self._ask("get", request)
        except R2Error as error:
            if error.code == _PRECONDITION_FAILED and error.found is not None:
                return HeadResult(error.found.whole())
            if error.code == _NO_SUCH_KEY:
                return None
            raise _said("get", error) from error
        return GetResult(answer.described, answer.body)

    async def put(
        self, key: Any = UNDEFINED, value: Any = _MISSING, options: Any = UNDEFINED, *_: Any
    ) -> "HeadResult | None":
        """Store an object whole; None where ``onlyIf`` does not hold."""
        request: Request = {"object": key_of("put", key)}
        content = content_of(value)
        options = options_of("put", options, 3, "PutOptions")
        request |= condition_of(options, "PutOptions") | http_fields_of(options) | custom_fields_of(options)
        request |= checksums_of(options)
        check_customer_key(options)
        body = await body_of(content)
        try:
            answer = await self._ask("put", request, body)
        except R2Error as error:
            if error.code == _PRECONDITION_FAILED:
                return None
            raise _said("put", error) from error
        return HeadResult(answer.described)

    async def delete(self, keys: Any = UNDEFINED, *_: Any) -> Undefined:
        """Remove one object, or each of a list; a key without an object is no error."""
        if keys is UNDEFINED:
            raise not_of_type("delete", 1, "string or Array")
        many = isinstance(keys, list | tuple)
        request = {"objects": [*map(text_of, keys)]} if many else {"object": text_of(keys)}
        try:
            await self._ask("delete", request)
        except R2Error as error:
            raise _said("delete", error) from error
        return UNDEFINED

    async def list(self, options: Any = UNDEFINED, *_: Any) -> dict[str, Any]:
        """A page of objects: ``{objects, truncated, cursor, delimitedPrefixes}``."""
        options = options_of("list", options, 1, "ListOptions")
        try:
            answer = await self._ask("list", listing_of(options))
        except R2Error as error:
            raise _said("list", error) from error
        listed = dict(answer.described)
        return {**listed, "objects": [HeadResult(one) for one in listed["objects"]]}

    async def createMultipartUpload(
        self, key: Any = _MISSING, options: Any = UNDEFINED, *_: Any
    ) -> R2MultipartUpload:
        """Begin to store an object in parts."""
        if key is _MISSING:
            raise not_of_type("createMultipartUpload", 1, "string")
        name = text_of(key)
        options = options_of("createMultipartUpload", options, 2, _UPLOAD_OPTIONS)
        fields = http_fields_of(options, _UPLOAD_OPTIONS) | custom_fields_of(options, _UPLOAD_OPTIONS)
        check_customer_key(options)
        answer = await self._part("createMultipartUpload", {"object": name, **fields})
        return R2MultipartUpload(name, answer.described["uploadId"], self._part)

    def resumeMultipartUpload(
        self, key: Any = _MISSING, upload_id: Any = _MISSING, *_: Any
    ) -> R2MultipartUpload:
        """Go on with an upload, by its ``uploadId``: nothing is asked of the bucket yet."""
        for place, one in enumerate((key, upload_id), 1):
            if one is _MISSING:
                raise not_of_type("resumeMultipartUpload", place, "string")
        return R2MultipartUpload(text_of(key), text_of(upload_id), self._part)

    async def _part(self, method: str, request: Request, body: bytes = b"") -> Answer:
        try:
            return await self._ask(method, request, body)
        except R2Error as error:
            raise _said(method, error) from error

    async def _ask(self, method: str, request: Request, body: bytes = b"") -> Answer:
        return await self._service({"method": method, **request}, body)


def _said(action: str, error: R2Error) -> JsException:
    return JsException("Error", f"{action}: {error.message} ({error.code})")

"""An upload in parts, as ``createMultipartUpload`` and ``resumeMultipartUpload`` of a bucket give it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, Undefined
from worker.r2.arguments import (
    UPLOAD,
    body_of,
    check_customer_key,
    content_of,
    not_of_type,
    options_of,
    part_number_of,
    parts_of,
)
from worker.r2.bucket import Answer, Request
from worker.r2.results import HeadResult
from worker.sdk.ffi.jsobject import JsObject

Ask = Callable[[str, Request, bytes], Awaitable[Answer]]
"""Asks the bucket, by the method of its wire. Raises JsException."""

_MISSING: Final = object()


class R2MultipartUpload(JsObject):
    """The upload ``uploadId`` of the object ``key``; its methods raise JsException when there is none."""

    def __init__(self, key: str, upload_id: str, ask: Ask) -> None:
        self.key = key
        self.uploadId = upload_id
        self._ask = ask

    async def uploadPart(
        self, number: Any = _MISSING, value: Any = UNDEFINED, options: Any = UNDEFINED, *_: Any
    ) -> dict[str, Any]:
        """Store a part: ``{partNumber, etag}``, as `complete` takes it."""
        if number is _MISSING:
            raise not_of_type("uploadPart", 1, "integer", UPLOAD)
        is_missing = value is None or value is UNDEFINED
        content = content_of(_MISSING if is_missing else value, "uploadPart", UPLOAD)
        options_of("uploadPart", options, 3, "UploadPartOptions", UPLOAD)
        place = part_number_of(number)
        check_customer_key(options)
        request = {**self._upload(), "partNumber": place}
        answer = await self._ask("uploadPart", request, await body_of(content))
        return {"partNumber": place, "etag": answer.described["etag"]}

    async def complete(self, parts: Any = UNDEFINED, *_: Any) -> HeadResult:
        """Make the object of ``parts``."""
        request = self._upload() | parts_of(parts)
        return HeadResult((await self._ask("completeMultipartUpload", request, b"")).described)

    async def abort(self, *_: Any) -> Undefined:
        """Forget the upload and its parts."""
        await self._ask("abortMultipartUpload", self._upload(), b"")
        return UNDEFINED

    def _upload(self) -> Request:
        return {"object": self.key, "uploadId": self.uploadId}

"""What a bucket answers with: an object, with its bytes or without."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from kvstore.javascript.values import UNDEFINED, ArrayBuffer
from worker.r2.stored import ALGORITHMS
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.http.body import Body, Content
from worker.sdk.web.http.headers import Headers

# Each member of `httpMetadata`, and the header that it stands for.
HTTP_HEADERS: Final = {
    "contentType": "content-type",
    "contentLanguage": "content-language",
    "contentDisposition": "content-disposition",
    "contentEncoding": "content-encoding",
    "cacheControl": "cache-control",
    "cacheExpiry": "expires",
}


class _Described(JsObject):
    """What both kinds of object have."""

    def _describe(self, described: Any) -> None:
        self.key = described["name"]
        self.version = described["version"]
        self.size = described["size"]
        self.etag = described["etag"]
        self.httpEtag = f'"{self.etag}"'
        self.uploaded = _moment(described["uploaded"])
        fields = described["httpFields"]
        http = {name: fields.get(name, UNDEFINED) for name in HTTP_HEADERS}
        if "cacheExpiry" in fields:
            http["cacheExpiry"] = _moment(fields["cacheExpiry"])
        self.httpMetadata = http
        self.customMetadata = {one["k"]: one["v"] for one in described["customFields"]}
        span = described.get("range")
        self.range: Any = UNDEFINED if span is None else {"suffix": UNDEFINED, **span}
        self.checksums = Checksums(described["checksums"])
        self.storageClass = ""  # as the local runtime has it; "Standard" on the platform
        self.ssecKeyMd5 = UNDEFINED

    def writeHttpMetadata(self, headers: Any, *_: Any) -> None:
        """Set the headers that ``httpMetadata`` has something for."""
        if not isinstance(headers, Headers):
            raise type_error(
                f"Failed to execute 'writeHttpMetadata' on '{self.js_name}': parameter 1 is not of type "
                "'Headers'."
            )
        for name, value in self.httpMetadata.items():
            if value is UNDEFINED:
                continue
            text = format_datetime(value, usegmt=True) if isinstance(value, datetime) else value
            headers.set(HTTP_HEADERS[name], text)


class HeadResult(_Described):
    """An object without its bytes."""

    def __init__(self, described: Any) -> None:
        self._describe(described)


class GetResult(_Described, Body):
    """An object with its bytes, which can be read once."""

    def __init__(self, described: Any, body: bytes) -> None:
        self._describe(described)
        kind = described["httpFields"].get("contentType")
        Body.__init__(self, Content(body, kind), Headers())

    def __getattribute__(self, name: str) -> Any:
        if name in ("headers", "formData"):  # what only a Request or Response has
            raise AttributeError(name)
        return super().__getattribute__(name)


class Checksums(JsObject):
    """Each as an ArrayBuffer, undefined where none is known."""

    def __init__(self, known: dict[str, str]) -> None:
        places = {name: str(place) for place, name in enumerate(ALGORITHMS)}
        self._known = {name: known[place] for name, place in places.items() if place in known}
        for name in ALGORITHMS:
            text = self._known.get(name)
            setattr(self, name, UNDEFINED if text is None else ArrayBuffer(bytes.fromhex(text)))

    def toJSON(self) -> dict[str, str]:
        """In hexadecimal, those that are known."""
        return dict(self._known)


def _moment(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)

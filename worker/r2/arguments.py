"""What a Worker gives to a bucket, in the form of the binding's wire; refusals have the runtime's texts."""

import base64
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from kvstore.binding.values import value_bytes
from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED, byte_view, date_ms, is_number, to_int32, to_number, to_string
from kvstore.storage.keys import unicode_text
from worker.r2.bucket import Request
from worker.r2.results import HTTP_HEADERS
from worker.r2.stored import ALGORITHMS
from worker.sdk.ffi.errors import JsException, range_error, type_error
from worker.sdk.ffi.jsobject import JsObject, PyObject, option
from worker.sdk.web.blob import Blob
from worker.sdk.web.http.body import Content, extract
from worker.sdk.web.http.headers import Headers

_VALUES: Final = "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob"
_BYTES: Final = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
UPLOAD: Final = "R2MultipartUpload"
MOST_PARTS: Final = 10_000
_CUSTOMER_KEY: Final = 32  # bytes
_INCLUDED: Final = {"httpMetadata": 0, "customMetadata": 1}
# How far a date may be from 1970: workerd counts in nanoseconds (measured; its texts name other years).
_FURTHEST_MS: Final = 2**63 // 10**6


def not_of_type(method: str, place: int, kind: str, of: str = "R2Bucket") -> JsException:
    return type_error(f"Failed to execute '{method}' on '{of}': parameter {place} is not of type '{kind}'.")


def _wrong_field(name: str, of: str, kind: str) -> JsException:
    return type_error(
        f"Incorrect type for the '{name}' field on '{of}': the provided value is not of type '{kind}'."
    )


def key_of(method: str, key: Any) -> str:
    if key is UNDEFINED:
        raise not_of_type(method, 1, "string")
    return text_of(key)


def text_of(value: Any) -> str:
    """A text as it arrives: a lone surrogate becomes three U+FFFD, as measured."""
    return unicode_text(to_string(value))


def options_of(method: str, options: Any, place: int, kind: str, of: str = "R2Bucket") -> Any:
    if options is UNDEFINED or options is None or _is_object(options):
        return options
    raise not_of_type(method, place, kind, of)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict | list | JsObject) and not isinstance(value, PyObject)


def content_of(value: Any, method: str = "put", of: str = "R2Bucket") -> Content | None:
    if isinstance(value, str):
        return Content(value_bytes(value))
    plain = value is None or value is UNDEFINED or isinstance(value, ReadableStream | Blob)
    if plain or byte_view(value) is not None:
        return extract(value)
    raise not_of_type(method, 2, _VALUES, of)


async def body_of(content: Content | None) -> bytes:
    """All of it; b"" for None."""
    data = b"" if content is None else content.data
    return await data.read() if isinstance(data, ReadableStream) else data


def _given(options: Any, name: str, of: str, kind: str, *, empty: bool = False) -> Any:
    """A member that is an object; None where there is none, and, with ``empty``, where it is null."""
    value = option(options, name)
    if value is UNDEFINED or (empty and value is None):
        return None
    if not _is_object(value):
        raise _wrong_field(name, of, kind)
    return value


def condition_of(options: Any, of: str) -> Request:
    given = _given(options, "onlyIf", of, "Conditional or Headers", empty=True)
    if given is None:
        return {}
    return {"onlyIf": _of_headers(given) if isinstance(given, Headers) else _conditional(given)}


def _conditional(given: Any) -> Request:
    condition: Request = {}
    for name in ("etagMatches", "etagDoesNotMatch"):
        tag = option(given, name)
        if tag is UNDEFINED or tag is None:
            continue
        if not isinstance(tag, str):
            raise _wrong_field(name, "Conditional", "string")
        if len(tag) > 1 and tag[0] == tag[-1] == '"':
            raise type_error(f"Conditional ETag should not be wrapped in quotes ({tag}).")
        condition[name] = [{"type": "wildcard"} if tag == "*" else {"type": "strong", "value": tag}]
    for name in ("uploadedBefore", "uploadedAfter"):
        moment = option(given, name)
        if moment is not UNDEFINED and moment is not None:
            condition[name] = _date(moment, name, "Conditional")
    granularity = option(given, "secondsGranularity")
    if granularity is not UNDEFINED:
        condition["secondsGranularity"] = bool(granularity)
    return condition


def _of_headers(headers: Headers) -> Request:
    condition: Request = {}
    for name, header in (("etagMatches", "if-match"), ("etagDoesNotMatch", "if-none-match")):
        text = headers.get(header)
        if text is not None:
            condition[name] = [*_tags(text, header)]
    for name, header in (("uploadedBefore", "if-unmodified-since"), ("uploadedAfter", "if-modified-since")):
        moment = _http_date(headers.get(header) or "")
        if moment is not None:
            condition[name] = date_ms(moment)
            condition["secondsGranularity"] = True
    return condition


_TAG: Final = re.compile(r'\s*(?:(\*)|(W/)?"([^"]*)")\s*(?:,|$)')


def _tags(text: str, header: str) -> Iterator[dict[str, str]]:
    place = 0
    while place < len(text):
        match = _TAG.match(text, place)
        if match is None:
            open_quote = text.count('"', place) == 1
            raise JsException(
                "Error",
                "Unclosed double quote for Etag" if open_quote else f"Invalid ETag in {header} header",
            )
        wildcard, weak, tag = match.groups()
        yield {"type": "wildcard"} if wildcard else {"type": "weak" if weak else "strong", "value": tag}
        place = match.end()


def range_of(given: Any) -> Request:
    if given is UNDEFINED or given is None:
        return {}
    if isinstance(given, Headers):
        header = given.get("range")
        return {} if header is None else {"rangeHeader": header}
    if not _is_object(given):
        raise _wrong_field("range", "GetOptions", "Range or Headers")
    found = {name: option(given, name) for name in ("offset", "length", "suffix")}
    numbers = {name: _number(one) for name, one in found.items() if one is not UNDEFINED and one is not None}
    for name in ("offset", "length"):
        if "suffix" in numbers and name in numbers:
            raise type_error(f"Suffix is incompatible with {name}.")
    for name, words in (("offset", "Starting offset"), ("length", "Length"), ("suffix", "Suffix")):
        _require_whole(numbers.get(name), words)
    return {"range": {name: int(number) for name, number in numbers.items()}}


def _require_whole(number: float | None, words: str) -> None:
    if number is None:
        return
    shown = "nan" if math.isnan(number) else to_string(number)
    if not number >= 0:
        kind = "suffix" if words == "Suffix" else "range"
        raise range_error(f"Invalid {kind}. {words} ({shown}) must be greater than or equal to 0.")
    if number != int(number):
        raise range_error(f"Invalid range. {words} ({shown}) must be an integer, not floating point.")


def _number(value: Any) -> float:
    return value if is_number(value) else to_number(value)


def http_fields_of(options: Any, of: str = "PutOptions") -> Request:
    given = _given(options, "httpMetadata", of, "HttpMetadata or Headers", empty=True)
    if given is None:
        return {}
    fields: Request = {}
    for name, header in HTTP_HEADERS.items():
        value: Any = given.get(header) if isinstance(given, Headers) else option(given, name)
        if value is UNDEFINED or value is None:
            continue
        if name == "cacheExpiry" and isinstance(given, Headers):
            moment = _http_date(value)
            fields[name] = 0 if moment is None else date_ms(moment)  # an invalid date counts as the epoch
        elif name == "cacheExpiry":
            fields[name] = _date(value, name, "HttpMetadata")
        else:
            fields[name] = text_of(value)
    return {"httpFields": fields}


def custom_fields_of(options: Any, of: str = "PutOptions") -> Request:
    given = _given(options, "customMetadata", of, "object")
    if given is None:
        return {}
    members = given if isinstance(given, dict) else {}
    return {"customFields": [{"k": text_of(name), "v": text_of(value)} for name, value in members.items()]}


def check_customer_key(options: Any) -> None:
    """Raises JsException for a customer's key that is none; nothing here encrypts with it."""
    key = option(options, "ssecKey")
    if key is UNDEFINED:
        return
    given = byte_view(key)
    text = "" if given is not None else text_of(key)
    if given is None and not re.fullmatch("[0-9a-f]+", text):
        raise JsException("Error", "SSE-C Key has invalid format")
    if (len(text) / 2 if given is None else len(given)) != _CUSTOMER_KEY:
        raise JsException("Error", f"SSE-C Key must be {_CUSTOMER_KEY} bytes in length")


def part_number_of(value: Any) -> int:
    number = to_int32(value)
    if not 1 <= number <= MOST_PARTS:
        raise type_error(
            f"Part number must be between 1 and {MOST_PARTS} (inclusive). Actual value was: {number}"
        )
    return number


def parts_of(parts: Any) -> Request:
    """The parts of which an upload is completed."""
    if not isinstance(parts, list | tuple):
        raise not_of_type("complete", 1, "Array", UPLOAD)
    for place, one in enumerate(parts):
        if one is None or one is UNDEFINED:
            kind = "N7workerd3api11public_beta17R2MultipartUpload12UploadedPartE"
            raise type_error(
                f"Cannot initialize {kind} with required members from an undefined or null value."
            )
        if not _is_object(one):
            raise type_error(
                f"Incorrect type for array element {place}: the provided value is not of type 'UploadedPart'."
            )
    read = [(option(one, "partNumber"), text_of(option(one, "etag"))) for one in parts]
    return {"parts": [{"part": part_number_of(number), "etag": etag} for number, etag in read]}


def checksums_of(options: Any) -> Request:
    given = {name: option(options, name) for name in ALGORITHMS}
    given = {name: value for name, value in given.items() if value is not UNDEFINED}
    request: Request = {}
    for name, value in given.items():
        if not isinstance(value, str) and byte_view(value) is None:
            raise _wrong_field(name, "PutOptions", "JsBufferSource or string")
    if len(given) > 1:
        raise type_error("You cannot specify multiple hashing algorithms.")
    for name, value in given.items():
        digest = _digest(value, ALGORITHMS[name], _BYTES[name])
        request[name] = base64.b64encode(digest).decode() if name == "md5" else digest.hex()
    return request


def _digest(value: Any, words: str, size: int) -> bytes:
    if isinstance(value, str):
        if len(value) != 2 * size:
            raise type_error(f"{words} is {2 * size} hex characters, not {len(value)}")
        if not re.fullmatch("[0-9a-fA-F]*", value):
            raise type_error(f"Provided {words} wasn't a valid hex string")
        return bytes.fromhex(value)
    digest = byte_view(value) or b""
    if len(digest) != size:
        raise type_error(f"{words} is {size} bytes, not {len(digest)}")
    return bytes(digest)


def listing_of(options: Any) -> Request:
    request: Request = {}
    limit = option(options, "limit")
    if limit is not UNDEFINED and limit is not None:
        number = _number(limit)
        whole = int(number) if math.isfinite(number) else 0
        if whole >= 0:  # a negative one counts as none
            request["limit"] = whole
    for name in ("prefix", "cursor", "delimiter", "startAfter"):
        text = option(options, name)
        if text is UNDEFINED or text is None:
            continue
        if not isinstance(text, str):
            raise _wrong_field(name, "ListOptions", "string")
        request[name] = text_of(text)
    include = option(options, "include")
    if include is not UNDEFINED and include is not None:
        if not isinstance(include, list | tuple):
            raise _wrong_field("include", "ListOptions", "Array")
        for one in map(to_string, include):
            if one not in _INCLUDED:
                raise range_error(f"Unsupported include value {one}")
        request["include"] = [_INCLUDED[to_string(one)] for one in include]
    return request


def _date(value: Any, name: str, of: str) -> int:
    """Milliseconds since the epoch. Raises JsException for anything but a Date or a number within range."""
    moment = date_ms(value) if isinstance(value, datetime) else value
    if not is_number(moment):
        raise _wrong_field(name, of, "date")
    if not math.isfinite(moment):
        raise type_error("The value cannot be converted because it is not a valid Date.")
    if abs(int(moment)) > _FURTHEST_MS:
        limit = "after 2189" if moment > 0 else "before 1687"
        raise type_error(f"This API doesn't support dates {limit}.")
    return int(moment)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

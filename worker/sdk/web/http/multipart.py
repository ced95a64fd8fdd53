"""multipart/form-data: FormData as bytes, and back.

Follows workerd: line feeds without carriage return are accepted, a backslash quotes the next character, and
quotes and line breaks in names are written as percent escapes, as Chrome writes them. It is read by
hand: a parser of the standard (worker.rest has one) refuses what workerd accepts, and knows no such refusals.
"""

import re
from typing import Final

from kvstore.javascript.values import utf8
from worker.sdk.ffi.errors import type_error
from worker.sdk.web.blob import File
from worker.sdk.web.http.form_data import FormData

_HEADER_END: Final = re.compile(rb"\r?\n\r?\n")
_PARAMETER: Final = re.compile(r';\s*([\w-]+)\s*=\s*(?:"((?:[^"\\\n]|\\[^\n])*)"|([^;\s"]+))\s*')
_ESCAPES: Final = (("\\", "\\\\"), ('"', "%22"), ("\n", "%0A"), ("\r", "%0D"))


def encode_multipart(form: FormData, boundary: str) -> bytes:
    """``form`` with its parts between ``boundary``s."""
    parts = []
    for name, value in form.js_fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_escape(name)}"'
        if isinstance(value, File):
            kind = value.type or "application/octet-stream"
            head += f'; filename="{_escape(value.name)}"\r\nContent-Type: {kind}'
        content = value.js_content if isinstance(value, File) else utf8(value)
        parts.append(utf8(head) + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _escape(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def decode_multipart(content: bytes, boundary: str) -> FormData:
    """The form in ``content``. Raises JsException (TypeError) with workerd's text for what is not a form."""
    mark = f"--{boundary}".encode()
    start = content.find(mark)
    if start < 0 or start + len(mark) >= len(content):
        raise type_error("No initial boundary string (or you have a truncated message).")
    rest = content[start + len(mark) :]
    form = FormData()
    while not rest.startswith(b"--"):
        part, rest = _next_part(_after_line_break(rest), b"\n" + mark)
        _add_part(form, *part)
    return form


def _after_line_break(rest: bytes) -> bytes:
    for line_break in (b"\r\n", b"\n"):
        if rest.startswith(line_break):
            return rest[len(line_break) :]
    raise type_error("Boundary string was not succeeded by CRLF, LF, or '--'.")


def _next_part(rest: bytes, mark: bytes) -> tuple[tuple[str, bytes], bytes]:
    """Headers and content of the part that ``rest`` begins with, and what follows its boundary."""
    end = _HEADER_END.search(rest)
    if end is None:
        raise type_error("No multipart message header termination found.")
    # The boundary of an empty part begins with the line break that also ends the headers.
    close = rest.find(mark, end.end() - 1)
    if close < 0:
        raise type_error("No subsequent boundary string after multipart message.")
    content = rest[end.end() : max(close, end.end())].removesuffix(b"\r")
    return (rest[: end.start()].decode("utf-8", "replace"), content), rest[close + len(mark) :]


def _add_part(form: FormData, headers: str, content: bytes) -> None:
    lines = (line.partition(":") for line in headers.splitlines())
    named = {name.strip().lower(): value.strip() for name, _, value in lines}
    disposition = named.get("content-disposition")
    if disposition is None:
        raise type_error("No valid Content-Disposition header found in FormData part.")
    kind = disposition.partition(";")[0].strip()
    if kind != "form-data":
        raise type_error(
            'Content-Disposition header for FormData part must have the value "form-data", possibly followed '
            f'by parameters. Got: "{kind}"'
        )
    parameters = {name: _unescape(quoted or bare) for name, quoted, bare in _PARAMETER.findall(disposition)}
    if "name" not in parameters:
        raise type_error("Content-Disposition header in FormData part is missing a name.")
    value: str | File = content.decode("utf-8", "replace")
    if "filename" in parameters:
        value = File([content], parameters["filename"], {"type": named.get("content-type", "")})
    form.js_fields.append((parameters["name"], value))


def _unescape(text: str) -> str:
    text = re.sub(r"\\(.)", r"\1", text)
    return text.replace("%22", '"').replace("%0A", "\n").replace("%0D", "\r")

"""multipart/form-data, as clients send a value with its metadata: names and bytes, nothing decoded."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from worker.rest.errors import bad_value

_MOST_PARTS = 1000


def is_multipart(content_type: str) -> bool:
    return parse_options_header(content_type)[0] == b"multipart/form-data"


def form_fields(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """The parts of ``body`` in order, files and plain fields alike.

    Raises RestError (10012) for what is not such a form, or does not end.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise bad_value("multipart request without a boundary")
    form = _Form()
    try:
        MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin,
                "on_header_field": form.header_name,
                "on_header_value": form.header_value,
                "on_header_end": form.header_end,
                "on_part_data": form.content,
                "on_end": form.finish,
            },
        ).write(body)
    except FormParserError as error:
        raise bad_value(f"not a multipart form: {error}") from error
    if not form.finished:
        raise bad_value("multipart form without an end")
    return [(name, bytes(content)) for name, content in form.parts if name is not None]


class _Form:
    """Gathers what the parser finds."""

    def __init__(self) -> None:
        self.parts: list[tuple[str | None, bytearray]] = []
        self.finished = False
        self._name = bytearray()
        self._content = bytearray()

    def begin(self) -> None:
        if len(self.parts) == _MOST_PARTS:
            raise FormParserError(f"more than {_MOST_PARTS} parts")
        self.parts.append((None, bytearray()))

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            name = parse_options_header(self._content.decode("latin-1"))[1].get(b"name")
            decoded = None if name is None else name.decode("utf-8", "replace")
            self.parts[-1] = (decoded, self.parts[-1][1])
        self._name.clear()
        self._content.clear()

    def content(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1][1].extend(data[start:end])

    def finish(self) -> None:
        self.finished = True

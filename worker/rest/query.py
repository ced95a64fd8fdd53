"""The query of a request: text, whole numbers, and choices."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from worker.rest.errors import bad_parameter

MOST = 10**15 - 1  # beyond that a number is not exact everywhere, or not a time that can be stored


class Query:
    """The parameters by name, the first of each; an empty one counts as absent."""

    def __init__(self, request: Request) -> None:
        text = request.scope["query_string"].decode("latin-1")
        self._given: dict[str, str] = dict(reversed(parse_qsl(text, errors="replace")))

    def text(self, name: str) -> str:
        """The parameter, "" when absent."""
        return self._given.get(name, "")

    def number(self, name: str, code: int) -> int | None:
        """A whole number. Raises RestError (400, ``code``) for anything else."""
        given = self.text(name)
        if not given:
            return None
        value = whole_number(given)
        if value is None:
            raise bad_parameter(code, name, given, "a whole number")
        return value

    def choice(self, name: str, choices: Sequence[str], code: int) -> str:
        """One of ``choices``, the first when absent. Raises RestError (400, ``code``)."""
        given = self.text(name) or choices[0]
        if given not in choices:
            raise bad_parameter(code, name, given, " or ".join(choices))
        return given


def whole_number(text: str) -> int | None:
    digits = text[1:] if text[:1] == "-" else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(MOST)):
        return None
    return int(text)

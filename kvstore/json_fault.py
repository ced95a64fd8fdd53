"""Where and how a text stops being JSON, told in V8's words.

Only asked after a parse has failed. The texts are those of V8 13 and newer, which name line and column;
positions count UTF-16 units from 0.
"""

from typing import Final, NoReturn

from kvstore.errors import KVSyntaxError
from kvstore.javascript import normalise_surrogates, utf16_units

_SPACE: Final = " \t\n\r"
_ESCAPES: Final = '"\\/bfnrt'
_HEX: Final = "0123456789abcdefABCDEF"
_NOT_JSON: Final = ("NaN", "Infinity", "undefined", "[object Object]")
_CONTEXT: Final = 10  # characters shown on each side of an unexpected one
_END: Final = ""


def json_fault(text: str) -> KVSyntaxError:
    """The SyntaxError that ``JSON.parse(text)`` throws; ``text`` is known not to be JSON."""
    try:
        _Scanner(text).scan()
    except KVSyntaxError as error:
        return error
    return KVSyntaxError("Unexpected end of JSON input")


class _Scanner:
    """Walks a text as V8's parser does and raises at the first character that cannot be."""

    def __init__(self, text: str) -> None:
        self.text = utf16_units(text)
        self.at = 0

    def scan(self) -> None:
        self._value()
        self._skip_space()
        if self._peek():
            self._fail("Unexpected non-whitespace character after JSON")

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else _END

    def _skip_space(self) -> None:
        while self._peek() and self._peek() in _SPACE:
            self.at += 1

    def _fail(self, what: str) -> NoReturn:
        before = self.text[: self.at]
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2]) + 1
        subject = "" if what.endswith("JSON") else " in JSON"
        raise KVSyntaxError(f"{what}{subject} at position {self.at} (line {line} column {column})")

    def _unexpected(self) -> NoReturn:
        found = self._peek()
        if self.text in _NOT_JSON:
            raise KVSyntaxError(f'"{self.text}" is not valid JSON')
        if not found:
            raise KVSyntaxError("Unexpected end of JSON input")
        if found == '"':
            self._fail("Unexpected string")
        if found == "-" or found.isdecimal():
            self._fail("Unexpected number")
        shown = normalise_surrogates(self._surroundings())
        raise KVSyntaxError(f"Unexpected token '{found}', {shown} is not valid JSON")

    def _surroundings(self) -> str:
        text, at = self.text, self.at
        if len(text) <= 2 * _CONTEXT:
            return f'"{text}"'
        if at < _CONTEXT:
            return f'"{text[: at + _CONTEXT]}"...'
        if at >= len(text) - _CONTEXT:
            return f'..."{text[at - _CONTEXT :]}"'
        return f'..."{text[at - _CONTEXT : at + _CONTEXT]}"...'

    def _value(self) -> None:
        self._skip_space()
        first = self._peek()
        if first == "{":
            self._object()
        elif first == "[":
            self._array()
        elif first == '"':
            self._string()
        elif first == "-" or (first.isascii() and first.isdigit()):
            self._number()
        else:
            self._word({"t": "true", "f": "false", "n": "null"}.get(first, _END))

    def _word(self, word: str) -> None:
        if not word:
            self._unexpected()
        for letter in word:
            if self._peek() != letter:
                self._unexpected()
            self.at += 1

    def _object(self) -> None:
        self.at += 1
        self._skip_space()
        if self._peek() == "}":
            self.at += 1
            return
        complaint = "Expected property name or '}'"
        while True:
            self._skip_space()
            if self._peek() != '"':
                self._fail(complaint)
            self._string()
            self._skip_space()
            self._colon(first=complaint.startswith("Expected property"))
            self._value()
            if self._closes("}", "Expected ',' or '}' after property value"):
                return
            complaint = "Expected double-quoted property name"

    def _colon(self, first: bool) -> None:
        if self._peek() != ":" and first:
            self._fail("Expected ':' after property name")
        if self._peek() != ":":
            self._unexpected()
        self.at += 1

    def _array(self) -> None:
        self.at += 1
        self._skip_space()
        if self._peek() == "]":
            self.at += 1
            return
        while True:
            self._value()
            if self._closes("]", "Expected ',' or ']' after array element"):
                return

    def _closes(self, bracket: str, complaint: str) -> bool:
        self._skip_space()
        found = self._peek()
        if found not in (bracket, ","):
            self._fail(complaint)
        self.at += 1
        return found == bracket

    def _string(self) -> None:
        self.at += 1
        while (found := self._peek()) != '"':
            if not found:
                self._fail("Unterminated string")
            if found < " ":
                self._fail("Bad control character in string literal")
            self.at += 1
            if found == "\\":
                self._escape()
        self.at += 1

    def _escape(self) -> None:
        found = self._peek()
        if not found or found > "\xff":
            self._unexpected()
        if found == "u":
            for _ in range(4):
                self.at += 1
                if not self._peek() or self._peek() not in _HEX:
                    self._fail("Bad Unicode escape")
        elif found not in _ESCAPES:
            self._fail("Bad escaped character")
        self.at += 1

    def _number(self) -> None:
        if self._peek() == "-":
            self.at += 1
            if not self._digit():
                self._fail("No number after minus sign")
        if self._peek() == "0":
            self.at += 1
            if self._digit():
                self._fail("Unexpected number")
        self._digits()
        if self._peek() == ".":
            self.at += 1
            self._require_digit("Unterminated fractional number")
        if self._peek() and self._peek() in "eE":
            self.at += 1
            if self._peek() and self._peek() in "+-":
                self.at += 1
            self._require_digit("Exponent part is missing a number")

    def _digit(self) -> bool:
        return self._peek().isascii() and self._peek().isdigit()

    def _digits(self) -> None:
        while self._digit():
            self.at += 1

    def _require_digit(self, complaint: str) -> None:
        if not self._digit():
            self._fail(complaint)
        self._digits()

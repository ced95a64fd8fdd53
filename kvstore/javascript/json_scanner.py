"""JSON read character by character: for texts that are not JSON, and for those nested too deep for Python.

Slow, and only asked after the fast parser has given up. It says where and how a text stops being JSON in
V8's words, those of V8 13 and newer, which name line and column; positions count UTF-16 units from 0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from kvstore.errors import KVSyntaxError
from kvstore.javascript.values import normalise_surrogates, utf16_units

_SPACE: Final = " \t\n\r"
_ESCAPES: Final = '"\\/bfnrt'
_HEX: Final = "0123456789abcdefABCDEF"
_NOT_JSON: Final = ("NaN", "Infinity", "undefined", "[object Object]")
_CONTEXT: Final = 10  # characters shown on each side of an unexpected one
_END: Final = ""
_AFTER_PROPERTY: Final = "Expected ',' or '}' after property value"


def scan(text: str, decode: Callable[[str], Any], members: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """The value of ``text``, whatever its depth.

    ``decode`` reads a string, a number or a word, ``members`` makes an object of its pairs. Raises
    KVSyntaxError as ``JSON.parse`` does.
    """
    return _Scanner(text, decode, members).scan()


@dataclass(slots=True)
class _Unfinished:
    """An array or object that is being read: what ends it, the members so far, the name of the next."""

    end: str
    items: list[tuple[str, Any]] = field(default_factory=list)
    name: str = ""


class _Scanner:
    """Walks a text as V8's parser does and raises at the first character that cannot be."""

    def __init__(
        self, text: str, decode: Callable[[str], Any], members: Callable[[list[tuple[str, Any]]], Any]
    ) -> None:
        self.text = utf16_units(text)
        self.at = 0
        self._decode = decode
        self._members = members

    def scan(self) -> Any:
        """The value of the whole text."""
        value = self._value()
        self._skip_space()
        if self._peek():
            self._fail("Unexpected non-whitespace character after JSON")
        return value

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

    def _value(self) -> Any:
        """One value; what it is inside of is kept in a list, not on the stack: any depth can be read."""
        inside: list[_Unfinished] = []
        while True:
            self._skip_space()
            opened = self._peek()
            if opened in ("{", "["):
                self.at += 1
                self._skip_space()
                inside.append(_Unfinished("}" if opened == "{" else "]"))
                if self._peek() != inside[-1].end:
                    if opened == "{":
                        inside[-1].name = self._name(first=True)
                    continue
                self.at += 1
                value = self._finished(inside.pop())
            else:
                value = self._scalar()
            while inside and self._ends(inside[-1], value):
                value = self._finished(inside.pop())
            if not inside:
                return value
            if inside[-1].end == "}":
                inside[-1].name = self._name(first=False)

    def _ends(self, holder: "_Unfinished", value: Any) -> bool:
        """Keep a member of ``holder``; whether it was the last one."""
        holder.items.append((holder.name, value))
        self._skip_space()
        found = self._peek()
        if found not in (holder.end, ","):
            array = holder.end == "]"
            self._fail("Expected ',' or ']' after array element" if array else _AFTER_PROPERTY)
        self.at += 1
        return found == holder.end

    def _finished(self, holder: "_Unfinished") -> Any:
        return self._members(holder.items) if holder.end == "}" else [item for _, item in holder.items]

    def _scalar(self) -> Any:
        start, first = self.at, self._peek()
        if first == '"':
            self._string()
        elif first == "-" or (first.isascii() and first.isdigit()):
            self._number()
        else:
            self._word({"t": "true", "f": "false", "n": "null"}.get(first, _END))
        return self._decode(normalise_surrogates(self.text[start : self.at]))

    def _name(self, *, first: bool) -> str:
        """The name of a member, up to and with its colon."""
        self._skip_space()
        if self._peek() != '"':
            self._fail("Expected property name or '}'" if first else "Expected double-quoted property name")
        start = self.at
        self._string()
        name = self._decode(normalise_surrogates(self.text[start : self.at]))
        self._skip_space()
        if self._peek() != ":" and first:
            self._fail("Expected ':' after property name")
        if self._peek() != ":":
            self._unexpected()
        self.at += 1
        return str(name)

    def _word(self, word: str) -> None:
        if not word:
            self._unexpected()
        for letter in word:
            if self._peek() != letter:
                self._unexpected()
            self.at += 1

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

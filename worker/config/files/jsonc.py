"""JSON with comments and trailing commas, as wrangler's parser (jsonc-parser) takes it.

Only the first fault counts, and it has that parser's name: InvalidSymbol, CommaExpected, EndOfFileExpected …
A token is checked when the parser moves to it, so a broken token is reported before a missing comma.
"""

import re
from typing import Final

from worker.config.javascript import JSON, from_parser, join_surrogates

_TRIVIA: Final = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD: Final = re.compile(r"[^ \t\r\n{}\[\]\":,/]+")
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_POINT: Final = re.compile(r"\.")
_DIGITS: Final = re.compile(r"[0-9]+")
_EXPONENT: Final = re.compile(r"[eE][+-]?")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_FOUR_HEX: Final = re.compile(r"[0-9a-fA-F]{0,4}")
_PUNCTUATION: Final = "{}[]:,"
_END: Final = "end"
_SCALAR: Final = "scalar"
_STRING: Final = "string"
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: Final[dict[str, JSON]] = {"true": True, "false": False, "null": None}


class JsoncFault(ValueError):
    """The text is not JSON; ``code`` is jsonc-parser's name for the first fault in it.

    ``offset`` and ``length`` are in characters.
    """

    def __init__(self, code: str, offset: int, length: int) -> None:
        super().__init__(code)
        self.code = code
        self.offset = offset
        self.length = length


def parse_jsonc(text: str) -> JSON:
    """The value that ``text`` holds; of two members with one name the last counts.

    Raises JsoncFault. A byte order mark must be gone already: it is an InvalidSymbol here.
    """
    reader = _Reader(text)
    value = reader.value()
    if reader.kind != _END:
        raise reader.fault("EndOfFileExpected")
    return from_parser(value)


class _Reader:
    """Walks over the text one token at a time.

    ``kind`` is the current token's punctuation mark, "string", "scalar" (number, true, false, null) or "end";
    ``token`` is the value of a string or scalar, and ``start`` to ``position`` the token's place.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.position = 0
        self._advance()

    def fault(self, code: str) -> JsoncFault:
        return JsoncFault(code, self.start, self.position - self.start)

    def value(self) -> JSON:
        if self.kind == "{":
            return self._object()
        if self.kind == "[":
            return self._array()
        if self.kind not in (_STRING, _SCALAR):
            raise self.fault("ValueExpected")
        value = self.token
        self._advance()
        return value

    def _object(self) -> dict[str, JSON]:
        found: dict[str, JSON] = {}
        self._advance()
        while self._another("}", first=not found):
            if self.kind != _STRING:
                raise self.fault("PropertyNameExpected")
            name = str(self.token)
            self._advance()
            if self.kind != ":":
                raise self.fault("ColonExpected")
            self._advance()
            found[name] = self.value()
        self._close("}", "CloseBraceExpected")
        return found

    def _array(self) -> list[JSON]:
        found: list[JSON] = []
        self._advance()
        while self._another("]", first=not found):
            found.append(self.value())
        self._close("]", "CloseBracketExpected")
        return found

    def _another(self, closing: str, first: bool) -> bool:
        """Whether one more member follows; steps over the comma before it, or before the closing mark."""
        if self.kind in (closing, _END):
            return False
        if self.kind == ",":
            if first:
                raise self.fault("ValueExpected")
            self._advance()
            return self.kind != closing
        if not first:
            raise self.fault("CommaExpected")
        return True

    def _close(self, closing: str, code: str) -> None:
        if self.kind != closing:
            raise self.fault(code)
        self._advance()

    def _advance(self) -> None:
        self._skip_trivia()
        self.token: JSON = None
        self.start = self.position
        mark = self._text[self.position : self.position + 1]
        if not mark:
            self.kind = _END
        elif mark in _PUNCTUATION:
            self.kind = mark
            self.position += 1
        elif mark == '"':
            self.kind = _STRING
            self.token = self._string()
        else:
            self.kind = _SCALAR
            self.token = self._number() if _INTEGER.match(self._text, self.start) else self._word()

    def _skip_trivia(self) -> None:
        trivia = _TRIVIA.match(self._text, self.position)
        self.position = trivia.end() if trivia else self.position
        if self._text.startswith("/*", self.position):
            raise JsoncFault("UnexpectedEndOfComment", self.position, len(self._text) - self.position)

    def _word(self) -> JSON:
        word = _WORD.match(self._text, self.start)
        text = word.group() if word and self._text[self.start] != "-" else ""
        self.position += len(text) or 1
        if text not in _WORDS:
            raise self.fault("InvalidSymbol")
        return _WORDS[text]

    def _number(self) -> JSON:
        self._take(_INTEGER)
        if self._take(_POINT):
            self._digits()
        if self._take(_EXPONENT):
            self._digits()
        return float(self._text[self.start : self.position])

    def _take(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self.position)
        self.position = found.end() if found else self.position
        return found is not None

    def _digits(self) -> None:
        if not self._take(_DIGITS):
            raise self.fault("UnexpectedEndOfNumber")

    def _string(self) -> str:
        """The text between the quotes; of several faults inside, the last is the one that is reported."""
        pieces: list[str] = []
        code: str | None = None
        self.position += 1
        while True:
            plain = _PLAIN.match(self._text, self.position)
            pieces.append(plain.group() if plain else "")
            self.position += len(pieces[-1])
            mark = self._text[self.position : self.position + 1]
            if mark in ("", "\r", "\n"):
                raise self.fault("UnexpectedEndOfString")
            self.position += 1
            if mark == '"':
                break
            fault = self._escape(pieces) if mark == "\\" else "InvalidCharacter"
            code = fault or code
        if code is not None:
            raise self.fault(code)
        return join_surrogates("".join(pieces))

    def _escape(self, pieces: list[str]) -> str | None:
        letter = self._text[self.position : self.position + 1]
        self.position += len(letter)
        if letter == "u":
            digits = _FOUR_HEX.match(self._text, self.position)
            text = digits.group() if digits else ""
            self.position += len(text)
            if len(text) < 4:
                return "InvalidUnicode"
            pieces.append(chr(int(text, 16)))
            return None
        if letter and letter not in _ESCAPES:
            return "InvalidEscapeCharacter"
        pieces.append(_ESCAPES.get(letter, ""))
        return None

"""CSS selectors, as far as they are read here: names, classes, ids, attributes, and what is inside what."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from worker.sdk.ffi.errors import JsException

_PART: Final = re.compile(
    r"""\s*(?P<child>>)?\s*(?:
        (?P<name>\*|[A-Za-z][\w-]*)
      | \#(?P<id>[\w-]+)
      | \.(?P<class>[\w-]+)
      | \[\s*(?P<attribute>[\w:-]+)\s*
          (?:(?P<operator>[~|^$*]?=)\s*(?P<value>"[^"]*"|'[^']*'|[^\]\s]+)\s*(?P<flag>[iI])?\s*)?\]
    )""",
    re.VERBOSE,
)
_COMMA: Final = re.compile(r",(?![^\[]*\])")
_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda has, wanted: has == wanted,
    "~=": lambda has, wanted: wanted in has.split(),
    "|=": lambda has, wanted: has == wanted or has.startswith(f"{wanted}-"),
    "^=": lambda has, wanted: wanted != "" and has.startswith(wanted),
    "$=": lambda has, wanted: wanted != "" and has.endswith(wanted),
    "*=": lambda has, wanted: wanted != "" and wanted in has,
}


class Tag(NamedTuple):
    """An open element: its name in lower case, and its attributes."""

    name: str
    attributes: Mapping[str, str]


Test = Callable[[Tag], bool]


class Compound(NamedTuple):
    """What one element must be; ``is_child`` wants the element before it to be its parent."""

    tests: list[Test]
    is_child: bool

    def fits(self, tag: Tag) -> bool:
        return all(test(tag) for test in self.tests)


class Selector:
    """A selector; `fits` says whether the last of some elements, each inside the one before, is selected.

    Raises JsException for what is not read.
    """

    def __init__(self, text: str) -> None:
        self._alternatives = [_compounds(one, text) for one in _COMMA.split(text)]

    def fits(self, path: Sequence[Tag]) -> bool:
        return any(
            compounds[-1].fits(path[-1]) and _fits(compounds, path) for compounds in self._alternatives
        )


def _fits(compounds: list[Compound], path: Sequence[Tag]) -> bool:
    """Whether what is left of the last compound, which fits the last element, fits those around it."""
    if len(compounds) == 1:
        return True
    around = range(len(path) - 1, 0, -1)
    for end in list(around)[:1] if compounds[-1].is_child else around:
        if compounds[-2].fits(path[end - 1]) and _fits(compounds[:-1], path[:end]):
            return True
    return False


def _compounds(text: str, whole: str) -> list[Compound]:
    compounds: list[Compound] = []
    position = 0
    text = text.strip()
    while position < len(text) or not compounds:
        found = _PART.match(text, position)
        if found is None or (found["child"] and not compounds):
            raise JsException(
                "TypeError", f'The selector "{whole}" is not emulated here from "{text[position:]}" on.'
            )
        between = text[position : found.end()][:1]
        if not compounds or found["child"] or between.isspace():
            compounds.append(Compound([], found["child"] is not None))
        compounds[-1].tests.append(_test(found))
        position = found.end()
    return compounds


def _test(found: re.Match[str]) -> Test:
    if (name := found["name"]) is not None:
        return lambda tag: name == "*" or tag.name == name.lower()
    if (wanted := found["id"]) is not None:
        return lambda tag: tag.attributes.get("id") == wanted
    if (kind := found["class"]) is not None:
        return lambda tag: kind in tag.attributes.get("class", "").split()
    attribute, operator = found["attribute"].lower(), found["operator"]
    if operator is None:
        return lambda tag: attribute in tag.attributes
    value = unquoted(found["value"])
    folded = str.lower if found["flag"] else str
    compare = _OPERATORS[operator]
    return lambda tag: (
        attribute in tag.attributes and compare(folded(tag.attributes[attribute]), folded(value))
    )


def unquoted(value: str) -> str:
    """The value of an attribute, without the quotes that it may be in."""
    return value[1:-1] if value[:1] in ("'", '"') else value

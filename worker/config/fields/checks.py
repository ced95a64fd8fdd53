"""Checks of single fields, with wrangler's texts. A check reports; it neither changes nor returns a value.

Checks of bindings are in bindings.py, the list of fields with their checks in fields.py.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from worker.config.fields.scope import Scope
from worker.config.javascript import JSON, TomlDate, is_number, is_text, members, shown

Check: TypeAlias = Callable[[Scope, str, JSON], None]

_WORKER_NAME: Final = re.compile(r"|[a-z0-9_][a-z0-9_-]*")
_ISO_DATE: Final = re.compile(r"\d{4}-(\d{2})-(\d{2})(?![\d-])")
_DASHES: Final = str.maketrans("–—", "--")


def anything(scope: Scope, field: str, value: JSON) -> None:
    """For fields that exist but mean nothing here: their content is not checked."""


def text(scope: Scope, field: str, value: JSON) -> None:
    if not is_text(value):
        scope.error(f'Expected "{field}" to be of type string but got {shown(value)}.')


def boolean(scope: Scope, field: str, value: JSON) -> None:
    if not isinstance(value, bool):
        scope.error(f'Expected "{field}" to be of type boolean but got {shown(value)}.')


def number(scope: Scope, field: str, value: JSON) -> None:
    if not is_number(value):
        scope.error(f'Expected "{field}" to be of type number but got {shown(value)}.')


def texts(scope: Scope, field: str, value: JSON) -> None:
    if not isinstance(value, list) or not all(is_text(element) for element in value):
        scope.error(f'Expected "{field}" to be of type string array but got {shown(value)}.')


def text_array(scope: Scope, field: str, value: JSON) -> None:
    """As `texts`, but each element has its own complaint."""
    if not isinstance(value, list):
        scope.error(f'Expected "{field}" to be an array of strings but got {shown(value)}')
        return
    for index, element in enumerate(value):
        text(scope, f"{field}.[{index}]", element)


def one_of(*choices: str, typed: bool = True) -> Check:
    """A check for one of a few texts; if it is ``typed``, what is no text is said to be none."""

    def check(scope: Scope, field: str, value: JSON) -> None:
        if typed and not is_text(value):
            text(scope, field, value)
        elif value not in choices:
            scope.error(f'Expected "{field}" field to be one of {shown([*choices])} but got {shown(value)}.')

    return check


protocol: Final = one_of("http", "https")


def worker_name(scope: Scope, field: str, value: JSON) -> None:
    if not is_text(value) or not _WORKER_NAME.fullmatch(str(value)):
        expected = "of type string, alphanumeric and lowercase with dashes only"
        scope.error(f'Expected "{field}" to be {expected} but got {shown(value)}.')


def compatibility_date(scope: Scope, field: str, value: JSON) -> None:
    if not is_text(value):
        text(scope, field, value)
        return
    written = str(value)
    if written.translate(_DASHES) != written:
        dashes = "en-dashes (–) or em-dashes (—)"
        scope.error(f'"{field}" field should use ISO-8601 accepted hyphens (-) rather than {dashes}.')
    if not _is_date(written.translate(_DASHES)):
        scope.error(f'"{field}" field should be a valid ISO-8601 date (YYYY-MM-DD), but got {shown(value)}.')


def _is_date(written: str) -> bool:
    """Nearly what JavaScript's ``new Date`` takes: ISO dates in range, and free forms such as ``Jan 1 2024``.

    It does not know the months' lengths either: ``2024-02-30`` is a date.
    """
    iso = _ISO_DATE.match(written)
    if iso:
        return 1 <= int(iso[1]) <= 12 and 1 <= int(iso[2]) <= 31
    return any(character.isdigit() for character in written)


def triggers(scope: Scope, field: str, value: JSON) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        scope.error(f'Expected "{field}" to be of type object but got {shown(value)}.')
        return
    for name in ("crons", "events"):
        if not isinstance(value.get(name, []), list):
            scope.error(f'Expected "{field}.{name}" to be of type array, but got {shown(value)}.')
    scope.warn_unexpected(field, value, frozenset({"crons", "events"}))


def variables(scope: Scope, field: str, value: JSON) -> None:
    path = scope.path(field)
    if not isinstance(value, dict | list):
        scope.error(f'The field "{path}" should be an object but got {shown(value)}.\n')
        return
    for name, held in members(value).items():
        if isinstance(held, TomlDate):
            advice = f'Please use a string instead, e.g. {name} = "2025-12-19".'
            scope.error(f'The field "{path}.{name}" is a TOML date, which is not supported. {advice}')
    _warn_absent(scope, field, members(value), "vars")


def defines(scope: Scope, field: str, value: JSON) -> None:
    path, top = scope.path(field), members(scope.top.get(field))
    if not isinstance(value, dict | list):
        scope.error(f'The field "{path}" should be an object but got {shown(value)}.\n')
        return
    for name, held in members(value).items():
        if not is_text(held):
            scope.error(f'The field "{path}.{name}" should be a string but got {shown(held)}.')
    _warn_absent(scope, field, members(value), "define entries")
    for name in members(value) if top else ():
        if name not in top:
            scope.warn(
                f'"{name}" exists on "env.{scope.name}", but not on the top level.\n'
                f'This is not what you probably want, since "{field}" configuration within environments can'
                f' only override existing top level "{field}" configuration\n'
                f'Please remove "{path}.{name}", or add "{field}.{name}".'
            )


def _warn_absent(scope: Scope, field: str, here: dict[str, JSON], entries: str) -> None:
    missing = [f"- {name}" for name in members(scope.top.get(field)) if name not in here]
    if missing:
        scope.warn(
            f'The following {entries} exist at the top level, but not on "{scope.path(field)}".\n'
            f'This is probably not what you want, since "{field}" configuration is not inherited by '
            f"environments.\nPlease add these {entries.removeprefix('define ')} to "
            f'"env.{scope.name}.{field}":\n' + "\n".join(missing)
        )


def secrets(scope: Scope, field: str, value: JSON) -> None:
    path = scope.path(field)
    if not isinstance(value, dict):
        scope.error(f'The field "{path}" should be an object but got {shown(value)}.')
        return
    scope.warn_unexpected(path, value, frozenset({"required"}))
    if "required" in value:
        text_array(scope, f"{path}.required", value["required"])

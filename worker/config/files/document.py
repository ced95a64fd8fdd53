"""Reads a configuration file into one object, whatever its format."""

import errno
import os
from pathlib import Path
from typing import Final

from worker.config.errors import ConfigFileError, Location
from worker.config.javascript import JSON, shown

BYTE_ORDER_MARKS: Final = (
    (b"\x00\x00\xfe\xff", "UTF-32 BE"),
    (b"\xff\xfe\x00\x00", "UTF-32 LE"),
    (b"\xfe\xff", "UTF-16 BE"),
    (b"\xff\xfe", "UTF-16 LE"),
)


def read_document(path: Path) -> dict[str, JSON]:
    """The members of the configuration file ``path``; its ending decides how it is read.

    A file that is neither .toml nor .json nor .jsonc counts as empty, as it does for wrangler. Raises
    ConfigFileError if the file cannot be read or parsed.
    """
    if path.name.endswith(".toml"):
        return _toml(path, _text(path))
    if path.name.endswith((".json", ".jsonc")):
        return _json(path, _text(path))
    return {}


def _toml(path: Path, text: str) -> dict[str, JSON]:
    from worker.config.files.toml import TomlFault, parse_toml

    try:
        return _object(path, parse_toml(text))
    except TomlFault as fault:
        location = _location(path, text, fault.line, fault.column) if fault.line else None
        raise ConfigFileError(str(fault), location=location) from None
    except RecursionError:
        raise _too_deep(path) from None


def _json(path: Path, text: str) -> dict[str, JSON]:
    from worker.config.files.jsonc import JsoncFault, parse_jsonc

    try:
        return _object(path, parse_jsonc(text))
    except JsoncFault as fault:
        before = text[: fault.offset]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)
        location = _location(path, text, line, column, fault.length)
        raise ConfigFileError(fault.code, location=location) from None
    except RecursionError:
        raise _too_deep(path) from None


def _object(path: Path, value: JSON) -> dict[str, JSON]:
    if not isinstance(value, dict):
        raise ConfigFileError(f"{path.name} should contain an object but got {shown(value)}.")
    return value


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        note = reason_of(error, path.absolute())
        raise ConfigFileError(f"Could not read file: {path}", notes=(note,)) from error
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            raise _wrong_encoding(path, encoding)
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


def _wrong_encoding(path: Path, encoding: str) -> ConfigFileError:
    note = (
        f'The file "{path}" appears to be encoded as {encoding}. Please save the file as UTF-8 without BOM.'
    )
    return ConfigFileError(
        f"Configuration file contains {encoding} byte order marker",
        notes=(note,),
        location=Location(path, 1, 0, ""),
    )


def reason_of(error: OSError, path: Path) -> str:
    """Node.js's text for a file that could not be read."""
    if error.errno == errno.EISDIR:
        return "EISDIR: illegal operation on a directory, read"
    code = errno.errorcode.get(error.errno or 0, "UNKNOWN")
    text = os.strerror(error.errno or 0)
    return f"{code}: {text[:1].lower()}{text[1:]}, open '{path}'"


def _too_deep(path: Path) -> ConfigFileError:
    return ConfigFileError(f"{path.name} cannot be read: its objects and arrays are nested too deeply.")


def _location(path: Path, text: str, line: int, column: int, length: int = 0) -> Location:
    return Location(path, line, column, text.split("\n")[line - 1], length)

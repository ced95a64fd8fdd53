"""Reads settings as codeQ does: keys in camelCase from a file, and environment variables that win over it.

The file is JSON, which is YAML too. ``logFormat`` and ``allowedClockSkewSeconds`` are taken and have no
effect; in codeQ the second has none either.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kvstore.javascript.json_document import read_json
from worker.codeq.errors import SettingsError
from worker.codeq.settings import Settings

# codeQ's environment variables, and the key that each stands for.
VARIABLES = {
    "PORT": "port",
    "REDIS_ADDR": "redisAddr",
    "KVROCKS_PASSWORD": "redisPassword",
    "REDIS_PASSWORD": "redisPassword",
    "IDENTITY_SERVICE_URL": "identityServiceUrl",
    "IDENTITY_SERVICE_API_KEY": "identityServiceApiKey",
    "IDENTITY_JWKS_URL": "identityJwksUrl",
    "IDENTITY_ISSUER": "identityIssuer",
    "IDENTITY_AUDIENCE": "identityAudience",
}
WITHOUT_EFFECT = ("logFormat", "allowedClockSkewSeconds")
_RENAMED = {"zone": "timezone", "environment": "env"}


def read_settings(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings of ``file`` and of ``environment``. Raises SettingsError naming what is wrong."""
    given = _document(file) if file is not None else {}
    given |= {key: environment[name] for name, key in VARIABLES.items() if environment.get(name)}
    known = {_key(one.name): one for one in fields(Settings)}
    unknown = sorted(given.keys() - known.keys() - set(WITHOUT_EFFECT))
    if unknown:
        raise SettingsError(f"unknown: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    chosen = {
        setting.name: _value(key, setting.type, given[key], shows=setting.repr)
        for key, setting in known.items()
        if key in given
    }
    return Settings(**chosen)


def _document(file: Path) -> dict[str, Any]:
    try:
        document = read_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {file}: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{file} must be a JSON object of settings")
    return document


def _key(name: str) -> str:
    first, *others = name.split("_")
    return _RENAMED.get(name, first + "".join(word.capitalize() for word in others))


def _value(key: str, kind: Any, given: Any, *, shows: bool) -> Any:
    """``given`` as what the setting is; texts of variables may stand for numbers."""
    if kind is tzinfo:
        try:
            return ZoneInfo(str(given))
        except (OSError, ValueError, KeyError) as error:
            raise SettingsError(f"timezone: this machine knows no time zone named {given!r}") from error
    if kind is int and isinstance(given, str) and given.isascii() and given.isdecimal():
        return int(given)
    if type(given) is not kind:  # of a secret not even a wrong value is shown
        shown = repr(given) if shows else f"a {type(given).__name__}"
        raise SettingsError(f"{key}: {shown} is not of type {kind.__name__}")
    return given

"""What wrangler 4.164 made of a few hundred projects, and what we make of them.

``config.json`` is a sample from elsewhere, ``measured.json`` was made by ``record.mjs``; among its cases are
files of random characters, for the syntax of .dev.vars and .env.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker.config import ConfigError, ConfigFileError, WorkerConfig

VECTORS = Path(__file__).parents[2] / "data" / "vectors" / "config"


def _cases() -> list[Any]:
    texts = [
        (VECTORS / name).read_text(encoding="utf-8")
        for name in ("config.json", "measured.json", "durable_objects.json", "products.json")
    ]
    cases = [case for text in texts for case in json.loads(text, parse_int=_double)["cases"]]
    return [pytest.param(case, id=case["name"]) for case in cases]


def _double(digits: str) -> int | float:
    return int(digits) if len(digits) < 16 else float(digits)


@pytest.mark.parametrize("case", _cases())
def test_load_answers_as_wrangler_did(case: dict[str, Any], load: Callable[..., WorkerConfig]) -> None:
    expect = {"log": "", **case["expect"]}
    expect.setdefault("location", None)
    assert {"location": None, **_outcome(case, load)} == expect


def _outcome(case: dict[str, Any], load: Callable[..., WorkerConfig]) -> dict[str, Any]:
    try:
        config = load(case["files"], case.get("environment"), case.get("processEnv"))
    except ConfigError as error:
        outcome = {"error": error.message, "log": _log(error.warnings)}
        return outcome | {"location": _location(error)} if "location" in case["expect"] else outcome
    return {
        "vars": config.vars,
        "kv": {namespace.binding: namespace.local_id for namespace in config.kv_namespaces},
        "main": _shown_main(config.main),
        "compatibility_date": config.compatibility_date,
        "compatibility_flags": [*config.compatibility_flags],
        "log": _log(config.log),
    }


def _log(texts: tuple[str, ...]) -> str:
    return "\n".join(texts).strip()


def _shown_main(main: str | None) -> str | None:
    """The recording shows an absolute path as seen from its folder, two levels below the root."""
    return f"../..{main}" if main is not None and main.startswith("/") else main


def _location(error: ConfigError) -> dict[str, int] | None:
    location = error.location if isinstance(error, ConfigFileError) else None
    if location is None:
        return None
    return {"line": location.line, "column": location.column, "length": location.length}

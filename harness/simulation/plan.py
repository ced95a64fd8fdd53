"""A scenario as a TOML file, for what is too long for a line.

conditions = "hostile"
tasks = 4
odd = ["corrupt", "metadata"]

[[mishap]]
kind = "crash"
request = "operator-1.2"
operation = 7
"""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from harness.simulation.scenario import Scenario, ScenarioError, read_member, whole


def read_plan(path: Path) -> Scenario:
    """The scenario of a file. Raises ScenarioError with what is wrong, and where."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise ScenarioError(f"{path} is no TOML file: {error}") from error
    except RecursionError:
        raise ScenarioError(f"{path}: its arrays and tables are nested too deeply") from None
    try:
        mishaps = _mishaps(content.pop("mishap", []))
        return whole(Scenario(**_members(content), mishaps=read_member("mishaps", mishaps)))
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error


def _members(content: dict[str, Any]) -> dict[str, Any]:
    known = [one.name for one in fields(Scenario) if one.name != "mishaps"]
    unknown = [name for name in content if name not in known]
    if unknown:
        raise ScenarioError(
            f"{unknown[0]!r} is no part of a scenario: it has {', '.join(known)} and [[mishap]] tables"
        )
    return {name: read_member(name, value) for name, value in content.items()}


def _mishaps(tables: Any) -> list[str]:
    if not isinstance(tables, list):
        raise ScenarioError(f"mishap is {tables!r}: each mishap is a [[mishap]] table")
    return [_mishap(one) for one in tables]


def _mishap(table: Any) -> str:
    if not isinstance(table, dict) or not {"kind", "request"} <= table.keys() <= {
        "kind",
        "request",
        "operation",
    }:
        raise ScenarioError(f"a mishap has kind, request and, for most kinds, operation; this one is {table}")
    operation = f":{table['operation']}" if "operation" in table else ""
    return f"{table['kind']}@{table['request']}{operation}"

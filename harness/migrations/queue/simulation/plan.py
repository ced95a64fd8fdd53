"""A scenario as a TOML file, for what is too long for a line.

conditions = "hostile"
tasks = 4
odd = ["corrupt", "metadata"]

[[fault]]
kind = "crash"
request = "operator-1.2"
operation = 7
"""

import tomllib
from pathlib import Path

from harness import ParameterError
from harness.migrations.queue.simulation.scenario import Scenario


def read_plan(path: Path) -> Scenario:
    """The scenario of a file. Raises ParameterError with what is wrong, and where."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise ParameterError(f"{path} is not a TOML file: {error}") from error
    except RecursionError:
        raise ParameterError(f"{path}: its arrays and tables are nested too deeply") from None
    try:
        return Scenario.of(content)
    except ParameterError as error:
        raise ParameterError(f"{path}: {error}") from error

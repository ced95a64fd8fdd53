"""Every limit of D1, in one table.

Source: those of SQLite as workerd sets them, measured; the time from the product's limits page
(2026-04-21).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. A value, and a row, may have ``value_size``."""

    statement_size: int = 100_000
    value_size: int = 2_200_000
    parameters: int = 100
    columns: int = 100
    compound_terms: int = 5
    expression_depth: int = 100
    function_arguments: int = 127
    pattern_size: int = 50
    trigger_depth: int = 10
    program_steps: int = 25_000
    query_seconds: float = 30.0


LIMITS: Final = Limits()

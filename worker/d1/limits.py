"""Every limit of D1. Their numbers and where they are from: `kvstore.figures`."""

from dataclasses import dataclass
from typing import Final

from kvstore.figures import FIGURES, whole


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. A value, and a row, may have ``value_size``."""

    statement_size: int = whole("d1.statement_size")
    value_size: int = whole("d1.value_size")
    parameters: int = whole("d1.parameters")
    columns: int = whole("d1.columns")
    compound_terms: int = whole("d1.compound_terms")
    expression_depth: int = whole("d1.expression_depth")
    function_arguments: int = whole("d1.function_arguments")
    pattern_size: int = whole("d1.pattern_size")
    trigger_depth: int = whole("d1.trigger_depth")
    program_steps: int = whole("d1.program_steps")
    query_seconds: float = float(FIGURES["d1.query_seconds"].value)


LIMITS: Final = Limits()

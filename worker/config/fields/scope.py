"""One level of a configuration while it is being read: the top, or one environment."""

from dataclasses import dataclass, field

from worker.config.diagnostics import Diagnostics
from worker.config.javascript import JSON, members, shown


@dataclass(frozen=True, slots=True)
class Scope:
    """What a check needs to know about the level that it checks, and where it reports.

    ``raw`` holds the level's members as they stand in the file. For an environment ``name`` is its name,
    ``raw_top`` the file's top level and ``top`` that level after reading; for the top all are empty.
    ``experimental`` says whether to warn of experimental fields.
    """

    diagnostics: Diagnostics
    raw: dict[str, JSON]
    experimental: bool = True
    name: str | None = None
    raw_top: dict[str, JSON] = field(default_factory=dict)
    top: dict[str, JSON] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """How messages call the field: ``vars``, or ``env.prod.vars``."""
        return name if self.name is None else f"env.{self.name}.{name}"

    def object(self, name: str, value: JSON, known: frozenset[str]) -> dict[str, JSON] | None:
        """The members of a field that must be an object; None, and an error, where it is something else."""
        path = self.path(name)
        if not isinstance(value, dict):
            self.error(f'The field "{path}" should be an object but got {shown(value)}.')
            return None
        self.warn_unexpected(path, value, known)
        return value

    def error(self, text: str) -> None:
        self.diagnostics.errors.append(text)

    def warn(self, text: str) -> None:
        self.diagnostics.warnings.append(text)

    def warn_unexpected(self, place: str, value: JSON, known: frozenset[str]) -> None:
        unknown = [f'"{name}"' for name in members(value) if name not in known]
        if unknown:
            self.warn(f"Unexpected fields found in {place} field: {','.join(unknown)}")

"""What a report is about: a migration, where its entries come from, and the commands that show it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.migration import Migration
from harness.model.scenario import Scenario
from harness.sources.sample import Sample
from harness.terminal.lines import command_line
from harness.terminal.numbers import write_moment

# Mistakes that say, in minutes, about how much a GO is worth.
_SAMPLE: Final = 40


@dataclass(frozen=True)
class About:
    """What was rehearsed: ``moving`` entries that move, and ``other`` ones, of ``sources``; ``began`` in ms.

    ``expired`` entries were left out, and what the sentences of ``left`` say. ``digest`` is the same where
    the code and the entries are. ``is_mutable`` says whether small mistakes can be made in the Worker after.
    ``sample`` says of what the entries are a sample, None where they are all.
    """

    file: Path
    migration: Migration
    sources: Sequence[str]
    moving: int
    other: int
    expired: int
    left: Sequence[str]
    began: int
    digest: str = ""
    is_mutable: bool = True
    sample: Sample | None = None

    @property
    def again(self) -> list[str]:
        """The arguments that name the same migration and entries again."""
        given = [part for one in self.sources for part in ("--from", one)]
        some = [] if self.sample is None else ["--sample", str(self.sample.asked)]
        return ["run", str(self.file), *given, *some, "--at", write_moment(self.began)]

    def replay(self, scenario: Scenario) -> str:
        """The command that runs a scenario again."""
        return command_line(["rehearse", *self.again, "--scenario", str(scenario)])

    def mutate(self) -> str:
        """The command that says how much a GO is worth."""
        return command_line(["rehearse", "mutate", *self.again[1:], "--sample", str(_SAMPLE)])

    def line(self) -> str:
        left = f"; {self.expired:,} had expired and were left out" if self.expired else ""
        which = "" if self.sample is None else "of the sample, "
        return (
            f"Migration {self.migration.name}: {self.moving:,} entries that move and {self.other:,} others, "
            f"{which}from {', '.join(self.sources)}, begun {write_moment(self.began)}{left}"
        )

"""What entries cost a migration much the same: those of one rule that it makes about as many of."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from harness.model.outcomes import Outcomes
from harness.model.record import Place
from kvstore import Entry

_NEVER = -1


class Stratum(NamedTuple):
    """Entries of the rule for ``prefix`` in ``binding``; ``bits`` is the length of how many each becomes, in
    binary, and -1 for those that cannot be moved. ``trait`` is what else they have in common, "" for nothing.
    """

    binding: str
    prefix: str
    bits: int
    trait: str = ""

    def __str__(self) -> str:
        least, most = 1 << max(0, self.bits - 1), (1 << max(0, self.bits)) - 1
        becomes = {_NEVER: "that cannot be moved", 0: "that go away", 1: "that become one"}.get(
            self.bits, f"that become {least:,} to {most:,}"
        )
        trait = f", {self.trait}" if self.trait else ""
        return f"{self.binding} {self.prefix}* {becomes}{trait}"


def stratum_of(outcomes: Outcomes, place: Place, entry: Entry) -> Stratum | None:
    """That of an entry; None for one that is not to be moved."""
    rule = outcomes.migration.rule_for(*place)
    if rule is None:
        return None
    targets = outcomes.ask(place, entry)
    return Stratum(rule.binding, rule.prefix, _NEVER if targets is None else len(targets).bit_length())


def strata_of(outcomes: Outcomes, entries: Mapping[Place, Entry]) -> dict[Stratum, int]:
    """How many of the entries are of each."""
    found = (stratum_of(outcomes, place, entry) for place, entry in entries.items())
    return dict(Counter(one for one in found if one is not None))

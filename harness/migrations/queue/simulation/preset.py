"""What a drawn scenario may be about: circumstances that some hazards need together, and chance seldom joins.

Nothing here knows a hazard: each preset is a way in which people really work, said with a scenario's members.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from harness.engine.chance import Chance
from kvstore.faults import Fault

if TYPE_CHECKING:
    from harness.migrations.queue.simulation.scenario import Scenario

# How many of 1,000 drawn scenarios have a preset.
_WITH_PRESET: Final = 500

_STARTED_TOGETHER: Final = {"daemons": 3, "beat": 15, "polls": 4, "tasks": 5}
_IN_A_HURRY: Final = {"daemons": 1, "lease": 30, "tasks": 3}
_ROLLED_OUT_SLOWLY: Final = {"strategy": "steps", "rollback": "never", "rollout": 60, "colos": 2}
_CROWDED: Final = {"daemons": 5, "beat": 5, "polls": 6, "tasks": 3, "lookers": 3}
_NEW_CODE_FIRST: Final = {"strategy": "new-first", "rollback": "never"}
_BOTH_FORMATS: Final = {"strategy": "zero-downtime", "rollback": "never", "colos": 1}
_CUT_OFF: Final = {
    **_NEW_CODE_FIRST,
    "runs": 2,
    "retry": 60,
    "faults": (Fault("crash", 5, "operator-1.2"),),
}

PRESETS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "safe": (
        {**_STARTED_TOGETHER, "colos": 1},
        {**_STARTED_TOGETHER, "colos": 2},
        {"lookers": 2},
        _IN_A_HURRY,
    ),
    "documented": (
        {**_STARTED_TOGETHER, "colos": 1},
        {**_STARTED_TOGETHER, "colos": 2},
        _IN_A_HURRY,
        {**_NEW_CODE_FIRST, "lookers": 2, "colos": 1, "odd": ("copied-before",)},
        {**_NEW_CODE_FIRST, "tasks": 30, "leases": 15, "daemons": 3, "beat": 5, "polls": 4, "budget": 0},
        {**_ROLLED_OUT_SLOWLY, **_CROWDED, "runs": 1, "operators": 1, "within": 30},
        {**_ROLLED_OUT_SLOWLY, "daemons": 2, "polls": 5, "producers": 2},
        {**_BOTH_FORMATS, "lookers": 1},
        {"rollback": "late", "producers": 2, "events": 8, "gap": 60, "budget": 12},
        {**_CUT_OFF, "daemons": 3, "beat": 5, "polls": 6, "tasks": 3, "leases": 0, "budget": 0},
    ),
}


def themed(scenario: "Scenario") -> "Scenario":
    """The scenario, or what one of the presets makes of it; oddities of a preset come on top."""
    chance = Chance(scenario.seed, "theme")
    if not chance.happens(_WITH_PRESET):
        return scenario
    presets = PRESETS[scenario.migration]
    preset = presets[chance.below(len(presets))]
    odd = (*scenario.odd, *(name for name in preset.get("odd", ()) if name not in scenario.odd))
    return replace(scenario, **{**preset, "odd": odd})

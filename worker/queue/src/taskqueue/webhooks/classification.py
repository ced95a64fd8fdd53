"""What a message is about: type, priority and hints, by words that it contains.

Words are looked for anywhere in the lower-cased text ("ui" is found in "build"), as the original does.
"""

from dataclasses import dataclass
from typing import Any, Final

_TYPES: Final = (
    ("approval", ("approve", "承認")),
    ("notification", ("notify", "通知")),
    ("query", ("?", "？", "what", "how")),
)
_PRIORITIES: Final = (
    ("critical", ("urgent", "critical", "緊急")),
    ("high", ("important", "重要")),
)
_DELEGATIONS: Final = (
    ("code", "glm", "code-reviewer", "mentions code"),
    ("review", "glm", "code-reviewer", "asks for a review"),
    ("refactor", "glm", "refactor-advisor", "asks for refactoring"),
    ("design", "codex", "architect", "is about design"),
    ("architecture", "codex", "architect", "is about architecture"),
    ("security", "codex", "security-analyst", "is about security"),
    ("auth", "codex", "security-analyst", "is about authentication"),
    ("ui", "gemini", "ui-reviewer", "is about the user interface"),
    ("ux", "gemini", "ui-reviewer", "is about user experience"),
    ("investigate", "subagent", "Explore", "asks for an investigation"),
    ("search", "subagent", "Explore", "asks for a search"),
)
_NO_DELEGATION: Final = {"target": "codex", "agent": "scope-analyst", "reason": "matches no known topic"}


@dataclass(frozen=True, slots=True)
class Skill:
    """A group of instructions that a worker may want to load for a task."""

    category: str
    tokens: int
    files: tuple[str, ...]
    triggers: tuple[str, ...]


# In the order of their importance: critical, high, high, medium, low.
_SKILLS: Final = (
    Skill("security", 3200, ("security.md",), ("security", "auth", "secret", "セキュリティ", "認証")),
    Skill("delegation", 4500, ("delegation.md",), ("delegate", "codex", "glm", "gemini", "委譲")),
    Skill("quality", 3000, ("quality.md",), ("code", "test", "refactor", "review", "コード", "テスト")),
    Skill("automation", 1800, ("automation.md",), ("auto", "parallel", "自動", "並列")),
    Skill("performance", 1200, ("performance.md",), ("performance", "optimi", "最適化")),
)


def task_type(content: str) -> str:
    return _first(_TYPES, content) or "task"


def priority(content: str, source: str) -> str:
    return _first(_PRIORITIES, content) or ("medium" if source == "clawdbot" else "low")


def delegation_hints(content: str) -> list[dict[str, Any]]:
    """Who should work on it, one hint per word found; never empty."""
    lowered = content.lower()
    hints = [
        {"target": target, "agent": agent, "reason": reason}
        for word, target, agent, reason in _DELEGATIONS
        if word in lowered
    ]
    return hints or [dict(_NO_DELEGATION)]


def skill_hints(content: str) -> list[dict[str, Any]]:
    """Which skills it takes, the most important first."""
    return [
        {"category": skill.category, "files": list(skill.files), "tokensEstimate": skill.tokens}
        for skill in _SKILLS
        if _contains(content, skill.triggers)
    ]


def _first(table: tuple[tuple[str, tuple[str, ...]], ...], content: str) -> str | None:
    return next((name for name, words in table if _contains(content, words)), None)


def _contains(content: str, words: tuple[str, ...]) -> bool:
    lowered = content.lower()
    return any(word in lowered for word in words)

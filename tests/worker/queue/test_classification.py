"""Type, priority and hints of a task, by the words in it."""

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def classified(client: httpx.AsyncClient, content: str, source: str = "slack") -> dict[str, object]:
    bodies: dict[str, object] = {
        "slack": {"event": {"text": content, "ts": "1"}},
        "clawdbot": {"id": "1", "channel": "web", "message": content, "user": {}},
    }
    response = await client.post(f"/webhook/{source}", json=bodies[source])
    task: dict[str, object] = (await client.get(f"/api/queue/{response.json()['eventId']}")).json()
    return task


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Approve and notify?", "approval"),
        ("承認", "approval"),
        ("notify me?", "notification"),
        ("通知", "notification"),
        ("done?", "query"),
        ("どう？", "query"),
        ("WHAT", "query"),
        ("show", "query"),
        ("build it", "task"),
    ],
)
async def test_type(old: httpx.AsyncClient, content: str, expected: str) -> None:
    assert (await classified(old, content))["type"] == expected


@pytest.mark.parametrize(
    ("content", "source", "expected"),
    [
        ("URGENT", "slack", "critical"),
        ("important, critical", "slack", "critical"),
        ("緊急", "clawdbot", "critical"),
        ("重要", "slack", "high"),
        ("important", "clawdbot", "high"),
        ("hello", "clawdbot", "medium"),
        ("hello", "slack", "low"),
    ],
)
async def test_priority(old: httpx.AsyncClient, content: str, source: str, expected: str) -> None:
    assert (await classified(old, content, source))["priority"] == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("nothing known", ["codex/scope-analyst"]),
        ("search the code", ["glm/code-reviewer", "subagent/Explore"]),
        ("refactor", ["glm/refactor-advisor"]),
        ("design the architecture", ["codex/architect", "codex/architect"]),
        ("security", ["codex/security-analyst"]),
        ("author", ["codex/security-analyst"]),
        ("build", ["gemini/ui-reviewer"]),
        ("ux", ["gemini/ui-reviewer"]),
        ("Investigate", ["subagent/Explore"]),
    ],
)
async def test_delegation(old: httpx.AsyncClient, content: str, expected: list[str]) -> None:
    hints = (await classified(old, content))["delegationHints"]
    assert isinstance(hints, list)
    assert all(list(hint) == ["target", "agent", "reason"] for hint in hints)
    assert [f"{hint['target']}/{hint['agent']}" for hint in hints] == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("hello", []),
        ("performance of parallel code", [("quality", 3000), ("automation", 1800), ("performance", 1200)]),
        ("delegate security", [("security", 3200), ("delegation", 4500)]),
    ],
)
async def test_skills(old: httpx.AsyncClient, content: str, expected: list[tuple[str, int]]) -> None:
    hints = (await classified(old, content))["skillHints"]
    assert isinstance(hints, list)
    assert all(list(hint) == ["category", "files", "tokensEstimate"] for hint in hints)
    assert [(hint["category"], hint["tokensEstimate"]) for hint in hints] == expected

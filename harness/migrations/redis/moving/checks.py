"""After the last step: what is there, beside what the plan said would be."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.migrations.redis.keyspace.pieces import CHUNK, existing
from harness.migrations.redis.mapping.inventory import Judged
from harness.migrations.redis.mapping.plan import COPY, Content, Plan, Step
from harness.migrations.redis.mapping.tally import contents
from harness.migrations.redis.moving.move import Move
from harness.migrations.redis.moving.mover import LATE_MS
from harness.migrations.redis.planfile.declaration import DROP
from harness.model.verdict import Verdict, finding, literal, verdict
from worker.codeq.servers.server import checked


@dataclass
class _Seen:
    """What is not as it was planned, by kind; ``over`` keys had run out of time, and were not looked at."""

    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    still: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    over: int = 0


async def check(move: Move, plan: Plan) -> list[Verdict]:
    """Reads every key of the target and asks for every key of the source. Raises ServerError."""
    seen, clock, target = _Seen(), move.clock, move.target
    for batch in _pages(plan.steps):
        rule = move.declaration.rules[batch[0].rule]
        ways = [(step, key) for step in batch for key in step.targets]
        found = await contents(target, {key: step.targets[key] for step, key in ways}, rule.becomes)
        left = checked(await target.pipeline([("PTTL", key) for _, key in ways]))
        for (step, key), pttl in zip(ways, left, strict=True):
            rest = step.ends - clock.now_ms() if step.ends >= 0 and rule.ttl != DROP else None
            _look(seen, key, step.targets[key], found.get(key), pttl, rest)
        sources = await existing(move.source, [step.source for step in batch])
        for step in batch:
            exists = step.source in sources
            if plan.mode != COPY and exists:
                seen.still.append(step.source)
            elif plan.mode == COPY and not exists and not 0 <= step.ends <= clock.now_ms() + LATE_MS:
                seen.gone.append(step.source)
    return _verdicts(seen, plan)


def _look(
    seen: _Seen, key: str, planned: Content, content: Content | None, pttl: int, rest: int | None
) -> None:
    """One key of the target; ``rest`` is how many milliseconds it should have left, None for ever."""
    if content is None and rest is not None and rest <= LATE_MS:
        seen.over += 1
    elif content is None:
        seen.missing.append(key)
    elif content != planned:
        seen.wrong.append(key)
    elif pttl != -1 if rest is None else not 0 <= pttl <= rest + LATE_MS:
        seen.ends.append(f"{key} ({pttl})")


def _verdicts(seen: _Seen, plan: Plan) -> list[Verdict]:
    looked = sum(len(step.targets) for step in plan.steps) - seen.over
    return [
        verdict(
            "R1",
            "Content: every key holds what the plan gives it, in its order",
            [
                finding("{n} key{s} {are} not there", seen.missing, code="missing"),
                finding("{n} key{s} {have} not the content that was planned", seen.wrong, code="content"),
            ],
            looked=looked,
            at="keys",
        ),
        verdict(
            "R2",
            "Time to live: every key ends when its source would have, or never",
            [finding("{n} key{s} with another end (milliseconds that are left)", seen.ends, code="ttl")],
            looked=looked,
            at="keys",
        ),
        verdict(
            "R3",
            "Source: gone" if plan.mode != COPY else "Source: still there",
            [
                finding("{n} key{s} of the source {are} still there", seen.still, code="still"),
                finding("{n} key{s} of the source {are} gone", seen.gone, code="gone"),
            ],
            looked=len(plan.steps),
            at="keys",
        ),
    ]


def held(invariants: Sequence[Judged]) -> list[Verdict]:
    """The plan's own invariants, as they were judged before the first write."""
    return [
        verdict(
            f"P{number}",
            one.text,
            [finding(f"{{n}} id{{s}} against {literal(one.text)}", one.broken, code="invariant")],
            looked=one.looked,
            at="ids",
        )
        for number, one in enumerate(invariants, 1)
    ]


def _pages(steps: Sequence[Step]) -> list[list[Step]]:
    """Steps of one rule, at most a thousand."""
    pages: list[list[Step]] = []
    for step in steps:
        if not pages or pages[-1][0].rule != step.rule or len(pages[-1]) == CHUNK:
            pages.append([])
        pages[-1].append(step)
    return pages

"""The operator: follows the runbook, and tries again what fails, as people do."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from harness.actors.actor import Actor
from harness.migration import FileFailed, MigrationError
from harness.world.site import Reply
from kvstore import Event
from kvstore.faults import InvocationCrashed
from worker.d1.layers import D1Event

# After so many answers in a row with nothing written, none of them "done", the operator stops.
_MOST_IDLE: Final = 40
# So many calls are enough, and so many for each entry there was, whatever the size of a page.
_MOST_CALLS: Final = 20_000
_CALLS: Final = 200
_CALLS_PER_ENTRY: Final = 20
# Longer than anything can be seen late: a minute of cached reads or of listings, and what is on its way.
SETTLE_SECONDS: Final = 150.0
# How long a Worker that was replaced may still answer what it was asked before: `waitUntil` has 30 s.
_LAST_ANSWERS: Final = 30.0


class GaveUp(Exception):
    """The operator gives up: ``what`` was asked, and ``why``."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why


class Halted(Exception):
    """The operator was called away half-way."""


class Operator(Actor):
    """What the runbook is given. ``halts_after`` so many requests it is called away, None for never."""

    halts_after: int | None = None

    async def request(self, method: str, path: str, **more: Any) -> Reply:
        self._go_on()
        return await super().request(method, path, **more)

    async def scheduled(self, cron: str = "* * * * *") -> Reply:
        self._go_on()
        return await super().scheduled(cron)

    def _go_on(self) -> None:
        """Raises Halted."""
        if self.halts_after is not None and self.sent >= self.halts_after:
            raise Halted

    async def deploy(self, stage: str, *, settle: bool = True) -> None:
        """Put a Worker on, and wait until it is everywhere and everybody sees what the one before wrote.

        With ``settle=False`` it only waits for the deployment itself to arrive.
        """
        try:
            arrived = self.world.deploy(stage)
        except FileFailed as error:
            raise GaveUp(f"applying the files of {stage}", str(error)) from error
        await self.wait(arrived + (_LAST_ANSWERS + SETTLE_SECONDS if settle else 0))

    async def apply(self, stage: str) -> None:
        """Apply the migration files of a stage's D1 databases, one transaction each, before it is deployed.

        What fails is tried again after a while, as often as the scenario's ``tries``.
        """
        said = ""
        for failures in range(1, self.world.scenario.tries + 1):
            self.last = call = self.call("APPLY", stage)
            try:
                return await self.world.apply_files(call, stage)
            except (MigrationError, InvocationCrashed) as error:
                said = str(error)
            if self._is_out_of_quota():
                await self.until_tomorrow(5)
            else:
                await self.wait(5 * 2 ** min(failures, 5))
        raise GaveUp(f"applying the files of {stage}", f"failed {failures} times in a row: {said}")

    async def settle(self) -> None:
        """Wait until every location sees everything."""
        await self.wait(SETTLE_SECONDS)

    async def until_tomorrow(self, seconds: float) -> None:
        """Wait until the quota of a day begins anew, and ``seconds`` more; readers have little to see."""
        self.world.is_waiting_for_tomorrow = True
        await self.wait(self.world.seconds_of_day_left() + seconds)
        self.world.is_waiting_for_tomorrow = False

    async def until_done(
        self,
        path: str,
        *,
        carry: str | tuple[str, ...] = (),
        done: str | Callable[[Any], bool] = "done",
        method: str = "POST",
        every: float = 2.0,
        params: dict[str, Any] | None = None,
        **more: Any,
    ) -> Reply:
        """Send a request again and again until its answer says that it is done; returns that answer.

        ``done`` is a member of the JSON answer, or says of one whether it is. The members named in ``carry``
        are sent back as parameters with the next request. What fails is tried again after a while, as often
        as the scenario's ``tries``; where the quota of the day is used up, tomorrow. Gives up also when
        nothing is written any more, and nothing done.
        """
        carried, failures, idle = dict(params or {}), 0, 0
        seen: set[str] = set()
        most = min(_MOST_CALLS, _CALLS + _CALLS_PER_ENTRY * len(self.world.start))
        names = (carry,) if isinstance(carry, str) else carry
        for _ in range(most):
            writes = len(self.world.writes)
            reply = await self.request(method, path, params=carried, **more)
            if not reply.ok or not isinstance(reply.body, dict):
                if self._is_out_of_quota():
                    await self.until_tomorrow(every)
                    continue
                failures += 1
                if failures >= self.world.scenario.tries:
                    raise GaveUp(f"{method} {path}", _failed(reply, failures))
                await self.wait(5 * 2 ** min(failures, 5))
                continue
            failures = 0
            if done(reply.body) if callable(done) else reply.body.get(done):
                return reply
            if isinstance(done, str) and done not in reply.body:
                raise GaveUp(f"{method} {path}", f"its answer has no member {done!r}")
            carried.update({name: reply.body.get(name) for name in names})
            if len(self.world.writes) > writes:
                seen.clear()
            # Who goes round and round gets no further, whatever is carried.
            state = repr(carried)
            idle = idle + 1 if state in seen else 0
            seen.add(state)
            if idle >= _MOST_IDLE:
                raise GaveUp(f"{method} {path}", f"{idle} answers in a row changed nothing and were not done")
            await self.wait(every)
        raise GaveUp(f"{method} {path}", f"{most:,} requests were not enough")

    def _is_out_of_quota(self) -> bool:
        """Whether the last request failed as the quota of the day is used up: people come again tomorrow."""
        name = self.last.name if self.last is not None else ""
        of_kv, of_d1 = self.world.network.layers.asked, self.world.databases.asked
        return "daily-quota" in (_why_refused(name, of_kv), _why_refused(name, of_d1))


def _why_refused(name: str, asked: Sequence[Event | D1Event]) -> str:
    """The rule by which a request was refused something last; "" for none."""
    return next((one.code for one in reversed(asked) if one.invocation == name and one.error), "")


def _failed(reply: Reply, failures: int) -> str:
    if reply.status is None:
        return f"no answer came, {failures} times in a row"
    text = reply.body if isinstance(reply.body, str) else "an answer that is not a JSON object"
    return f"answered {reply.status} {failures} times in a row: {' '.join(str(text).split())[:120]}"

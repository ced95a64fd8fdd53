"""Writes that wait for each other share a commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from kvstore.sql.database import Program
from kvstore.sql.transaction import Outcome

T = TypeVar("T")

# Enough that a commit costs a single write next to nothing; few enough that the lock is soon free again for
# other processes: wrangler does not wait for it.
_MOST_AT_ONCE: Final = 256


class CommitQueue:
    """Hands programs to ``commit_each``: those that arrive while it works are its next batch.

    There is no timer: a write that comes alone is committed at once. ``commit_each`` takes programs, and
    gives the outcome of each once all that can be committed is.
    """

    def __init__(self, commit_each: Callable[[Sequence[Program[Any]]], Awaitable[list[Outcome]]]) -> None:
        self._commit_each = commit_each
        self._waiting: list[tuple[Program[Any], asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def write(self, program: Program[T]) -> T:
        """The result of the program, after the commit that holds it. Raises what the program raised.

        A caller that is cancelled takes its program along if that has not begun; the others notice nothing.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((program, answer))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        return await answer

    async def drain(self) -> None:
        """Wait until nothing is waiting."""
        if self._committing is not None:
            await self._committing

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch = [(program, answer) for program, answer in self._take() if not answer.done()]
                for (_, answer), outcome in zip(batch, await self._outcomes(batch), strict=True):
                    _tell(answer, outcome)
        finally:
            self._committing = None

    def _take(self) -> list[tuple[Program[Any], asyncio.Future[Any]]]:
        taken, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
        return taken

    async def _outcomes(self, batch: list[tuple[Program[Any], asyncio.Future[Any]]]) -> list[Outcome]:
        try:
            return await self._commit_each([program for program, _ in batch]) if batch else []
        except Exception as error:  # such as a connection that was closed meanwhile
            return [(None, error)] * len(batch)


def _tell(answer: asyncio.Future[Any], outcome: Outcome) -> None:
    if answer.done():  # cancelled while its program ran
        return
    result, error = outcome
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)

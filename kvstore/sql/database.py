"""One SQL, two drivers: statements are yielded by programs, and a database runs the programs.

A program starts a generator that yields statements and is sent the rows of each; what it returns is the
result. It never touches a connection, so the same program runs on the calling thread (`inline`) and behind a
worker thread (`pooled`), and it can be started again when the transaction it was in came to nothing.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial, wraps
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Statement: TypeAlias = tuple[str, Sequence[Any]]
Rows: TypeAlias = list[tuple[Any, ...]]
Steps: TypeAlias = Generator[Statement, Rows, T]


class Lookup(NamedTuple):
    """A program of a single statement: its result is the first row, None when there is none.

    What is read most often is asked for in this way: a generator would add an eighth to its cost.
    """

    sql: str
    parameters: Sequence[Any]


class Change(NamedTuple):
    """A program that writes the row of each key, or removes it where there is None.

    Its result is a list of the contents that were replaced. Given as data, and not as steps, so that those
    that wait together can be made at one stroke (`staged`); only for databases whose setup says how.
    """

    rows: Mapping[str, Sequence[Any] | None]


Program: TypeAlias = Callable[[], Steps[T]] | Lookup | Change


def program(steps: Callable[P, Steps[T]]) -> Callable[P, Callable[[], Steps[T]]]:
    """Turns a generator function into one whose call gives a program: nothing runs until it is started."""

    @wraps(steps)
    def given(*arguments: P.args, **options: P.kwargs) -> Callable[[], Steps[T]]:
        return partial(steps, *arguments, **options)

    return given


class Database(Protocol):
    """Runs programs; what a program wrote is committed whole, or not at all.

    ``write`` returns after the commit; if the program raises, nothing of it stays. Both raise StoreError
    when SQLite fails, with the file and the reason. A caller that is cancelled while it waits for ``write``
    does not learn whether its program was committed.
    """

    async def read(self, program: Program[T]) -> T: ...

    async def write(self, program: Program[T]) -> T: ...

    async def close(self) -> None: ...

"""One SQL, two drivers: statements are yielded by programs, and a database runs the programs.

A program is a generator that yields statements and is sent the rows of each; what it returns is the result.
It never touches a connection, so the same program runs on the calling thread (`inline`) and behind a worker
thread (`pooled`).
"""

from collections.abc import Generator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")

Statement: TypeAlias = tuple[str, Sequence[Any]]
Rows: TypeAlias = list[tuple[Any, ...]]
Program: TypeAlias = Generator[Statement, Rows, T]


class Database(Protocol):
    """Runs programs, each in a transaction of its own.

    ``write`` returns after the commit; if the program raises, nothing of it stays. Both raise StoreError
    when SQLite fails, with the file and the reason.
    """

    async def read(self, program: Program[T]) -> T: ...

    async def write(self, program: Program[T]) -> T: ...

    async def close(self) -> None: ...

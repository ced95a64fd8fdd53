"""Blocks in which a context variable has a value of their own."""

from contextvars import ContextVar
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Within(Generic[T]):
    """A ``with`` block in which ``variable`` is ``value``; no generator, since every request enters a few."""

    __slots__ = ("_token", "_value", "_variable")

    def __init__(self, variable: ContextVar[Any], value: T) -> None:
        self._variable = variable
        self._value = value

    def __enter__(self) -> T:
        self._token = self._variable.set(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._token)

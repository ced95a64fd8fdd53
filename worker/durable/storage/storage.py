"""``ctx.storage``: keys and values, transactions, and the alarm of one object. Texts measured on workerd.

Every operation takes effect when it is called and is settled at once; awaiting it commits what was written
until then (`Rows.flush`). The options allowConcurrency, allowUnconfirmed and noCache are accepted and change
nothing.
"""

import inspect
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from kvstore.clock import Clock
from kvstore.javascript.values import UNDEFINED, JsMap, Undefined, date_ms, is_number, to_number, to_string
from worker.durable.gate import Gate, Settled
from worker.durable.limits import KEY_BYTES, VALUE_BYTES, VALUE_MARKS
from worker.durable.storage.rows import Range, Rows
from worker.durable.storage.sql import SqlStorage
from worker.durable.storage.sync_kv import SyncKvStorage
from worker.durable.structured_clone import deserialize, serialize
from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.errors import JsException, range_error, type_error
from worker.sdk.ffi.jsobject import JsObject, option

Probe = Callable[[str], None]
"""Called with every storage operation before it happens, and of ``commit``; what it raises happens there."""

_LATEST_MS: Final = 6_942_671_999_999  # the last millisecond of 2189


class KeyValues(JsObject):
    """What storage and a transaction have in common."""

    def __init__(self, rows: Rows, clock: Clock, probe: Probe, *, sqlite: bool) -> None:
        self._rows = rows
        self._clock = clock
        self._probe = probe
        self._sqlite = sqlite
        self._ringing = False

    def _begin(self, operation: str) -> None:
        self._probe(operation)

    def _settled(self, value: Any = UNDEFINED) -> Settled:
        return Settled(value, self._flush)

    def _flush(self) -> None:
        self._rows.flush()

    def get(self, key: Any = UNDEFINED, *_: Any) -> Settled:
        """One value, undefined without one; for an array of keys a Map of those that are there."""
        self._begin("get")
        if isinstance(key, list | tuple):
            found = {name: self._rows.get(name) for name in sorted(map(to_string, key), key=str.encode)}
            values = {name: deserialize(data) for name, data in found.items() if data is not None}
            return self._settled(JsMap(values))
        data = self._rows.get(self._one(key, "get", "string or Array"))
        return self._settled(UNDEFINED if data is None else deserialize(data))

    def put(self, key: Any = UNDEFINED, value: Any = UNDEFINED, *_: Any) -> Settled:
        """One pair, or all members of an object. Raises JsException for what cannot be stored."""
        self._begin("put")
        if isinstance(key, dict):
            pairs = {name: member for name, member in key.items() if member is not UNDEFINED}
        else:
            name = self._one(key, "put", "string or object")
            if isinstance(value, Undefined):
                raise type_error("put() called with undefined value.")
            pairs = {name: value}
        stored = {name: self._fitting(name, serialize(member)) for name, member in pairs.items()}
        for name, data in stored.items():
            self._rows.put(name, data)
        return self._settled()

    def _fitting(self, key: str, data: bytes) -> bytes:
        if not self._sqlite:
            if len(key.encode()) > KEY_BYTES:
                raise range_error(f"Keys cannot be larger than {KEY_BYTES} bytes.")
            if len(data) > VALUE_BYTES + VALUE_MARKS:
                raise range_error(f"Values cannot be larger than {VALUE_BYTES} bytes.")
        return data

    def delete(self, key: Any = UNDEFINED, *_: Any) -> Settled:
        """Whether the key was there; for an array of keys how many were."""
        self._begin("delete")
        if isinstance(key, list | tuple):
            return self._settled(sum(self._rows.delete(to_string(name)) for name in key))
        return self._settled(self._rows.delete(self._one(key, "delete", "string or Array")))

    def list(self, options: Any = UNDEFINED, *_: Any) -> Settled:
        """A Map in the order of the keys' bytes; options start, startAfter, end, prefix, reverse, limit."""
        self._begin("list")
        found = self._rows.scan(self._range(options))
        return self._settled(JsMap({key: deserialize(data) for key, data in found}))

    def _range(self, options: Any) -> Range:
        if not isinstance(options, dict | Undefined):
            raise self._wrong("list", "ListOptions")
        start, after, end = (_text(options, name) for name in ("start", "startAfter", "end"))
        if start is not None and after is not None:
            raise type_error("list() cannot be called with both start and startAfter values.")
        return Range(
            start=start or "",
            after=after,
            end=end,
            prefix=_text(options, "prefix") or "",
            reverse=option(options, "reverse") is True,
            limit=_limit(option(options, "limit")),
        )

    def getAlarm(self, *_: Any) -> Settled:
        """Milliseconds since the epoch, null without an alarm, and while it rings."""
        self._begin("getAlarm")
        return self._settled(None if self._ringing else self._rows.alarm)

    def setAlarm(self, when: Any = UNDEFINED, *_: Any) -> Settled:
        """``when`` is a Date or milliseconds; a time that is past means now.

        A class in Python needs no ``alarm`` for it: the runtime finds a method of every name, and misses it
        only when the alarm rings.
        """
        self._begin("setAlarm")
        moment = _moment(when)
        if moment is None:
            raise self._wrong("setAlarm", "date")
        if moment <= 0:
            raise type_error("setAlarm() cannot be called with an alarm time <= 0")
        if moment > _LATEST_MS:
            raise type_error("This API doesn't support dates after 2189.")
        self._ringing = False
        self._rows.alarm = max(moment, self._clock.now_ms())
        return self._settled()

    def deleteAlarm(self, *_: Any) -> Settled:
        self._begin("deleteAlarm")
        self._ringing = False
        self._rows.alarm = None
        return self._settled()

    def _one(self, key: Any, method: str, expected: str) -> str:
        if isinstance(key, Undefined):
            raise self._wrong(method, expected)
        return to_string(key)

    def _wrong(self, method: str, expected: str) -> JsException:
        text = f"Failed to execute '{method}' on '{self.js_name}': parameter 1 is not of type '{expected}'."
        return type_error(text)


class DurableObjectStorage(KeyValues):
    """The storage itself. ``gate`` holds new events back while an asynchronous transaction runs."""

    def __init__(self, rows: Rows, clock: Clock, probe: Probe, gate: Gate, *, sqlite: bool) -> None:
        super().__init__(rows, clock, probe, sqlite=sqlite)
        self._gate = gate
        self._fate: JsException | None = None
        self.sql = SqlStorage(rows, self._begin, enabled=sqlite)
        self.kv = SyncKvStorage(self, enabled=sqlite)

    def _begin(self, operation: str) -> None:
        if self._fate is not None:
            raise self._fate
        super()._begin(operation)

    def _flush(self) -> None:
        if self._fate is not None:
            raise self._fate
        if self._rows.is_dirty:
            self._probe("commit")
        self._rows.flush()

    def deleteAll(self, *_: Any) -> Settled:
        """Everything goes, the alarm with it."""
        self._begin("deleteAll")
        self._rows.delete_all()
        if self._rows.alarm is not None and not self._ringing:
            self._rows.alarm = None
        return self._settled()

    def sync(self) -> Settled:
        self._begin("sync")
        return self._settled()

    async def transaction(self, closure: Callable[[Any], Any]) -> Any:
        """What ``closure(txn)`` returns; what it wrote stays unless it raises, or rolls back."""
        self._begin("transaction")
        self._gate.shut()
        ringing = self._ringing
        try:
            with self._rows.transaction():
                inner = DurableObjectTransaction(self)
                result = closure(wrap(inner))
                result = unwrap(await result if inspect.isawaitable(result) else result)
                if inner._rolled_back:
                    raise _RolledBackError(result)
        except _RolledBackError as rolled_back:
            self._ringing, result = ringing, rolled_back.result
        finally:
            self._gate.open()
        self._flush()
        return result

    def transactionSync(self, closure: Callable[[], Any]) -> Any:
        """`transaction` for a function that awaits nothing."""
        self._begin("transactionSync")
        with self._rows.transaction():
            return unwrap(closure())

    def js_flush(self) -> None:
        """Commit what is written: nothing of it may be seen outside before."""
        self._flush()

    def js_end(self, fate: JsException) -> None:
        """The object has ended: whatever is still asked here raises ``fate``."""
        self._fate = fate

    def js_ring(self) -> int | None:
        """The alarm's time, if it is to ring now; from here on it rings."""
        when = self._rows.alarm
        self._ringing = when is not None and when <= self._clock.now_ms()
        return when if self._ringing else None

    def js_rang(self, *, done: bool) -> bool:
        """The handler is through. Whether its alarm is still there, and so rings again."""
        rings_again = self._ringing and not done
        if self._ringing and done:
            self._rows.alarm = None
        self._ringing = False
        return rings_again


class _RolledBackError(Exception):
    def __init__(self, result: Any) -> None:
        super().__init__(result)
        self.result = result


class DurableObjectTransaction(KeyValues):
    """The ``txn`` of a transaction."""

    def __init__(self, storage: DurableObjectStorage) -> None:
        super().__init__(storage._rows, storage._clock, storage._probe, sqlite=storage._sqlite)
        self._storage = storage
        self._rolled_back = False

    def _begin(self, operation: str) -> None:
        if self._rolled_back:
            raise JsException("Error", f"Cannot {operation}() on rolled back transaction")
        self._storage._begin(operation)

    def rollback(self) -> None:
        """Nothing that was written stays; the closure goes on, and what it returns is still the result."""
        self._rolled_back = True


def _text(options: Any, name: str) -> str | None:
    value = option(options, name)
    return None if isinstance(value, Undefined) else to_string(value)


def _limit(value: Any) -> int | None:
    if isinstance(value, Undefined):
        return None
    number = to_number(value)
    if math.isnan(number) or number < 1:
        raise type_error("List limit must be positive.")
    return int(min(number, 2**31 - 1))


def _moment(when: Any) -> int | None:
    if isinstance(when, datetime):
        return date_ms(when)
    return math.trunc(when) if is_number(when) and math.isfinite(when) else None

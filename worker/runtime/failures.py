"""What went wrong in a Worker, told by its own lines."""

from pathlib import Path
from traceback import TracebackException
from typing import Final

from worker.runtime.space import Space

_ROOMS: Final = Path(__file__).parents[2]
_OURS: Final = tuple(f"{_ROOMS / room}/" for room in ("kvstore", "worker"))
_HEADLINE: Final = "Traceback (most recent call last):\n"  # here it is no fault of ours
_IMPORTING: Final = "<frozen importlib"


def users_traceback(error: BaseException, space: Space) -> str:
    """The traceback of ``error`` without our frames and Python's own importing."""
    told = TracebackException.from_exception(error)
    _leave_out(told, space, set())
    return space.plain("".join(told.format()))


def importing_failed(entry: Path, error: BaseException, space: Space) -> str:
    """Why a Worker could not be imported: in one line, then where, then what helps."""
    lines = [f'"{entry}" fails while it is imported: {type(error).__name__}: {space.plain(str(error))}']
    lines.append(users_traceback(error, space).replace(_HEADLINE, "").rstrip())
    if isinstance(error, ModuleNotFoundError) and error.name and (remedy := space.remedy(error.name)):
        lines.append(remedy)
    return "\n".join(lines)


def _leave_out(told: TracebackException | None, space: Space, seen: set[int]) -> None:
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if _is_told(frame.filename, space)]
    if not told.stack:
        vars(told)["stack"] = None  # no headline either
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        _leave_out(other, space, seen)


def _is_told(filename: str, space: Space) -> bool:
    return space.has(filename) or not filename.startswith((*_OURS, _IMPORTING))

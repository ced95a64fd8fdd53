"""Functions such as on_fetch are handlers only where the compatibility date and flags say so."""

from pathlib import Path

import pytest

from tests.worker.runtime.projects import asked
from worker.config import load_config
from worker.runtime import Platform, Worker, load_configured
from worker.runtime.scheduled import ScheduledController
from worker.sdk.ffi.errors import JsException

pytestmark = pytest.mark.anyio

CODE = """
from workers import Response, handler

@handler
async def on_fetch(request): return Response.json("called")

@handler
async def on_scheduled(event, env, ctx): pass
"""
OFF = "disable_python_no_global_handlers"


def loaded(folder: Path, date: str, flags: str = "", allowed: frozenset[str] = frozenset()) -> Worker:
    (folder / "entry.py").write_text(CODE)
    path = folder / "wrangler.toml"
    path.write_text(f'main = "entry.py"\n{date}\ncompatibility_flags = ["python_workers"{flags}]\n')
    return load_configured(load_config(path), {}, Platform(allowed=allowed))


NEW = 'compatibility_date = "2025-08-14"'


@pytest.mark.parametrize(
    ("date", "flags", "allowed"),
    [
        ('compatibility_date = "2025-08-13"', "", ()),
        ("", "", ()),
        (NEW, f', "{OFF}"', ()),
        (NEW, "", ("functions",)),
    ],
)
async def test_functions_are_called(tmp_path: Path, date: str, flags: str, allowed: tuple[str, ...]) -> None:
    assert await asked(loaded(tmp_path, date, flags, frozenset(allowed))) == "called"


@pytest.mark.parametrize(
    ("date", "flags"), [(NEW, ""), ('compatibility_date = "2025-01-01"', ', "python_no_global_handlers"')]
)
async def test_functions_are_no_handlers(tmp_path: Path, date: str, flags: str) -> None:
    worker = loaded(tmp_path, date, flags).with_bindings({})
    with pytest.raises(JsException, match=r"^Error: Handler does not export a fetch\(\) function\.$"):
        await asked(worker)
    with pytest.raises(JsException, match=r"^Error: Handler does not export a scheduled\(\) function\.$"):
        await worker.scheduled(ScheduledController("* * * * *", 0))

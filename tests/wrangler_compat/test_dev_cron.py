"""``dev --cron``: cron triggers fire by themselves."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from wrangler_compat.cli.errors import CommandError
from wrangler_compat.dev.cron import Trigger

from .dev import Dev

MONDAY = int(datetime(2026, 11, 30, 10, 30, tzinfo=UTC).timestamp() * 1000)
MINUTE = 60_000
CONFIG = """\
name = "w"
main = "entry.py"
compatibility_date = "2026-01-01"
compatibility_flags = ["python_workers"]
"""
WORKER = """\
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request): return Response("")
    async def scheduled(self, controller, env, ctx):
        print("fired", controller.cron, controller.scheduledTime % 60000)
"""


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [
        ("* * * * *", 1),
        ("*/5 * * * *", 5),
        ("0 11 * * 2", 30),  # 2 is Monday, as Sunday is 1
        ("0 11 * * MON", 30),
        ("0 11 * * 2-3", 30),
        ("30 10 * * 1", 6 * 24 * 60),
        ("0 0 L * *", 44_010),
    ],
)
def test_a_trigger_fires_at_its_next_moment(cron: str, minutes: int) -> None:
    trigger = Trigger(cron, MONDAY)
    assert trigger.at == MONDAY + minutes * MINUTE


def test_a_moment_that_has_come_is_given_once() -> None:
    trigger = Trigger("* * * * *", MONDAY)
    assert trigger.due(MONDAY + MINUTE - 1) is None
    given = [trigger.due(MONDAY + 2 * MINUTE) for _ in range(3)]
    assert given == [MONDAY + MINUTE, MONDAY + 2 * MINUTE, None]


@pytest.mark.parametrize("cron", ["", "* * *", "0 * * * * *", "99 * * * *", "* * * * 0", "* * * * 8"])
def test_an_invalid_cron_expression_is_refused(cron: str) -> None:
    with pytest.raises(CommandError, match=r"cannot be read"):
        Trigger(cron, MONDAY)


@pytest.mark.own_clock
def test_the_handler_is_run_for_every_moment_that_time_passes(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(WORKER)
    (tmp_path / "wrangler.toml").write_text(CONFIG + '[triggers]\ncrons = ["* * * * *"]\n')
    dev = Dev(tmp_path, "--cron", "--conditions", "local", "--port", "0")
    httpx.get(f"{dev.url}/cdn-cgi/local/clock?advance=3m", trust_env=False)
    for _ in range(3):
        assert "fired * * * * * 0" in dev.read_until("fired")
        assert dev.read_until("Cron * * * * *").rstrip().endswith(": ok")
    assert dev.stop() == 0
    assert "Cron triggers fire by themselves: * * * * * (next at " in "".join(dev.lines)


@pytest.mark.own_clock
def test_cron_without_triggers_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(WORKER)
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    dev = Dev(tmp_path, "--cron", "--port", "0")
    assert dev.stop() == 0
    assert "--cron has no effect: the configuration names no cron triggers." in "".join(dev.lines)

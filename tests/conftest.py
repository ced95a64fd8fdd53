"""Fixtures and settings that every room's tests share."""

import os
import select
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, however slow the machine: a failure in CI is a failure at home.
settings.register_profile("understudy", derandomize=True, deadline=None)
settings.load_profile("understudy")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def bad_usage(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What `rehearse` says, in one line, of arguments that it refuses as bad usage."""
    from harness.cli.rehearse import main  # not for the tests of the other rooms
    from harness.terminal.exit_codes import USAGE

    def said(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        assert stopped.value.code == USAGE
        return " ".join(capsys.readouterr().err.split())

    return said


_MARK = "UNDERSTUDY_TESTS"
# What Python itself keeps for as long as the tests run.
_PYTHONS_OWN = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")


@pytest.fixture(scope="session", autouse=True)
def no_process_is_left_behind() -> Iterator[None]:
    """The last test fails if a process that the tests, or theirs, started outlives them by five seconds."""
    os.environ[_MARK] = str(os.getpid())
    yield
    assert [command for pid, command in _descendants() if not _ends(pid)] == []


def _descendants() -> Iterator[tuple[int, bytes]]:
    """Process ids and command lines, whoever the parent is by now; a child inherits the mark."""
    mark = f"{_MARK}={os.environ[_MARK]}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes()
                if not any(one in command for one in _PYTHONS_OWN):
                    yield int(folder.name), command
        except OSError:
            continue  # it has ended, or is somebody else's


def _ends(pid: int) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 5)[0])
    finally:
        os.close(descriptor)

"""The pytest plugin: a Worker in a test, with its keys, its clock and the world outside; and rehearsals.

pytest finds it by its entry point. Until a fixture of it is asked for it imports nothing but pytest.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.outbound import Outbound
    from harness.testing.client import AsyncClient, Client
    from harness.testing.deployed import Deployed
    from harness.testing.keys import Namespaces
    from harness.testing.time import TestClock

_DEPLOYED: "pytest.StashKey[Deployed]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rehearse", "rehearsals of Workers KV migrations")
    group.addoption("--rehearse-seeds", type=int, metavar="N", help="how many schedules each rehearsal tries")
    group.addoption(
        "--rehearse-replay", metavar="LINE", help="only this run of each rehearsal, with its events"
    )
    group.addoption("--rehearse-html", metavar="DIR", help="a page for each rehearsal that finds something")
    parser.addini(
        "rehearse_worker", "the folder of the Worker's configuration (default: the test's, or one above it)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "rehearsal(seeds=500, conditions='production', explore=None): what the fixture rehearse searches",
    )
    config.addinivalue_line(
        "markers",
        "worker(path, env=None, strict=False, conditions='local', at=..., fresh=False): the Worker that the "
        "fixtures worker, kv, clock and outbound are about",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    deployed = item.stash.get(_DEPLOYED, None)
    if report.failed and deployed is not None and deployed.timeline.calls:
        report.sections.append(("Worker", str(deployed.timeline)))
        unexpected = [f"{one.method} {one.url}" for one in deployed.outbound.unexpected]
        if unexpected:
            report.sections.append(("Worker asked what outbound does not answer", "\n".join(unexpected)))
    return report


@pytest.fixture
def _deployed(request: pytest.FixtureRequest) -> "Iterator[Deployed]":
    from harness.testing.deployed import Deployed, Options

    marker = request.node.get_closest_marker("worker")
    given = dict(marker.kwargs) if marker is not None else {}
    if marker is not None and marker.args:
        given["path"] = marker.args[0]
    configured = request.config.getini("rehearse_worker")
    beside = request.path.parent
    if "path" in given:
        given["path"] = beside / given["path"]
    else:
        given["path"] = request.config.rootpath / configured if configured else beside
    deployed = Deployed(Options(**given))
    request.node.stash[_DEPLOYED] = deployed
    yield deployed
    deployed.close()


@pytest.fixture
def worker(_deployed: "Deployed") -> "Client":
    """The Worker of the project's configuration, fresh for every test."""
    from harness.testing.client import Client

    return Client(_deployed)


@pytest.fixture
def async_worker(_deployed: "Deployed") -> "AsyncClient":
    """The same Worker for an async test."""
    from harness.testing.client import AsyncClient

    return AsyncClient(_deployed)


@pytest.fixture
def kv(_deployed: "Deployed") -> "Namespaces":
    """The Worker's KV namespaces: ``kv.NOTES``."""
    from harness.testing.keys import Namespaces

    return Namespaces(_deployed.keys)


@pytest.fixture
def clock(_deployed: "Deployed") -> "TestClock":
    """Every clock that the Worker can ask."""
    from harness.testing.time import TestClock

    return TestClock(_deployed)


@pytest.fixture
def outbound(_deployed: "Deployed") -> "Outbound":
    """The world outside: ``outbound.get("https://api.example.com/x", json={"ok": 1})``."""
    return _deployed.outbound


@pytest.fixture
def rehearse(request: pytest.FixtureRequest) -> "Callable[..., None]":
    """``rehearse("migration.py", source="links.json")``: fails with what the rehearsal found."""
    from harness.testing.rehearse import Rehearse

    marker = request.node.get_closest_marker("rehearsal")
    config = request.config
    return Rehearse(
        beside=request.path.parent,
        name=request.node.name,
        marked={} if marker is None else dict(marker.kwargs),
        seeds=config.getoption("rehearse_seeds"),
        replay=config.getoption("rehearse_replay"),
        pages=_folder(config.getoption("rehearse_html")),
    )


def _folder(name: str | None) -> Path | None:
    return None if name is None else Path(name)

"""A place for each test, and a server for the real clients."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from kvstore import StateStore
from kvstore.sql.pooled import PooledDatabase
from kvstore.stores.state_names import state_root
from tests.worker.rest.place import KNOWN, TOKEN, Place
from worker.rest import create_rest_app
from worker.serving import bind, serve


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path / "v3" / "kv")
    yield place
    await place.close()


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[str]:
    """A server on a real port, over wrangler's own folder: the base URL of its API."""
    folder = state_root(tmp_path)
    app = create_rest_app(folder, partial(StateStore, folder, opener=PooledDatabase.open), KNOWN, token=TOKEN)
    async with serve(app, bind("127.0.0.1", 0)) as url:
        yield url + "/client/v4"

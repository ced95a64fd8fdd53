"""The tests of a JavaScript Worker: `pytest examples/board`, with workerd and esbuild installed (npm).

The fixtures come with Understudy; workerd is started once.
"""

import pytest

pytestmark = pytest.mark.worker("../careful")
POSTS = [{"id": "1", "text": "hello", "author": "ada"}]


def test_a_board_is_kept_post_by_post(worker, kv):
    before = kv.BOARD.snapshot()
    assert worker.put("/boards/a", json=POSTS).status == 204
    assert kv.BOARD.diff(before).added == ["post:a:1"]
    assert kv.BOARD["post:a:1"].metadata == '{"author":"ada"}'
    assert worker.get("/boards/a").json() == POSTS


def test_a_deleted_board_is_remembered_for_a_day(worker, kv, clock):
    worker.put("/boards/a", json=POSTS)
    worker.delete("/boards/a")
    assert worker.get("/boards/a").status == 404
    assert list(kv.BOARD) == ["gone:a"]
    clock.advance(days=1)
    assert not len(kv.BOARD)


def test_kv_fails(worker, kv):
    kv.BOARD.seed({"board:a": POSTS})
    kv.BOARD.fail("refused@2")
    assert worker.get("/boards/a").status == 500
    assert worker.get("/boards/a").json() == POSTS

"""Places, and who waits for one."""

import asyncio

import pytest

from kvstore.layers.invocation import Places

pytestmark = pytest.mark.anyio


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_take_while_there_is_room() -> None:
    places = Places(2)
    assert [places.take() for _ in range(3)] == [True, True, False]
    places.leave()
    assert places.take()


async def test_wait_is_served_in_order() -> None:
    places, served = Places(1), list[int]()

    async def wait(number: int) -> None:
        await places.wait()
        served.append(number)
        places.leave()

    assert places.take()
    tasks = [asyncio.create_task(wait(number)) for number in range(3)]
    await _settle()
    assert served == []
    places.leave()
    await asyncio.gather(*tasks)
    assert served == [0, 1, 2]
    assert places.take()


@pytest.mark.parametrize("turn_came", [False, True])
async def test_places_pass_to_the_next_when_a_waiting_caller_gives_up(turn_came: bool) -> None:
    places = Places(1)
    assert places.take()
    first, second = (asyncio.create_task(places.wait()) for _ in range(2))
    await _settle()
    if turn_came:
        places.leave()
        first.cancel()
    else:
        first.cancel()
        places.leave()
    await asyncio.wait([first, second], timeout=5)
    assert first.cancelled()
    assert second.done()
    assert not places.take()
    places.leave()
    assert places.take()

"""What was stored when."""

from harness.model.history import History
from kvstore import Entry, Event

OLD, NEW = Entry(b"old"), Entry(b"new", expiration=5)


def put(index: int, at: int, entry: Entry) -> Event:
    return Event(index, at, f"somebody.{index}", "put", "key", entry)


WRITES = [put(0, 1000, NEW), Event(1, 2000, "somebody.1", "delete", "key"), put(2, 2000, NEW)]


def test_at_shows_the_writes_of_the_same_millisecond() -> None:
    versions = History({"key": OLD}, WRITES)
    assert [versions.at("key", moment) for moment in (999, 1000, 1999, 2000)] == [OLD, NEW, NEW, NEW]
    assert versions.at("other", 1000) is None


def test_at_shows_nothing_that_has_expired() -> None:
    versions = History({"key": OLD}, WRITES)
    assert [versions.at("key", moment) for moment in (4999, 5000)] == [NEW, None]


def test_before_tells_writes_of_one_millisecond_apart() -> None:
    versions = History({"key": OLD}, WRITES)
    assert [versions.before(write) for write in WRITES] == [OLD, NEW, None]


def test_during_holds_everything_that_a_read_on_its_way_could_find() -> None:
    versions = History({"key": OLD}, WRITES)
    assert versions.during("key", 500, 900) == [OLD, OLD]
    assert versions.during("key", 500, 2000) == [OLD, NEW, None, NEW, NEW]
    assert versions.during("key", 1000, 1500) == [NEW, NEW]


def test_writes_are_found_by_key_and_by_request() -> None:
    versions = History({}, WRITES)
    assert versions.to("key") == WRITES
    assert versions.by("somebody.1") == WRITES[1:2]
    assert versions.to("nothing") == versions.by("nobody") == ()

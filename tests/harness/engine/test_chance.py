"""Chance by name: the same everywhere, and independent of everybody else's."""

from collections import Counter

from harness.engine.chance import Chance


def drawn(seed: int, name: str) -> list[int]:
    chance = Chance(seed, name)
    return [chance.number() for _ in range(3)]


def test_seed_and_name_say_it_all() -> None:
    assert drawn(1, "daemon-1") == drawn(1, "daemon-1")
    assert len({*drawn(1, "daemon-1"), *drawn(1, "daemon-2"), *drawn(2, "daemon-1")}) == 9


def test_numbers_are_those_of_every_version() -> None:
    # A line that a search has printed is worth something only as long as these stay.
    assert drawn(1, "daemon-1") == [1221308983700476698, 5069382872726800103, 11266858355990626414]


def test_draws_are_within_their_limits() -> None:
    chance = Chance(7)
    assert Counter(chance.below(3) for _ in range(300)).keys() == {0, 1, 2}
    assert Counter(chance.between(-1, 1) for _ in range(300)).keys() == {-1, 0, 1}
    assert [len(chance.token(size)) for size in (0, 1, 8, 9, 20)] == [0, 1, 8, 9, 20]


def test_a_chance_occurs_as_often_as_its_probability_says() -> None:
    chance = Chance(7)
    assert not any(chance.happens(0) for _ in range(100))
    assert all(chance.happens(1000) for _ in range(100))
    assert 250 < sum(chance.happens(300) for _ in range(1000)) < 350

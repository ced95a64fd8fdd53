"""JSON and times as Go reads and writes them."""

import pytest

from worker.codeq import DocumentError
from worker.codeq.documents import Fields, Moment, Struct, Task, decode, encode


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ('{"b":1,"a":2}', '{"a":2,"b":1}'),
        ('"<&>\u2028"', '"\\u003c\\u0026\\u003e\\u2028"'),
        ("1e2", "100"),
        ("1e-7", "1e-7"),
        ("-0.0", "-0"),
        ('"\\ud800x"', '"\ufffdx"'),
        ("[true,false,null] and more", "[true,false,null]"),
    ],
)
def test_json_is_written_as_go_writes_it(text: str, again: str) -> None:
    assert encode(decode(text)) == again


def test_json_keeps_the_order_of_a_struct() -> None:
    assert encode(Struct(b=1, a={"d": 1, "c": 2})) == '{"b":1,"a":{"c":2,"d":1}}'


@pytest.mark.parametrize("text", ["", "NaN", "1e999", "{", "'x'", "[" * 100_000])
def test_json_that_go_refuses_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        decode(text)


@pytest.mark.parametrize("value", ["1.0", "1e2", '"1"', "true", "9223372036854775808"])
def test_an_integer_field_takes_integers_only(value: str) -> None:
    with pytest.raises(DocumentError):
        Fields(decode(f'{{"n":{value}}}')).integer("n")


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("2026-11-21T22:34:43.496615938-03:00", "2026-11-21T22:34:43.496615938-03:00"),
        ("2026-11-21T22:34:43.500-03:00", "2026-11-21T22:34:43.5-03:00"),
        ("2026-11-21T22:34:43+00:00", "2026-11-21T22:34:43Z"),
        ("2026-11-21T22:34:43.1234567899Z", "2026-11-21T22:34:43.123456789Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("2024-02-29T23:59:59+05:30", "2024-02-29T23:59:59+05:30"),
    ],
)
def test_times_come_out_as_they_went_in(text: str, again: str) -> None:
    assert str(Moment.parse(text)) == again


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01 10:00:00",
        "2026-01-01T10:00:00",
        "2026-01-01T10:00:00-0300",
        "1767261600",
        "2026-02-30T10:00:00Z",
        "2026-01-01t10:00:00z",
        "2026-01-01T10:00:00,5Z",
        "2026-01-01T10:00:00+24:00",
    ],
)
def test_times_that_codeq_cannot_read_are_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        Moment.parse(text)


@pytest.mark.parametrize(
    "field", ['"payload":{}', '"priority":"1"', '"createdAt":""', '"createdAt":5', '"id":1', '"attempts":1.5']
)
def test_tasks_that_codeq_cannot_read_are_refused(field: str) -> None:
    with pytest.raises(DocumentError):
        Task.parse('{"id":"a",' + field + "}")


@pytest.mark.parametrize("text", ["", "[]", "{} x", "nonsense"])
def test_tasks_are_one_object(text: str) -> None:
    with pytest.raises(DocumentError):
        Task.parse(text)


def test_tasks_may_have_any_text_for_a_lease() -> None:
    assert Task.parse('{"leaseUntil":"whenever"}').lease_until == "whenever"

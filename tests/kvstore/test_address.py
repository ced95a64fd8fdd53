"""Addresses: the password is taken out, however it is written, and the rest still leads there."""

import pytest

from kvstore.text.address import Address, without_password, without_passwords

SECRET = "h u/n?t#e@r:2%"
CODED = "h%20u%2Fn%3Ft%23e%40r%3A2%25"


@pytest.mark.parametrize(
    ("text", "url", "user"),
    [
        (f"redis://ann:{CODED}@host:6379/0", "redis://ann@host:6379/0", "ann"),
        (f"redis://:{CODED}@host:6379/0", "redis://host:6379/0", ""),
        (
            f"rediss://:{CODED}@[::1]:6379/0?ssl_cert_reqs=none",
            "rediss://[::1]:6379/0?ssl_cert_reqs=none",
            "",
        ),
        (f"redis://host/?password={CODED}", "redis://host/", ""),
        (f"redis://host/1?a=b&%70assword={CODED}&c=d", "redis://host/1?a=b&c=d", ""),
        (f"unix:///run/redis.sock?db=2&PassWord={CODED}", "unix:///run/redis.sock?db=2", ""),
    ],
)
def test_a_password_is_apart_from_the_rest(text: str, url: str, user: str) -> None:
    address = Address.read(text)
    assert (address.url, address.user, *address.secrets.values()) == (url, user, SECRET)
    assert CODED not in repr(address)
    assert SECRET not in repr(address)
    assert without_password(f"--redis={text}") == f"--redis={url}"


@pytest.mark.parametrize(
    "text", ["", "redis://host:1/0", "redis://ann@host", "file.json", "http://[", "a b", "\t://"]
)
def test_an_address_without_a_password_stays_as_it_is(text: str) -> None:
    assert Address.read(text).url == text
    assert without_password(text) == text


def test_a_password_with_an_at_sign_is_one() -> None:
    assert Address.read("redis://:a@b@host").secrets == {"password": "a@b"}


@pytest.mark.parametrize(
    "login",
    [
        ":pa/hunter2@",
        ":123/hunter2@",
        ":pa?hunter2@",
        ":pa#hunter2@",
        ":[hunter2@",
        "a@b:hunter2/@",
        ":hunter2@h:x@/@",
    ],
)
def test_read_address_refuses_ambiguous_credentials_without_showing_them(login: str) -> None:
    text = f"redis://{login}host:6379/0"
    with pytest.raises(ValueError, match="cannot be told apart") as raised:
        Address.read(text)
    assert "hunter2" not in str(raised.value)
    assert without_password(text) == "redis://…"


@pytest.mark.parametrize(
    "said",
    [
        "redis://ann:hunter2@host/0",
        "'redis://hunter2@host/0'",
        "--from=redis://:hunter2@host/0",
        "redis:/:hunter2@host/0",
        "redis://:/hunter2@host",
        "redis://host?password=hunter2",
        "redis://host?p%61ssword=hunter2",
    ],
)
def test_a_text_that_quotes_an_address_shows_no_password(said: str) -> None:
    shown = without_passwords(f"no {said}: refused")
    assert "hunter2" not in shown
    assert shown.startswith("no ")
    assert shown.endswith("refused")


def test_other_texts_stay_as_they_are() -> None:
    text = "no 'a@b' in C:/x, see https://example.test/a?b=c#d"
    assert without_passwords(text) == text

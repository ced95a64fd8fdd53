"""URL and URLSearchParams."""

import js
import pytest
from pyodide.ffi import JsException, to_js


@pytest.mark.parametrize(
    ("text", "href"),
    [
        (
            "HTTPS://User:pw@Example.COM:443/a/./b/../c?q=ä#f g",
            "https://User:pw@example.com/a/c?q=%C3%A4#f%20g",
        ),
        ("http:\\\\e.com\\a", "http://e.com/a"),
        ("http://e.com:8080", "http://e.com:8080/"),
        (" http://e.com/a b\n", "http://e.com/a%20b"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://e.com/%7e/..", "http://e.com/"),
        ("mailto:a@b", "mailto:a@b"),
    ],
)
def test_url_is_normalised(text: str, href: str) -> None:
    assert js.URL.new(text).href == href


@pytest.mark.parametrize(
    "text", ["/rel", "", "http://", "http://a b/", "http://e.com:99999/", "http://e.com:x/"]
)
def test_url_refuses_invalid_input(text: str) -> None:
    assert not js.URL.canParse(text)
    with pytest.raises(JsException, match=r"^TypeError: Invalid URL string.$"):
        js.URL.new(text)


def test_url_is_resolved_against_a_base() -> None:
    assert js.URL.new("../c?d", "https://e.com/a/b/x").href == "https://e.com/a/c?d"


# What Node.js says, whose parser is the same.
OF_NODE = (
    ("http://0x7f.1/", "http://127.0.0.1/"),
    ("http://1.2.3/", "http://1.2.0.3/"),
    ("http://256.1.1.1/", None),
    ("http://[1:2::3]:80/", "http://[1:2::3]/"),
    ("http://[::ffff:1.2.3.4]/", "http://[::ffff:102:304]/"),
    ("http://EXAMPLE.com./", "http://example.com./"),
    ("http://e.com/%2e%2E/a", "http://e.com/a"),
    ("http://e.com/a|b`{}", "http://e.com/a|b%60%7B%7D"),
    ("http://e.com/?q='\"<>", "http://e.com/?q=%27%22%3C%3E"),
    ("http://e.com:0080/", "http://e.com/"),
    ("http:e.com", "http://e.com/"),
    ("http:///e.com/a", "http://e.com/a"),
    ("https://e.com\\@f.com/", "https://e.com/@f.com/"),
    ("http://faß.de/", "http://xn--fa-hia.de/"),
    ("http://e.com/\ud800", "http://e.com/%EF%BF%BD"),
    ("file:///C|/a/../b", "file:///C:/b"),
    ("data:text/plain,a b#c d", "data:text/plain,a b#c%20d"),
    ("http://a%41.com/", "http://aa.com/"),
    ("http://e.com:/", "http://e.com/"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("http://e.com/a\tb", "http://e.com/ab"),
    ("http://user@:80/", None),
    ("http://a_b.com/", "http://a_b.com/"),
    ("blob:https://a.com/b", "blob:https://a.com/b"),
)
RELATIVE_OF_NODE = (
    ("?x", "http://e.com/a?b#c", "http://e.com/a?x"),
    ("#x", "http://e.com/a?b#c", "http://e.com/a?b#x"),
    ("//f.com", "https://e.com/a", "https://f.com/"),
    ("", "http://e.com/a?b#c", "http://e.com/a?b"),
    ("..", "http://e.com", "http://e.com/"),
    ("g:h", "http://e.com/", "g:h"),
    ("x", "mailto:a@b", None),
)


@pytest.mark.parametrize(("text", "href"), OF_NODE)
def test_a_url_is_read_as_node_reads_it(text: str, href: str | None) -> None:
    assert js.URL.canParse(text) == (href is not None)
    assert href is None or js.URL.new(text).href == href


@pytest.mark.parametrize(("text", "base", "href"), RELATIVE_OF_NODE)
def test_a_url_is_resolved_as_node_resolves_it(text: str, base: str, href: str | None) -> None:
    assert js.URL.canParse(text, base) == (href is not None)
    assert href is None or js.URL.new(text, base).href == href


def test_setting_an_invalid_part_changes_nothing() -> None:
    url = js.URL.new("https://e.com/a")
    url.protocol, url.username, url.password, url.port, url.host = "http", "ü", "p w", "x", "f.org:99999"
    url.hash, url.search, url.hostname, url.port = "", "?a b", "a b", "8080abc"
    assert url.href == "http://%C3%BC:p%20w@f.org:8080/a?a%20b"


def test_parts_can_be_read_and_changed() -> None:
    url = js.URL.new("https://e.com/a?b=1")
    url.searchParams.append("c", "ü ~")
    url.pathname, url.hash, url.port, url.hostname = "x y", "h", 81, "f.org"
    assert url.href == "https://f.org:81/x%20y?b=1&c=%C3%BC+%7E#h"
    assert (url.origin, url.host, url.protocol, url.search) == (
        "https://f.org:81",
        "f.org:81",
        "https:",
        "?b=1&c=%C3%BC+%7E",
    )
    url.search = "z=2"
    assert url.searchParams.get("z") == "2"


def test_search_params_of_every_source() -> None:
    pairs = to_js([["a", "1"], ["b", "2"], ["a", "3"]])
    members = to_js({"a": 1}, dict_converter=js.Object.fromEntries)
    assert str(js.URLSearchParams.new("?a=1&b")) == "a=1&b="
    assert str(js.URLSearchParams.new(members)) == "a=1"
    params = js.URLSearchParams.new(pairs)
    assert params.getAll("a").to_py() == ["1", "3"]
    assert params.get("z").__class__.__name__ == "JsNull"
    params.set("a", "4")
    assert [(name, value) for name, value in params] == [("a", "4"), ("b", "2")]
    params.delete("b")
    assert (params.size, params.has("b"), list(params.keys())) == (1, False, ["a"])

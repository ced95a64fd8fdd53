"""The flags of ``dev``, on a Python Worker: what the Worker sees, what is printed, what is refused.

What is expected was seen with wrangler 4.86 on the same folder, unless a comment says otherwise.
"""

import json
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kvstore import ManualClock, SystemClock
from worker.config import WorkerConfig
from wrangler_compat.cli.arguments import read_arguments
from wrangler_compat.dev.certificate import find_certificate
from wrangler_compat.dev.flags import DEV
from wrangler_compat.dev.settings import read_settings
from wrangler_compat.main import main

from .dev import Dev, wrangler

pytestmark = pytest.mark.own_clock

ECHO = """\
import json
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.url.endswith("/page"):
            return Response("<h1>hello</h1>", headers={"content-type": "text/html; charset=utf-8"})
        seen = {"url": request.url, "host": request.headers.get("host"), "a": getattr(self.env, "A", None)}
        return Response(json.dumps(seen))

    async def scheduled(self, controller):
        pass
"""
CONFIG = """\
name = "echo"
main = "entry.py"
compatibility_date = "2025-01-01"
compatibility_flags = ["python_workers"]
"""


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    (tmp_path / "entry.py").write_text(ECHO)
    return tmp_path


@contextmanager
def running(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> Iterator[Dev]:
    dev = Dev(folder, "--port=0", *arguments, environ=environ)
    try:
        yield dev
    finally:
        if dev.process.poll() is None:
            dev.stop()


def seen(dev: Dev) -> dict[str, str]:
    answer = httpx.get(f"{dev.url}/x?y=1", trust_env=False, verify=False)
    assert "server" not in answer.headers
    assert "date" not in answer.headers
    return dict(json.loads(answer.text))


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        (["--host", "example.com"], "http://example.com/x?y=1"),
        (["--routes", "www.example.org/*", "other.example/*"], "http://www.example.org/x?y=1"),
        (["--route", "https://*.example.org/a/*", "--upstream-protocol=https"], "https://example.org/x?y=1"),
        (["--local-upstream", "up.example", "--host", "example.com"], "http://up.example/x?y=1"),
    ],
)
def test_host_and_protocol_are_what_the_flags_say(echo: Path, arguments: list[str], url: str) -> None:
    with running(echo, *arguments) as dev:
        assert seen(dev)["url"] == url
        assert seen(dev)["host"] == httpx.URL(url).host
        # The platform itself is still reached under the name of this machine.
        assert httpx.get(f"{dev.url}/cdn-cgi/handler/scheduled", trust_env=False).text == "ok"


def test_the_dev_section_of_the_configuration_counts_where_no_flag_is_given(echo: Path) -> None:
    section = '[dev]\nhost = "section.example"\nlocal_protocol = "https"\nupstream_protocol = "http"\n'
    (echo / "wrangler.toml").write_text(CONFIG + section)
    with running(echo) as dev:
        assert dev.url.startswith("https://localhost:")
        assert seen(dev)["url"] == "http://section.example/x?y=1"
    with running(echo, "--host=flag.example", "--local-protocol=http") as dev:
        assert dev.url.startswith("http://")
        assert seen(dev)["url"] == "http://flag.example/x?y=1"


def test_https_with_a_certificate_that_signs_itself_and_is_kept(echo: Path) -> None:
    with running(echo, "--local-protocol", "https") as dev:
        assert seen(dev)["url"] == f"{dev.url}/x?y=1"
    place = echo / ".wrangler" / "local-cert"
    assert stat.S_IMODE((place / "key.pem").stat().st_mode) == 0o600
    before = (place / "cert.pem").read_bytes()
    with running(echo, "--local-protocol", "https") as dev:
        trusting = ssl.create_default_context(cafile=str(place / "cert.pem"))
        assert httpx.get(dev.url, trust_env=False, verify=trusting).status_code == 200
    assert (place / "cert.pem").read_bytes() == before


def test_a_certificate_is_replaced_before_it_ends(tmp_path: Path) -> None:
    now = SystemClock().now_ms()
    days = 24 * 60 * 60 * 1000

    def made(after_days: int) -> bytes:
        clock = ManualClock(now + after_days * days)
        return find_certificate(
            read_arguments([], DEV), {}, tmp_path, tmp_path, clock
        ).certificate.read_bytes()

    first = made(0)
    assert made(28) == first
    assert made(30) != first


def test_a_certificate_of_ones_own(echo: Path) -> None:
    with running(echo, "--local-protocol", "https"):
        pass
    own = echo / "own"
    (echo / ".wrangler" / "local-cert").rename(own)
    paths = ("--https-key-path", "own/key.pem", "--https-cert-path", "own/cert.pem")
    with running(echo, "--local-protocol", "https", *paths) as dev:
        trusting = ssl.create_default_context(cafile=str(own / "cert.pem"))
        assert httpx.get(dev.url, trust_env=False, verify=trusting).status_code == 200
    assert not (echo / ".wrangler" / "local-cert").exists()
    by_name = {"WRANGLER_HTTPS_KEY_PATH": "own/key.pem", "WRANGLER_HTTPS_CERT_PATH": "own/cert.pem"}
    with running(echo, "--local-protocol", "https", environ=by_name) as dev:
        assert httpx.get(dev.url, trust_env=False, verify=trusting).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--https-key-path=k", "--local-protocol=https"],
            "Must specify both certificate path and key path to use a Custom Certificate.",
        ),
        (
            ["--https-key-path=nope.key", "--https-cert-path=c", "--local-protocol=https"],
            "Missing Custom Certificate Key at nope.key",
        ),
        (
            ["--https-key-path=entry.py", "--https-cert-path=nope.cert", "--local-protocol=https"],
            "Missing Custom Certificate File at nope.cert",
        ),
        (["--remote"], "dev --remote would run the Worker on Cloudflare's network"),  # ours
        (["--var", "A"], '--var takes KEY:VALUE, but got "A"'),  # ours: wrangler takes an empty value
        (["--define", ":x"], '--define takes KEY:VALUE, but got ":x"'),  # ours
        (["--inspector-port", "x"], "--inspector-port must be a whole number from 0 to 65535"),  # ours
        (["--port=65536"], "--port must be a whole number from 0 to 65535, but got 65536"),  # ours
        (
            ["--https-key-path=entry.py", "--https-cert-path=entry.py", "--local-protocol=https"],
            "cannot use the certificate",  # ours
        ),
    ],
)
def test_dev_refuses_impossible_flags(echo: Path, arguments: list[str], complaint: str) -> None:
    done = wrangler("dev", *arguments, cwd=echo)
    assert done.returncode == 1
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("flag", "choices"),
    [
        ("log-level", '"debug", "info", "log", "warn", "error", "none"'),
        ("local-protocol", '"http", "https"'),
        ("upstream-protocol", '"http", "https"'),
    ],
)
def test_a_value_that_is_no_choice_is_refused(
    flag: str, choices: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dev", f"--{flag}", "bogus"], {}) == 1
    expected = f'✘ [ERROR] Invalid values:\n\n    Argument: {flag}, Given: "bogus", Choices: {choices}\n'
    assert expected in capsys.readouterr().err


def test_several_values_may_follow_one_flag(echo: Path) -> None:
    with running(echo, "--var", "A:first", "B:x:y", "--var", "A:last") as dev:
        assert seen(dev)["a"] == "last"
    assert 'env.B ("(hidden)")' in "".join(dev.lines)


def test_env_files_are_merged_and_the_one_of_the_environment_is_last(echo: Path) -> None:
    (echo / "wrangler.toml").write_text(CONFIG + "[env.staging]\n")
    order = (".env", ".env.local", ".env.staging", ".env.staging.local")
    for place, name in enumerate(order):
        (echo / name).write_text(f"A={name}\n")
        with running(echo, "--env", "staging") as dev:
            assert seen(dev)["a"] == name
        assert [line.strip() for line in dev.lines if line.startswith("Using secrets")] == [
            f"Using secrets defined in {one}" for one in order[: place + 1]
        ]
    (echo / "other.env").write_text("A=named\n")
    with running(echo, "--env", "staging", "--env-file", "other.env") as dev:
        assert seen(dev)["a"] == "named"


def test_log_level_warn_hides_all_but_warnings(echo: Path) -> None:
    done = wrangler("dev", "--log-level=warn", "--tunnel", "nowhere.py", cwd=echo)
    assert done.stdout == ""
    assert "▲ [WARNING] --tunnel has no effect here" in done.stderr
    assert "nowhere.py" in done.stderr
    assert wrangler("dev", "--log-level=none", "nowhere.py", cwd=echo).stderr == ""


def test_flags_without_effect_say_so(echo: Path) -> None:
    flags = ["--latest", "--types", "--minify", "--define=A:1", "--inspector-port=1"]
    with running(echo, *flags) as dev:
        pass
    said = "".join(dev.lines)
    for name in ("latest", "types", "minify", "define", "inspector-port"):
        assert f"--{name} has no effect here: " in said


def test_assets_are_served_from_the_folder_that_is_named(echo: Path) -> None:
    (echo / "public").mkdir()
    (echo / "public" / "page.html").write_text("an asset")
    with running(echo, "--assets=public") as dev:
        assert httpx.get(f"{dev.url}/page", trust_env=False).text == "an asset"
    done = wrangler("dev", "--assets=nowhere", cwd=echo)
    assert done.returncode == 1
    assert "was not found" in done.stderr


def test_live_reload_adds_a_script_to_pages_and_tells_of_changes(echo: Path) -> None:
    with running(echo, "--live-reload") as dev, httpx.Client(base_url=dev.url, trust_env=False) as client:
        page = client.get("/page")
        assert page.text.startswith("<h1>hello</h1>\n<script>")
        assert '"/cdn-cgi/live-reload"' in page.text
        assert "script" not in client.get("/x").text
        assert client.head("/page").status_code == 200
        with client.stream("GET", "/cdn-cgi/live-reload", timeout=30) as events:
            lines = events.iter_lines()
            assert events.headers["content-type"] == "text/event-stream"
            assert next(lines) == ": waiting"
            (echo / "entry.py").write_text(ECHO.replace("hello", "changed"))
            assert next(line for line in lines if line) == "data: reload"
            assert client.get("/page").text.startswith("<h1>changed</h1>")
            assert dev.stop() == 0  # an open page does not keep the server


def test_dev_names_every_address_it_listens_on(echo: Path) -> None:
    with running(echo, "--ip", "0.0.0.0") as dev:
        line = dev.read_until("127.0.0.1")
    assert line.startswith("[wrangler:info] - http://127.0.0.1:")


def test_the_name_and_the_compatibility_may_be_given() -> None:
    given = ["--compatibility-flag", "a", "b", "--compatibility-date", "2024-01-01", "--inspector-ip", "*"]
    arguments = read_arguments(["dev", *given], DEV)
    assert arguments.flags["compatibility-flags"] == ["a", "b"]
    config = WorkerConfig(path=Path("wrangler.toml"), root=Path())
    settings = read_settings(arguments, config, Path())
    assert (settings.inspector_host, settings.inspector_port) == ("0.0.0.0", None)


def test_a_cron_trigger_that_nobody_fires_is_mentioned(echo: Path) -> None:
    (echo / "wrangler.toml").write_text(CONFIG + '[triggers]\ncrons = ["* * * * *"]\n')
    title = "▲ [WARNING] Scheduled Workers are not automatically triggered during local development."
    with running(echo) as dev:
        pass
    said = "".join(dev.lines)
    assert f'{title}\n\n  To manually trigger a scheduled event, run:\n    curl "{dev.url}/cdn-cgi/' in said
    with running(echo, "--test-scheduled") as dev:
        pass
    assert title not in "".join(dev.lines)

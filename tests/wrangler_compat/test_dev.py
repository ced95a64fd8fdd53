"""``wrangler-compat dev``, run as its user runs it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .dev import Dev, copy_notes, wrangler

pytestmark = pytest.mark.own_clock


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return copy_notes(tmp_path)


@pytest.fixture
def dev(notes: Path) -> Iterator[Dev]:
    running = Dev(notes, "--port", "0")
    yield running
    if running.process.poll() is None:
        running.stop()


def test_dev_serves_a_worker_and_its_keys_are_listed(dev: Dev, notes: Path) -> None:
    with httpx.Client(base_url=dev.url, trust_env=False) as client:
        assert client.put("/shopping", content="milk, 日本").text == "kept shopping"
        assert client.get("/shopping").text == "milk, 日本"
        assert client.get("/none").status_code == 404
        assert "shopping" in client.get("/").json()
        assert client.get("/cdn-cgi/handler/scheduled?time=1700000000000").text == "ok"
    assert dev.read_until("PUT").strip().startswith("[wrangler:info] PUT /shopping 201 Created (")
    dev.stop()  # and with it ends what the Worker does in the background
    listed = wrangler("kv", "key", "list", "--binding=NOTES", cwd=notes)
    assert [key["name"] for key in json.loads(listed.stdout)] == ["last", "shopping", "swept"]
    assert wrangler("kv", "key", "get", "shopping", "--binding=NOTES", cwd=notes).stdout == "milk, 日本"
    assert wrangler("kv", "key", "get", "swept", "--binding=NOTES", cwd=notes).stdout == "1700000000000"


def test_dev_sees_what_the_command_line_wrote(dev: Dev, notes: Path) -> None:
    wrangler("kv:key", "put", "--binding=NOTES", "from-cli", "hello", cwd=notes)
    assert httpx.get(f"{dev.url}/from-cli", trust_env=False).text == "hello"
    wrangler("kv:key", "delete", "--binding=NOTES", "from-cli", cwd=notes)
    assert httpx.get(f"{dev.url}/from-cli", trust_env=False).status_code == 404


def test_dev_stops_with_0_and_says_what_is_bound_where(dev: Dev, notes: Path) -> None:
    assert dev.stop() == 0
    said = "".join(dev.lines)
    assert "env.NOTES (7d1f0f6a2b5e4c0f9a3c1d2e3f405162)" in said
    assert f"0 keys in {notes}/.wrangler/state/v3/kv" in said


def test_dev_survives_an_exception_and_answers_500(notes: Path) -> None:
    (notes / "src" / "entry.py").write_text(
        "from workers import WorkerEntrypoint, Response\n"
        "class Default(WorkerEntrypoint):\n"
        "    async def fetch(self, request):\n"
        "        if request.url.endswith('/boom'):\n"
        "            raise ValueError('no such luck')\n"
        "        return Response('fine')\n"
    )
    dev = Dev(notes, "--port=0")
    broken = httpx.get(f"{dev.url}/boom", trust_env=False)
    assert broken.status_code == 500
    assert "ValueError: no such luck" in broken.text
    assert httpx.get(f"{dev.url}/", trust_env=False).text == "fine"
    dev.stop()
    assert any("[wrangler:error]" in line for line in dev.lines)


def test_dev_runs_the_older_on_fetch_where_the_date_or_a_flag_allows_it(notes: Path) -> None:
    (notes / "src" / "entry.py").write_text(
        "from js import Response\n"
        "async def on_fetch(request, env):\n"
        "    await env.NOTES.put('path', request.url)\n"
        "    return Response.new('old style')\n"
    )
    dev = Dev(notes, "--port=0", "--compatibility-date=2025-08-14")
    refused = httpx.get(dev.url, trust_env=False)
    dev.stop()
    assert (refused.status_code, refused.text.split("\n")[-2:]) == (
        500,
        ["pyodide.ffi.JsException: Error: Handler does not export a fetch() function.", ""],
    )
    assert any("This Worker answers nothing" in line for line in dev.lines)
    dev = Dev(notes, "--port=0", "--compatibility-date=2025-08-14", "--allow=functions")
    assert httpx.get(f"{dev.url}/x?y=1", trust_env=False).text == "old style"
    dev.stop()
    assert wrangler("kv", "key", "get", "path", "--binding=NOTES", cwd=notes).stdout == f"{dev.url}/x?y=1"


def test_dev_takes_secrets_from_dev_vars_and_hides_them(notes: Path) -> None:
    (notes / ".dev.vars").write_text('TOKEN="s3cret"\n')
    (notes / "src" / "entry.py").write_text(
        "from workers import WorkerEntrypoint, Response\n"
        "class Default(WorkerEntrypoint):\n"
        "    async def fetch(self, request):\n"
        "        return Response(self.env.TOKEN + self.env.EXTRA)\n"
    )
    dev = Dev(notes, "--port=0", "--var", "EXTRA:given")
    assert httpx.get(dev.url, trust_env=False).text == "s3cretgiven"
    dev.stop()
    assert "s3cret" not in "".join(dev.lines)


SAYS = """
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response({text})
"""


def test_dev_reloads_what_has_changed_and_keeps_the_last_good_worker(notes: Path) -> None:
    entry = notes / "src" / "entry.py"
    entry.write_text(SAYS.format(text="'first'"))
    dev = Dev(notes, "--port=0")
    assert httpx.get(dev.url, trust_env=False).text == "first"
    entry.write_text(SAYS.format(text="'the second'"))
    dev.read_until("Local server updated and ready")
    assert httpx.get(dev.url, trust_env=False).text == "the second"
    entry.write_text(SAYS.format(text="("))
    dev.read_until("The previous version of the Worker keeps running.")
    assert httpx.get(dev.url, trust_env=False).text == "the second"
    entry.write_text(SAYS.format(text="self.env.GREETING"))
    (notes / ".dev.vars").write_text("GREETING=good again")
    while httpx.get(dev.url, trust_env=False).text != "good again":
        dev.read_until("Local server updated and ready")
    assert dev.stop() == 0


BINDINGS = """
[[vectorize]]
binding = "FILES"
index_name = "files"
[vars]
YES = true
LIST = ["a", 1]
LONG = "{}"
"""


def test_dev_names_what_is_bound_and_what_is_not_emulated(notes: Path) -> None:
    with (notes / "wrangler.toml").open("a") as file:
        file.write(BINDINGS.format("x" * 100))
    dev = Dev(notes, "--port=0")
    for line in (
        "Not emulated: env.FILES (Vectorize Index). A Worker that asks for one gets an error.",
        "env.FILES ",
        "Vectorize Index, not emulated\n",
        "env.YES (true) ",
        'env.LIST (["a",1]) ',
        f'env.LONG ("{"x" * 37}...") ',
    ):
        assert line in "".join(dev.lines)
    dev.stop()


def test_dev_runs_the_scheduled_handler_for_a_test(notes: Path) -> None:
    dev = Dev(notes, "--port=0", "--test-scheduled")
    answer = httpx.get(f"{dev.url}/__scheduled?cron=*+*+*+*+*&time=5", trust_env=False)
    assert (answer.status_code, answer.text) == (200, "Ran scheduled event")
    dev.stop()
    assert wrangler("kv", "key", "get", "swept", "--binding=NOTES", cwd=notes).stdout == "5"


def test_dev_refuses_a_port_in_use(notes: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = wrangler("dev", "--port", str(port), cwd=notes)
    assert done.returncode == 1
    assert f"Address already in use (127.0.0.1:{port})." in done.stderr


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("this is no Python", "fails while it is imported: SyntaxError"),
        ("import nowhere", "fails while it is imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("x = 1", "defines no class Default and no on_fetch"),
    ],
)
def test_dev_says_why_a_worker_cannot_be_loaded_and_waits_for_the_repair(
    notes: Path, entry: str, complaint: str
) -> None:
    source = (notes / "src" / "entry.py").read_text()
    (notes / "src" / "entry.py").write_text(entry)
    dev = Dev(notes, "--port=0", ready="Waiting for a changed file")
    assert complaint in "".join(dev.lines)
    (notes / "src" / "entry.py").write_text(source)
    dev.read_until("Ready on ")
    dev.stop()


def test_dev_names_a_missing_entry_file(notes: Path) -> None:
    (notes / "src" / "entry.py").unlink()
    done = wrangler("dev", "--port=0", cwd=notes)
    assert done.returncode == 1
    assert 'src/entry.py" was not found' in done.stderr


def test_dev_without_a_configuration_says_what_it_looked_for(tmp_path: Path) -> None:
    done = wrangler("dev", cwd=tmp_path)
    assert done.returncode == 1
    assert "there is no wrangler.toml, wrangler.json or wrangler.jsonc" in done.stderr

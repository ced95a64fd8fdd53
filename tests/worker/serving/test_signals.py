"""How servers end: soon, whatever goes on, at once at the second signal, and with nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kvstore.clock import stopwatch
from tests.worker.serving.running import COMMANDS, NAMESPACE, Server, running

pytestmark = pytest.mark.own_clock

# As a shell starts a background job of a script.
DEAF = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "os.execv(sys.argv[1], sys.argv[1:])",
)
UPLOAD = f"PUT /k HTTP/1.1\r\nHost: localhost\r\nX-KV-Namespace: {NAMESPACE}\r\nContent-Length: 9\r\n\r\nx"


@pytest.fixture(params=COMMANDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with running(request.param, tmp_path, *DEAF) as server:
        yield server


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_right_after_ready_ends_a_server_that_was_started_deaf(
    server: Server, name: signal.Signals
) -> None:
    server.process.send_signal(name)
    assert server.process.wait(20) == 0


def test_a_stalled_upload_does_not_keep_a_server(server: Server) -> None:
    with closing(server.connect()) as connection:
        connection.sendall(UPLOAD.encode())
        server.ask(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        start = stopwatch()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert stopwatch() - start > 4  # a grace, then the end
    assert "Traceback" not in server.said


def test_the_second_signal_ends_a_server_at_once(server: Server) -> None:
    with closing(server.connect()) as connection:
        connection.sendall(UPLOAD.encode())
        server.ask(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(0.5)
        start = stopwatch()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 130
        assert stopwatch() - start < 3


def test_a_worker_that_never_comes_back_is_ended_by_the_second_signal(tmp_path: Path) -> None:
    with running("dev", tmp_path) as server:
        (tmp_path / "entry.py").write_text("while True:\n    pass\n")  # loaded again, and never done
        for _ in range(2):
            with pytest.raises(subprocess.TimeoutExpired):
                server.process.wait(2)
            server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 143


def test_a_service_of_codeq_ends_by_signal(tmp_path: Path) -> None:
    settings = tmp_path / "codeq.json"
    settings.write_text('{"port": 0}')
    program = [*DEAF, sys.executable, "-m", "worker.codeq", "issuer", "--config", str(settings)]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Ready on http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


IMPORTING = {name: ["wrangler_compat", *arguments] for name, arguments in COMMANDS.items()}


@pytest.mark.parametrize(
    "module", [*IMPORTING.values(), ["worker.codeq", "issuer"]], ids=[*IMPORTING, "codeq"]
)
def test_a_signal_ends_a_server_that_still_imports_without_a_word(tmp_path: Path, module: list[str]) -> None:
    slow = "import os, signal\nos.write(1, b'importing\\n')\nsignal.pause()\n"
    (tmp_path / "ssl.py").write_text(slow)  # which the program imports before it reads its arguments
    program = [*DEAF, sys.executable, "-m", *module]
    paths = f"{tmp_path}{os.pathsep}{Path(__file__).parents[3]}"
    environ = os.environ | {"PYTHONPATH": paths}
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ, cwd=tmp_path
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "importing\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert process.stdout.read() == ""
        finally:
            process.kill()

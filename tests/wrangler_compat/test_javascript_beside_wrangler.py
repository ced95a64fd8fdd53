"""Workers in JavaScript under our `dev` and the real `wrangler dev`: the same requests, the same answers."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.worker.workerd import installed

from .dev import Dev, wrangler

pytestmark = [pytest.mark.wrangler, pytest.mark.own_clock]

WORKERS = Path(__file__).parents[1] / "data" / "javascript"
# Of one connection, or of the day; and how the end of a body is told, which says nothing of it.
OF_THE_WAY = {"connection", "content-length", "date", "keep-alive", "transfer-encoding"}


class Real:
    """A running `wrangler dev`."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.log = folder.parent / "wrangler.log"
        environ = os.environ | {"WRANGLER_SEND_METRICS": "false", "CI": "1", "NO_COLOR": "1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(installed("wrangler")), "dev", "--port", "0", "--ip", "127.0.0.1", *flags],
                cwd=folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.url = self._ready()

    def _ready(self) -> str:
        end = time.monotonic() + 60
        while "Ready on " not in (said := self.log.read_text()):
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
        return said.partition("Ready on ")[2].split()[0]

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(20)


def ask(url: str, request: dict[str, Any]) -> list[Any]:
    if request["method"] == "WS":
        return talk(url.replace("http", "ws") + request["path"])
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.putrequest(request["method"], request["path"], skip_accept_encoding=True)
    for name, value in request.get("headers", {}).items():
        connection.putheader(name, value)
    if "chunks" in request:
        connection.putheader("transfer-encoding", "chunked")
        connection.endheaders((part.encode() for part in request["chunks"]), encode_chunked=True)
    elif "body" in request:
        body = request["body"].encode("latin-1")
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
    else:
        connection.endheaders()
    answer = connection.getresponse()
    headers = sorted((name.lower(), value) for name, value in answer.getheaders())
    kept = [pair for pair in headers if pair[0] not in OF_THE_WAY]
    body = answer.read().decode("latin-1")
    connection.close()
    return [answer.status, kept, body]


def talk(url: str) -> list[Any]:
    try:
        with connect(url, subprotocols=["chat", "other"], proxy=None) as socket:  # type: ignore[list-item]
            socket.send("hi")
            heard = [socket.subprotocol, socket.recv()]
            socket.send(b"\x00\xff")
            heard.append(socket.recv())
            socket.send("bye")
            with pytest.raises(ConnectionClosed):
                socket.recv()
            return [*heard, socket.close_code, socket.close_reason]
    except InvalidStatus as error:
        return [error.response.status_code, bytes(error.response.body or b"")]


@pytest.mark.parametrize("name", sorted(path.name for path in WORKERS.iterdir()))
def test_a_worker_answers_as_under_wrangler(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("workerd", "esbuild"):
        monkeypatch.setenv(f"{part.upper()}_BIN", str(installed("wrangler").parent / part))
    requests = json.loads((WORKERS / name / "requests.json").read_text())
    answers, keys = {}, {}
    for who in ("ours", "real"):
        folder = Path(shutil.copytree(WORKERS / name, tmp_path / who / "worker"))
        running = Dev(folder, "--port", "0") if who == "ours" else Real(folder)
        try:
            told = [ask(running.url, request) for request in requests]
        finally:
            running.stop()
        # Stacks name the folder that the Worker is in.
        answers[who] = json.loads(json.dumps(told, default=bytes.hex).replace(f"/{who}/", "/"))
        listed = wrangler("kv", "key", "list", "--binding=KV", cwd=folder)
        keys[who] = [] if listed.returncode else [key["name"] for key in json.loads(listed.stdout)]
    assert (answers["ours"], keys["ours"]) == (answers["real"], keys["real"])

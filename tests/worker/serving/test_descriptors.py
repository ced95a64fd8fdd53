"""More namespaces than a process may have files open."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.worker.serving.running import COMMANDS, Server, heard, running

pytestmark = pytest.mark.own_clock

NAMESPACES = [f"ns-{number}" for number in range(210)]
# 128 descriptors: a dozen databases, which take five each.
FEW = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh")


def ask(server: Server, method: str, namespace: str, body: str = "") -> str:
    head = f"{method} /k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-KV-Namespace: {namespace}\r\n"
    answer = server.ask(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()).decode()
    assert answer.startswith("HTTP/1.1 200 "), answer
    return answer.partition("\r\n\r\n")[2]


def test_hundreds_of_namespaces_are_served_with_few_descriptors(tmp_path: Path) -> None:
    with running("kv serve", tmp_path, *FEW) as server, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: ask(server, "PUT", name, f"old {name}"), NAMESPACES))
        # Some are opened again while others are written and read.
        list(pool.map(lambda name: ask(server, "PUT", name, name), NAMESPACES))
        got = pool.map(lambda name: ask(server, "GET", name), NAMESPACES)
        assert list(got) == NAMESPACES
        assert len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())) < 128
    with running("kv serve", tmp_path, *FEW) as server:  # which counts the keys of each before it is ready
        assert server.said.count(", 1 keys") == len(NAMESPACES)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_flood_of_idle_connections_is_cut_off_in_words(tmp_path: Path, command: str) -> None:
    with running(command, tmp_path, *FEW) as server:
        flood = [server.connect() for _ in range(300)]
        try:
            answers = [heard(one) for one in flood[-50:]]
        finally:
            for one in flood:
                one.close()
        assert answers == [b""] * 50
        asked = server.ask(b"GET /client/v4/user HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert asked.startswith(b"HTTP/1.1 200 ")
    assert "More than 32 connections are open: the newest was closed." in server.said
    assert "Traceback" not in server.said

"""Where the data lives: a real server, an embedded one, or either behaving as KVRocks 2.7."""

from worker.codeq.servers.client import RedisServer, connect
from worker.codeq.servers.kvrocks import Kvrocks27
from worker.codeq.servers.opening import PROFILES, embedded, open_server
from worker.codeq.servers.recording import Recording
from worker.codeq.servers.server import Argument, Command, Passing, Server, age, checked

__all__ = [
    "PROFILES",
    "Argument",
    "Command",
    "Kvrocks27",
    "Passing",
    "Recording",
    "RedisServer",
    "Server",
    "age",
    "checked",
    "connect",
    "embedded",
    "open_server",
]

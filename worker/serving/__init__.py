"""worker.serving: what every server here has in common.

server.py      a port, and an app behind it
protocol.py    how large a request's head may be, and how slow a client
bodies.py      how large a body may be, and answers that do not wait for its end
guard.py       who may ask
signals.py     how a server ends
by_header.py   two apps on one port
cloudflare_facts.py   ``request.cf``
close_codes.py the codes with which a WebSocket closes
"""

from worker.serving.bodies import BodyTooLarge, answer_unread, body_parts, read_body
from worker.serving.by_header import ByHeader
from worker.serving.close_codes import LOST, NO_CODE, code_of_a_frame
from worker.serving.cloudflare_facts import COLO, facts
from worker.serving.errors import AddressInUse, ServeError
from worker.serving.guard import LOCAL_HOSTS, Guard, Refusal, host_of, origin_host
from worker.serving.protocol import BoundedH11, Bounds
from worker.serving.server import Certificate, bind, serve
from worker.serving.signals import Interrupts

__all__ = [
    "COLO",
    "LOCAL_HOSTS",
    "LOST",
    "NO_CODE",
    "AddressInUse",
    "BodyTooLarge",
    "BoundedH11",
    "Bounds",
    "ByHeader",
    "Certificate",
    "Guard",
    "Interrupts",
    "Refusal",
    "ServeError",
    "answer_unread",
    "bind",
    "body_parts",
    "code_of_a_frame",
    "facts",
    "host_of",
    "origin_host",
    "read_body",
    "serve",
]

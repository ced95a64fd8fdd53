"""worker.serving: what every server here has in common.

server.py      a port, and one or two apps behind it
protocol.py    how large a request's head may be, and how slow a client
h11_protocol.py   the same, where status texts are written
bodies.py      how large a body may be, and answers that do not wait for its end
guard.py       who may ask
signals.py     how a server ends
cloudflare_facts.py   ``request.cf``
close_codes.py the codes with which a WebSocket closes
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)

"""Queues: messages from one Worker to another, delivered in batches.

message    one message, and its body as bytes         limits     what is refused, and its text
broker     the queues: what waits, what is next       outcome    what became of a batch
producer   the binding: ``env.<binding>.send``        batch      what a handler ``queue`` gets
bindings   the queues that a Python Worker sends to
wire       the binding's own HTTP, for a workerd      delivery   a batch and its outcome as JSON

Nothing is on disk: what waits is gone when the process ends. Behaviour is that of the local runtime of
wrangler 4.86 (measured), limits are those that are published.
"""

from worker.messaging.broker import Broker, Consumer
from worker.messaging.message import Message
from worker.messaging.outcome import Outcome

__all__ = ["Broker", "Consumer", "Message", "Outcome"]

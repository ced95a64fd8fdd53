"""The webhooks: where tasks come from.

routes        which channel a path belongs to          event            what a channel made of a payload
producer      an event becomes a task in the queue     classification   type, priority and hints of a task
signatures    HMAC checks                              slack, discord, …   one file per channel
"""

from taskqueue.webhooks.routes import respond

__all__ = ["respond"]

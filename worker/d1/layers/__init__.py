"""Layers around a D1 database: what production adds. Each is a Service around another one.

journal.py   what was asked, and what came of it
quotas.py    how many rows may be read and written a day
transit.py   the way there and back: time, faults, how much an invocation may ask
replica.py   one location's view of the primary, some time behind it
"""

from worker.d1.layers.journal import D1Event, D1Journal
from worker.d1.layers.quotas import D1Quotas
from worker.d1.layers.replica import Primary, Replica, only_reads
from worker.d1.layers.transit import D1Transit

__all__ = ["D1Event", "D1Journal", "D1Quotas", "D1Transit", "Primary", "Replica", "only_reads"]

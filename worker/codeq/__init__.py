"""The two queue services of the second migration, on the Redis protocol.

scheduler/    the legacy scheduler      service/   codeQ
keys.py       both layouts              store/     what both do alike
servers/      where the data lives      auth/      who may do what, and an issuer for rehearsals
documents/    what is stored and sent   web/       HTTP as both speak it

Names, which `__init__.pyi` has, are imported when they are first asked for: without the extra ``codeq``, its
program can still say so.
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)

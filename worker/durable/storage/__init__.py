"""An object's ``ctx.storage``, in SQLite.

storage      its methods             sync_kv, sql   ``storage.kv`` and ``storage.sql``
rows         what SQLite keeps       disk           where the databases are
"""

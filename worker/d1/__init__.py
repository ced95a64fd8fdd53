"""D1: SQLite behind the binding of a Worker.

binding.py    what a Worker calls                      service.py   what the binding asks
database.py   what answers, over sqlite.py             folder.py    the databases of wrangler's folder
wire.py       the HTTP of workerd's binding
sqlite.py     with authorizer.py, statements.py, texts.py and cost.py
"""

from worker.d1.binding import D1Database
from worker.d1.database import Database
from worker.d1.errors import DatabaseReset
from worker.d1.folder import DatabaseFolder, FolderDatabase, database_path
from worker.d1.limits import LIMITS, Limits
from worker.d1.service import Answer, Ask, Query, Service

__all__ = [
    "LIMITS",
    "Answer",
    "Ask",
    "D1Database",
    "Database",
    "DatabaseFolder",
    "DatabaseReset",
    "FolderDatabase",
    "Limits",
    "Query",
    "Service",
    "database_path",
]

"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.d1.binding import D1Database as D1Database
from worker.d1.database import Database as Database
from worker.d1.errors import DatabaseReset as DatabaseReset
from worker.d1.folder import DatabaseFolder as DatabaseFolder
from worker.d1.folder import FolderDatabase as FolderDatabase
from worker.d1.folder import database_path as database_path
from worker.d1.limits import LIMITS as LIMITS
from worker.d1.limits import Limits as Limits
from worker.d1.service import Answer as Answer
from worker.d1.service import Ask as Ask
from worker.d1.service import Query as Query
from worker.d1.service import Service as Service

"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.runtime.app import Access as Access
from worker.runtime.app import create_app as create_app
from worker.runtime.errors import LoadError as LoadError
from worker.runtime.errors import MissingEntryError as MissingEntryError
from worker.runtime.failures import users_traceback as users_traceback
from worker.runtime.http import MOST_BODY as MOST_BODY
from worker.runtime.lifespan import answer_lifespan as answer_lifespan
from worker.runtime.local import LocalNamespaces as LocalNamespaces
from worker.runtime.local import open_local as open_local
from worker.runtime.worker import Worker as Worker
from worker.runtime.worker import load_configured as load_configured
from worker.runtime.worker import load_worker as load_worker
from worker.sdk.surroundings import Platform as Platform
from worker.serving import AddressInUse as AddressInUse
from worker.serving import Certificate as Certificate
from worker.serving import ServeError as ServeError
from worker.serving import bind as bind
from worker.serving import serve as serve

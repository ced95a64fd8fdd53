"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.javascript.build_command import run_build as run_build
from worker.javascript.bundle import BuildError as BuildError
from worker.javascript.bundle import BuildOptions as BuildOptions
from worker.javascript.bundle import Built as Built
from worker.javascript.calls import WorkerInWorkerd as WorkerInWorkerd
from worker.javascript.calls import create_services_app as create_services_app
from worker.javascript.configuration import ASSETS_HEADER as ASSETS_HEADER
from worker.javascript.configuration import CF_HEADER as CF_HEADER
from worker.javascript.configuration import D1 as D1
from worker.javascript.configuration import DATE as DATE
from worker.javascript.configuration import SERVICE_HEADER as SERVICE_HEADER
from worker.javascript.configuration import USER_SERVICE as USER_SERVICE
from worker.javascript.configuration import VISIT_HEADER as VISIT_HEADER
from worker.javascript.configuration import Service as Service
from worker.javascript.configuration import d1_binding as d1_binding
from worker.javascript.configuration import kv_binding as kv_binding
from worker.javascript.configuration import literal as literal
from worker.javascript.configuration import variables as variables
from worker.javascript.configuration import write_entry as write_entry
from worker.javascript.forwarder import Forwarder as Forwarder
from worker.javascript.parts import MissingPartError as MissingPartError
from worker.javascript.parts import find_part as find_part
from worker.javascript.process import Workerd as Workerd
from worker.javascript.process import WorkerdError as WorkerdError
from worker.javascript.proxy import Proxy as Proxy
from worker.javascript.source_map import SourceMap as SourceMap

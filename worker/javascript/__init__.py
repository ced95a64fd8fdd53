"""worker.javascript: runs a JavaScript or TypeScript Worker in the real workerd, its KV bound to ours."""

from worker.javascript.build_command import run_build
from worker.javascript.bundle import BuildError, BuildOptions, Built, bundle
from worker.javascript.configuration import (
    ASSETS_HEADER,
    CF_HEADER,
    D1,
    DATE,
    USER_SERVICE,
    VISIT_HEADER,
    Service,
    configuration,
    d1_binding,
    kv_binding,
    literal,
    variables,
    write_entry,
)
from worker.javascript.forwarder import Forwarder
from worker.javascript.parts import MissingPartError, find_part
from worker.javascript.process import Workerd, WorkerdError
from worker.javascript.proxy import Proxy
from worker.javascript.source_map import SourceMap

__all__ = [
    "ASSETS_HEADER",
    "CF_HEADER",
    "D1",
    "DATE",
    "USER_SERVICE",
    "VISIT_HEADER",
    "BuildError",
    "BuildOptions",
    "Built",
    "Forwarder",
    "MissingPartError",
    "Proxy",
    "Service",
    "SourceMap",
    "Workerd",
    "WorkerdError",
    "bundle",
    "configuration",
    "d1_binding",
    "find_part",
    "kv_binding",
    "literal",
    "run_build",
    "variables",
    "write_entry",
]

from typing import Any

from worker.sdk.ffi.crossing import JsNull as JsNull
from worker.sdk.ffi.crossing import jsnull as jsnull
from worker.sdk.ffi.errors import ConversionError as ConversionError
from worker.sdk.ffi.errors import JsException as JsException
from worker.sdk.ffi.jsproxy import JsProxy as JsProxy
from worker.sdk.ffi.kinds import create_proxy as create_proxy
from worker.sdk.ffi.kinds import destroy_proxies as destroy_proxies
from worker.sdk.ffi.to_js import to_js as to_js

def __getattr__(name: str) -> Any: ...

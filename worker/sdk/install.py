"""Makes the emulated modules importable under the names that a Worker uses."""

import sys
from types import ModuleType
from typing import Any, Final

import worker.sdk
from worker.sdk import rpc, workflows
from worker.sdk.binding import _BindingWrapper
from worker.sdk.env import _EnvWrapper
from worker.sdk.ffi import crossing, errors, http, jsproxy, kinds, run_sync, to_js
from worker.sdk.gateways import asgi, gateway, wsgi
from worker.sdk.http.fetch import pyfetch
from worker.sdk.js import javascript_globals

PYODIDE_VERSION: Final = "0.28.2"
_MARK: Final = "__understudy__"
# Where the SDK defines what `workers` exports.
_PARTS: Final = {
    "blob": ("Blob", "BlobEnding", "BlobValue", "File"),
    "entrypoints": ("DurableObject", "WorkerEntrypoint", "WorkflowEntrypoint", "handler"),
    "formdata": ("FormData", "FormDataValue"),
    "request": ("Request",),
    "response": ("FetchResponse", "Response"),
    "types": ("Body", "Context", "FetchKwargs", "Headers", "JSBody", "RequestInitCfProperties"),
    "utils": ("import_from_javascript", "patch_env"),
}


def install() -> None:
    """Put ``workers``, ``asgi``, ``js`` and ``pyodide`` with their submodules into sys.modules.

    Called by whoever is about to load a Worker. Calling it again changes nothing.
    """
    if hasattr(sys.modules.get("workers"), _MARK):
        return
    for name, module in {**_workers_modules(), **_pyodide_modules()}.items():
        sys.modules[name] = module
        parent, _, own_name = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own_name, module)


def _module(name: str, members: dict[str, Any]) -> ModuleType:
    module = ModuleType(name, f"Emulation of ``{name}`` as Cloudflare's Python Workers have it.")
    vars(module).update(members)
    vars(module).update({_MARK: True, "__path__": []})
    return module


def _workers_modules() -> dict[str, ModuleType]:
    names = worker.sdk.__all__
    public = {name: getattr(worker.sdk, name) for name in names} | {"__all__": list(names)}
    converters = {name: getattr(rpc, name) for name in ("JsDict", "python_from_rpc", "python_to_rpc")}
    wrappers = {"_BindingWrapper": _BindingWrapper, "_EnvWrapper": _EnvWrapper}
    parts = {part: {name: public[name] for name in names} for part, names in _PARTS.items()}
    return {
        "workers": _module("workers", public),
        "workers.asgi": asgi,
        "workers.wsgi": wsgi,
        "workers.gateway": gateway,
        "workers.workflows": workflows,
        "workers.rpc": _module("workers.rpc", converters | wrappers),
        **{f"workers.{part}": _module(f"workers.{part}", members) for part, members in parts.items()},
        "asgi": asgi,
        "js": _module("js", javascript_globals()),
    }


def _pyodide_modules() -> dict[str, ModuleType]:
    ffi = {
        "ConversionError": errors.ConversionError,
        "JsArray": kinds.JsArray,
        "JsAsyncIterable": kinds.JsAsyncIterable,
        "JsBuffer": kinds.JsBuffer,
        "JsCallable": jsproxy.JsFunction,
        "JsDoubleProxy": kinds.JsDoubleProxy,
        "JsException": errors.JsException,
        "JsIterable": kinds.JsIterable,
        "JsIterator": kinds.JsIterator,
        "JsMap": kinds.JsMapping,
        "JsNull": crossing.JsNull,
        "JsProxy": jsproxy.JsProxy,
        "JsTypedArray": kinds.JsTypedArray,
        "can_run_sync": run_sync.can_run_sync,
        "create_once_callable": kinds.create_proxy,
        "create_proxy": kinds.create_proxy,
        "destroy_proxies": kinds.destroy_proxies,
        "jsnull": crossing.jsnull,
        "run_sync": run_sync.run_sync,
        "to_js": to_js.to_js,
    }
    web = {
        "AbortError": errors.AbortError,
        "BodyUsedError": errors.BodyUsedError,
        "FetchResponse": http.FetchResponse,
        "HttpStatusError": errors.HttpStatusError,
        "pyfetch": pyfetch,
    }
    return {
        "pyodide": _module("pyodide", {"__version__": PYODIDE_VERSION}),
        "pyodide.ffi": _module("pyodide.ffi", ffi),
        "pyodide.http": _module("pyodide.http", web),
    }

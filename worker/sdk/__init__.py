"""Cloudflare's ``workers`` module for CPython: what a Python Worker imports.

The names below are exactly those of Cloudflare's module. `worker.sdk.install.install` makes them importable
under the name ``workers``, together with ``js``, ``pyodide`` and ``asgi``; nothing happens on import.

    http                                                  requests, responses and fetch, as the SDK wraps them
    entrypoint, env, binding, context, rpc, durable       how a Worker is run and reaches its bindings
    gateways, workflows, types                            the other modules of Cloudflare's package
    ffi, web                                              what lies below: Pyodide's border, workerd's objects
"""

from worker.sdk.context import wait_until, waitUntil
from worker.sdk.entrypoint import DurableObject, WorkerEntrypoint, WorkflowEntrypoint, handler
from worker.sdk.env import env, import_from_javascript, patch_env
from worker.sdk.http.blob import Blob, BlobEnding, File
from worker.sdk.http.fetch import fetch
from worker.sdk.http.form_data import FormData
from worker.sdk.http.request import Request
from worker.sdk.http.response import FetchResponse, Response
from worker.sdk.rpc import python_from_rpc, python_to_rpc
from worker.sdk.types import (
    BlobValue,
    Body,
    Context,
    FetchKwargs,
    FormDataValue,
    Headers,
    JSBody,
    RequestInitCfProperties,
)

__all__ = [
    "Blob",
    "BlobEnding",
    "BlobValue",
    "Body",
    "Context",
    "DurableObject",
    "FetchKwargs",
    "FetchResponse",
    "File",
    "FormData",
    "FormDataValue",
    "Headers",
    "JSBody",
    "Request",
    "RequestInitCfProperties",
    "Response",
    "WorkerEntrypoint",
    "WorkflowEntrypoint",
    "env",
    "fetch",
    "handler",
    "import_from_javascript",
    "patch_env",
    "python_from_rpc",
    "python_to_rpc",
    "waitUntil",
    "wait_until",
]

"""What `pyodide` is to a Worker: JavaScript values seen from Python, and Python values sent there.

    errors      JsException and the errors of pyodide.http
    jsobject    base of every JavaScript object that is more than data
    crossing    how a single value crosses the border, and JavaScript's null as Python sees it
    iteration   what JavaScript iterates
    jsproxy     JsProxy and JsFunction: objects and functions of JavaScript
    kinds       proxies that are also sequences, mappings, buffers, functions …
    to_js       deep conversion towards JavaScript     to_py   and back
    array, collections, buffer, date, stream, plain    the built-in JavaScript classes
    http        pyodide.http

Knows nothing of Workers, requests or responses: those are in worker.sdk.web.
"""

from worker.sdk.ffi import array, buffer, collections, date, kinds, plain, stream

__all__ = ["array", "buffer", "collections", "date", "kinds", "plain", "stream"]  # they register themselves

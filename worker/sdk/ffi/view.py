"""Which built-in JavaScript class a value of the value model belongs to."""

from datetime import datetime
from typing import Any

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import ArrayBuffer, JsMap
from worker.sdk.ffi.array import Array
from worker.sdk.ffi.buffer import ArrayBufferView, TypedArray, Uint8Array
from worker.sdk.ffi.collections import Map, Set
from worker.sdk.ffi.date import Date
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.ffi.plain import Function, Object
from worker.sdk.ffi.stream import Stream


def view_of(target: Any) -> JsObject:
    """An object with the properties that ``target`` has in JavaScript; its type is the constructor."""
    if isinstance(target, JsObject):
        return target
    if isinstance(target, JsMap):
        return Map(target)
    if isinstance(target, dict):
        return Object(target)
    if isinstance(target, list | tuple):
        return Array(target)
    if isinstance(target, set | frozenset):
        return Set(target)
    if isinstance(target, ArrayBuffer):
        return ArrayBufferView(target)
    if isinstance(target, bytes | bytearray):
        return Uint8Array(target)
    if isinstance(target, memoryview) or type(target).__module__ == "array":
        return TypedArray(target) if memoryview(target).format != "B" else Uint8Array(target)
    if isinstance(target, datetime):
        return Date(target)
    if isinstance(target, ReadableStream):
        return Stream(target)
    return Function(target)

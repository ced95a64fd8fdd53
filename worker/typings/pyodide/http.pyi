from worker.sdk.ffi.errors import AbortError as AbortError
from worker.sdk.ffi.errors import BodyUsedError as BodyUsedError
from worker.sdk.ffi.errors import HttpStatusError as HttpStatusError
from worker.sdk.ffi.http import FetchResponse as FetchResponse
from worker.sdk.http.fetch import pyfetch as pyfetch

"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.kvwire.app import create_kv_app as create_kv_app
from worker.kvwire.operations import NAMESPACE_HEADER as NAMESPACE_HEADER
from worker.kvwire.operations import Asked as Asked
from worker.kvwire.operations import Reply as Reply
from worker.kvwire.operations import answer as answer
from worker.kvwire.operations import failed as failed
from worker.kvwire.operations import refused as refused
from worker.kvwire.state_folder import StateFolder as StateFolder
from worker.kvwire.status_text import StatusTextProtocol as StatusTextProtocol

"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.serving.bodies import BodyTooLarge as BodyTooLarge
from worker.serving.bodies import answer_unread as answer_unread
from worker.serving.bodies import body_parts as body_parts
from worker.serving.bodies import read_body as read_body
from worker.serving.close_codes import LOST as LOST
from worker.serving.close_codes import NO_CODE as NO_CODE
from worker.serving.close_codes import code_of_a_frame as code_of_a_frame
from worker.serving.cloudflare_facts import COLO as COLO
from worker.serving.cloudflare_facts import facts as facts
from worker.serving.errors import AddressInUse as AddressInUse
from worker.serving.errors import ServeError as ServeError
from worker.serving.guard import LOCAL_HOSTS as LOCAL_HOSTS
from worker.serving.guard import Guard as Guard
from worker.serving.guard import Refusal as Refusal
from worker.serving.guard import host_of as host_of
from worker.serving.guard import origin_host as origin_host
from worker.serving.h11_protocol import BoundedH11 as BoundedH11
from worker.serving.protocol import Bounds as Bounds
from worker.serving.server import ByHeader as ByHeader
from worker.serving.server import Certificate as Certificate
from worker.serving.server import bind as bind
from worker.serving.server import serve as serve
from worker.serving.signals import Interrupts as Interrupts

"""The public names of the two services. They need the packages of the extra ``codeq``."""

from worker.codeq.auth.issuer import Issuer as Issuer
from worker.codeq.errors import CodeqError as CodeqError
from worker.codeq.errors import DocumentError as DocumentError
from worker.codeq.errors import Refusal as Refusal
from worker.codeq.errors import ServerError as ServerError
from worker.codeq.errors import SettingsError as SettingsError
from worker.codeq.keys import CodeqKeys as CodeqKeys
from worker.codeq.keys import LegacyKeys as LegacyKeys
from worker.codeq.scheduler.app import create_scheduler as create_scheduler
from worker.codeq.servers.client import RedisServer as RedisServer
from worker.codeq.servers.client import connect as connect
from worker.codeq.servers.kvrocks import Kvrocks27 as Kvrocks27
from worker.codeq.servers.opening import PROFILES as PROFILES
from worker.codeq.servers.opening import embedded as embedded
from worker.codeq.servers.opening import open_server as open_server
from worker.codeq.servers.recording import Recording as Recording
from worker.codeq.servers.server import Passing as Passing
from worker.codeq.servers.server import Server as Server
from worker.codeq.servers.server import age as age
from worker.codeq.service.app import create_codeq as create_codeq
from worker.codeq.service.claim_script import CLAIM_SHA as CLAIM_SHA
from worker.codeq.service.claim_script import MOVE_SCRIPT as MOVE_SCRIPT
from worker.codeq.service.claim_script import ClaimScriptLoaded as ClaimScriptLoaded
from worker.codeq.settings import Settings as Settings

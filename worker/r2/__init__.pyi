"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.r2.binding import R2Bucket as R2Bucket
from worker.r2.bucket import Answer as Answer
from worker.r2.bucket import Bucket as Bucket
from worker.r2.bucket import Service as Service
from worker.r2.bucket import database_path as database_path
from worker.r2.errors import R2Error as R2Error
from worker.r2.folder import BucketFolder as BucketFolder

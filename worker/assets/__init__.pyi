"""The public names: type checkers read them here, and so does `__init__.py`, which imports one when asked."""

from worker.assets.answers import Assets as Assets
from worker.assets.binding import AssetsFetcher as AssetsFetcher
from worker.assets.routing import AssetsFirst as AssetsFirst
from worker.assets.routing import create_assets_app as create_assets_app

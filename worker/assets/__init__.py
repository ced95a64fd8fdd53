"""Static assets of a Worker: the files of a folder, in front of its code and as a binding.

folder.py    the files, and which of them a path means
answers.py   what a request for one is answered
routing.py   whether the Worker or the folder is asked first
binding.py   `env.ASSETS`
"""

from worker.assets.answers import Assets
from worker.assets.binding import AssetsFetcher
from worker.assets.routing import AssetsFirst, create_assets_app

__all__ = ["Assets", "AssetsFetcher", "AssetsFirst", "create_assets_app"]

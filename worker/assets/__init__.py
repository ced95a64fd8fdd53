"""Static assets of a Worker: the files of a folder, in front of its code and as a binding.

folder.py    the files, and which of them a path means
answers.py   what a request for one is answered
routing.py   whether the Worker or the folder is asked first
binding.py   `env.ASSETS`
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)

"""D1: SQLite behind the binding of a Worker.

binding.py    what a Worker calls                      service.py   what the binding asks
database.py   what answers, over sqlite.py             folder.py    the databases of wrangler's folder
wire.py       the HTTP of workerd's binding
sqlite.py     with authorizer.py, statements.py, texts.py and cost.py
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)

"""D1: SQLite behind the binding of a Worker.

    binding.py      what a Worker calls          service.py    what the binding asks
    database.py     what answers                 sqlite.py, authorizer.py, statements.py, texts.py
"""

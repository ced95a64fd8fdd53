"""The fields of a configuration, and what is checked of each.

scope.py     the level that is read            fields.py   every field, in wrangler's order
checks.py    checks of single values           tables.py   what checks of tables are made from
bindings.py  what binds something, and names   durable_objects.py, d1_databases.py   two of them
products.py, sections.py   the tables of all other products
"""

"""worker: everything that answers HTTP.

config   reads wrangler configuration          runtime   loads a Worker and serves it
sdk      the ``workers`` module of a Worker    queue     the Worker of the queue migration guide
"""

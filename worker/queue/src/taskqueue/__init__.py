"""A queue of tasks with leases, kept in one Workers KV namespace.

router        which part answers a request           requests      who may call, bodies, answers
api           /api/queue and /api/result          webhooks      /webhook/*: where tasks come from
formats       the key layouts of the queue        migration     /api/migrate: from the one to the other
settings      the variables                       bulk, listing many keys at once, and what only listings show
"""

"""The migration that loses nothing, in steps that fit into any budget, and the way back.

routes      the endpoints                      settings are read in taskqueue.settings
run         one step forward                   rollback    one step back, or a dry run
status      what there is of either format     deletion    the guide's rollback, after a dry run
mover       what both directions do            route       from where to where
copying     one batch of copies                verifying   one batch verified, its originals deleted
inventory   what is left to move               journal     which copies wait for their verification
pending     the pending list, at the end       results     which tasks are completed
body        one value, byte for byte           meter       KV operations counted before they are done
report      what a step answers
"""

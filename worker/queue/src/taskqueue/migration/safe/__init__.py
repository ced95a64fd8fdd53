"""The migration that loses nothing, in steps that fit into any budget, and the way back.

run         one step forward                   rollback   one step back, or a dry run
mover       what both do: inventory, copy, verify, delete; and the route that says from where to where
copying     one batch of copies                verifying  one batch verified, its originals deleted
inventory   what is left to move               journal    which copies wait for their verification
pending     the pending list, at the end       quarantine bodies that are no JSON
meter       KV operations counted before they are done
report      what a step answers                status     what there is of either format
"""

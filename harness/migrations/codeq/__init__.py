"""The second migration: a legacy scheduler's keyspace becomes codeQ's.

pieces.py, backup.py      a keyspace read in pieces, and its file    fingerprint.py    that nobody writes
preflight.py, ledger.py   what is there, and what forbids it         snapshot.py, legacy_state.py   in memory
plan.py, capability.py    what would be done, and what can be        tiers.py          priorities
migrator.py, moving.py    Option B, journalled in journal.py         drain.py          Option A
stragglers.py             what came too late                         conversion.py     list to set, live
rollback.py, reverse.py   back again; account.py: what is lost       drills/           the hazards
checklist/                the guide's verification                   acceptance.py     at a deployed.py codeQ
rehearsal.py              all of it on a copy
"""

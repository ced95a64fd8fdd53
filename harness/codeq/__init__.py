"""The second migration: a legacy scheduler's keyspace becomes codeQ's.

snapshot.py, backup.py       a keyspace read whole, and its file     legacy_state.py   its nouns and defects
preflight.py, plan.py        what would be done, and what forbids it capability.py     what the server can do
migrator.py, moving.py       Option B, journalled in journal.py      drain.py          Option A
rollback.py, reverse.py      back again                              conversion.py     list to set, live
checklist/                   the guide's verification, V1 to V12     rehearsal.py      all of it on a copy
"""

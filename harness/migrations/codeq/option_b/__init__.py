"""The keyspace becomes codeQ's in place: what is there, the way there, the way back, and what came late"""

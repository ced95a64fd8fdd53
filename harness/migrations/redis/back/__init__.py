"""The way back: from the backup, or by the mapping backwards"""

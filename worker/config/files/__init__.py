"""The files of a configuration: which one belongs to a folder, and what is in it.

find.py   which file      document.py, jsonc.py, toml.py   what is in it      dotenv.py   secrets files
"""

"""Checks a Worker's code before anything runs: what loses data or meets a limit, by file and line"""

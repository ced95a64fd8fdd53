"""The plan file: what a user declares, read and checked"""

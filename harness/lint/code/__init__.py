"""A Worker's code, gone through without running it: what it would ask of KV, in which order, with what"""

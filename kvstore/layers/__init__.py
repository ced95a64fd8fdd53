"""Layers around a store: locations, faults, quotas, journals."""

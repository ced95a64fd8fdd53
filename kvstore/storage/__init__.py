"""The storage layer: what every way in goes through, the binding, the wire and the REST API."""

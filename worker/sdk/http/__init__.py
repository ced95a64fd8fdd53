"""HTTP as Cloudflare's SDK wraps it for Python: requests, responses, what their bodies hold, and fetch."""

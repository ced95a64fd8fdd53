"""The HTTP message of the Fetch standard: headers, bodies, requests, responses, and requests that leave."""

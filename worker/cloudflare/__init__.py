"""The Cloudflare API, as far as Workers KV needs it.

    credentials.py   who asks           client.py   how it is asked, and asked again
    envelope.py      what is answered   pages.py    answers in several parts
    account.py       whose account      namespaces.py, values.py   the endpoints
    entries.py       whole entries      errors.py   why not

The other side of this API, for local namespaces, is worker.rest. Nothing here is imported before a command
needs the network: httpx takes longer to import than a local command takes to run.
"""

"""``d1``: the local databases of wrangler's state folder, inspected and migrated as wrangler does it."""

"""``python -m wrangler_compat`` is the program ``wrangler-compat``."""

import sys

from wrangler_compat.program import main

sys.exit(main())

"""``python -m harness`` is the program ``rehearse``."""

import sys

from harness.program import main

sys.exit(main())

"""``python -m harness`` is the program ``rehearse``."""

import sys

from harness.cli.program import main

sys.exit(main())

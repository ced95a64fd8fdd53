"""``python -m harness`` is the program ``rehearse``."""

import sys

from harness.cli import main

sys.exit(main())

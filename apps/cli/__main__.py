"""``python -m apps.cli`` is ``lab``."""

import sys

from apps.cli import main

sys.exit(main())

"""`python -m fixlip_widget` is the command `fixlip-widget`."""

import sys

from fixlip_widget.cli import main

sys.exit(main())

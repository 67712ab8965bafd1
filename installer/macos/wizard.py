"""Where the bundle's program for people begins."""

import sys

from enroller.cli.main import wizard_main

if __name__ == "__main__":
    sys.exit(wizard_main())

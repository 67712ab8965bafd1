"""`python -m enroller` is the command `enroller`."""

import sys

from enroller.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

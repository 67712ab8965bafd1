"""Runs before everything else in the frozen program."""

import os

# The program that starts us names our own libraries to the system's loader in this variable. The loader has read it by
# now, and no program that we open (a browser, a file manager) may be given our libraries for its own.
_before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
os.environ.pop("LD_LIBRARY_PATH", None)
if _before:
    os.environ["LD_LIBRARY_PATH"] = _before

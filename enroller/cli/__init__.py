"""The command line: the same engine for people and scripts without a screen."""

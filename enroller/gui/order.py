"""The pages in their order."""

from enum import IntEnum


class PageId(IntEnum):
    """The id of each page in the wizard, and its place in the stepper."""

    START = 0
    SERVER = 1
    IDENTITY = 2
    KEY = 3
    REVIEW = 4
    APPROVAL = 5
    DONE = 6

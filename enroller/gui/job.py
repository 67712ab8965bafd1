"""Work that the engine's thread does for the window."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enroller.steps import Command


class Job:
    """Work under way. `abandon` drops whatever comes back from now on; the work itself goes on to its end."""

    def __init__(self) -> None:
        from queue import SimpleQueue

        self.inbox: SimpleQueue[Command] = SimpleQueue()
        self.abandoned = False

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self.abandoned = True

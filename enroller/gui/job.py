"""Work that the engine's thread does for the window."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enroller.steps import Command


class Job:
    """Work under way. `abandon` drops whatever comes back from now on; the work itself goes on to its end.

    `settled` is called at that end where the work was abandoned: what is stored has its last form then.
    """

    def __init__(self) -> None:
        from queue import SimpleQueue

        self.inbox: SimpleQueue[Command] = SimpleQueue()
        self.abandoned = False
        self.settled: Callable[[], None] | None = None

    def abandon(self, settled: Callable[[], None] | None = None) -> None:
        """Nobody waits for it any more."""
        self.abandoned = True
        self.settled = settled

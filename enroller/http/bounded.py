"""What the system may take for ever over, with a limit."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def bounded(work: Callable[[], T], seconds: float) -> T:
    """What `work` gives or raises. Raises TimeoutError after `seconds`; `work` is then left to itself.

    A name server that is silent, or a proxy script from a server that hangs, cannot be interrupted: only left behind.
    """
    given: list[T] = []
    raised: list[BaseException] = []
    ended = threading.Event()

    def run() -> None:
        try:
            given.append(work())
        except BaseException as error:
            raised.append(error)  # raised again where it is waited for
        ended.set()

    threading.Thread(target=run, name="bounded", daemon=True).start()
    if not ended.wait(max(seconds, 0.0)):
        raise TimeoutError
    if raised:
        raise raised[0]
    return given[0]

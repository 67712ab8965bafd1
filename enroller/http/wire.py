"""A connection of ours as httpcore, which httpx stands on, knows them: so HTTP itself is theirs."""

from typing import Any

import httpcore

from enroller.http.stream import Stream


class Wire(httpcore.NetworkStream):
    """`until`: when all of it must be done, by `time.monotonic`; it takes the place of a timeout for each step.

    What the stream raises (OSError, TimeoutError) is raised as it is.
    """

    def __init__(self, stream: Stream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.receive(self._until)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._stream.send(buffer, self._until)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return None

"""What is held against everything that strangers may give us; the tests and `run.py` let Hypothesis look for more."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from enroller.push import wire
from tests.fakes import WALL, answer
from tests.fuzz import connections, hostile, presets, stores
from tests.fuzz.situations import Situation, all_situations
from tests.fuzz.talking import judge

SEEN: Counter[str] = Counter()
"""What became of each hostile thing, by kind."""

STARTED = answer("started")
"""The outcome is not known yet, so there is a wait for a message to come into."""

_SITUATIONS = all_situations()
_LISTENING = [each for each in _SITUATIONS if each.asks.progress.command is not None]


def answers(data: st.DataObject, situation: Situation, count: int, latency: float, patient: bool) -> None:
    """Any answers, and then honest ones."""
    said = [data.draw(hostile.answers(situation)) for _ in range(count)]
    SEEN.update(judge(situation, said, latency=latency, patient=patient))


def pushes(situation: Situation, messages: list[bytes]) -> None:
    """Any messages on the channel, while the outcome of a command is waited for."""
    for message in messages:
        channel = wire.joined(message, "correlation")
        assert channel is None or len(wire.leave(channel)) < hostile.LARGEST * 6
        outcome = situation.service.parse_push(situation.asks, message, WALL)
        SEEN["none of ours" if outcome is None else type(outcome).__name__] += 1
    judge(situation, pushed=messages, said=[STARTED])


def preset_files(content: bytes) -> None:
    """Any preset file."""
    SEEN[presets.judge(content)] += 1


def store_files(done: list[tuple[str, str, tuple[str, stores.Deed]]], removed: str) -> None:
    """Any meddling with what is stored."""
    SEEN[stores.judge(done, removed)] += 1


def sockets(way: str, said: list[bytes], frames: list[bytes], end: str) -> None:
    """Anything in the place of an answer, over a real socket."""
    SEEN[connections.judge(way, frames if way == "frames" else said, end)] += 1


ALL: dict[str, tuple[Callable[..., None], dict[str, st.SearchStrategy[Any]]]] = {
    "answers": (
        answers,
        {
            "data": st.data(),
            "situation": st.sampled_from(_SITUATIONS),
            "count": st.integers(1, 3),
            "latency": st.sampled_from([0.0, 0.05, 3.0, 29.0]),
            "patient": st.booleans(),
        },
    ),
    "pushes": (
        pushes,
        {"situation": st.sampled_from(_LISTENING), "messages": st.lists(hostile.pushes, min_size=1, max_size=3)},
    ),
    "presets": (preset_files, {"content": presets.contents}),
    "stores": (store_files, {"done": stores.meddling, "removed": st.sampled_from([stores.KEYED, stores.PLAIN])}),
    "connections": (
        sockets,
        {
            "way": connections.ways,
            "said": connections.pieces(),
            "frames": connections.frames,
            "end": connections.ends,
        },
    ),
}
"""Each property, and what Hypothesis gives to it."""


def search(kind: str) -> Callable[[], None]:
    """The property of that name as a search of its own: a decorated function remembers its settings."""
    check, drawn = ALL[kind]
    return given(**drawn)(check)

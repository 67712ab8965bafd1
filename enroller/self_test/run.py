"""Makes the checks one after the other, and waits for no longer than people would."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from enroller.preflight import Check
from enroller.self_test import NAMES, broken, libraries, local, modules, skipped, window
from enroller.text import plain

if TYPE_CHECKING:
    from enroller.app import App

LIMIT = 45.0
"""Seconds for everything together: a disk may hang."""

Work = Callable[[], Iterator[Check]]


def run(app: "App", report: Callable[[Check], None], *, limit: float = LIMIT) -> list[Check]:
    """See `self_test.examine`. What has not ended after `limit` seconds is left behind, and said to hang."""
    works: dict[str, Work] = {
        "modules": modules.check,
        "texts": libraries.texts,
        "keys": libraries.keys,
        "tls": libraries.tls,
        "store": local.store,
        "window": window.check,
        "key_store": partial(local.key_store, app),
        "storage": partial(local.storage, app),
    }
    done: dict[str, Check] = {}
    for check in _in_time(works, limit):
        done[check.name] = check
        report(check)
    for name in NAMES:
        if name not in done:
            done[name] = skipped(name, "It depends on what has failed.")
            report(done[name])
    return [done[name] for name in NAMES]


def _in_time(works: dict[str, Work], limit: float) -> Iterator[Check]:
    """What comes from a thread in time, and for what hangs a check that says so."""
    coming: SimpleQueue[Check | str | None] = SimpleQueue()
    threading.Thread(target=_work, args=(works, coming), name="self-test", daemon=True).start()
    until = time.monotonic() + limit
    at_work = next(iter(works))
    while True:
        try:
            heard = coming.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            yield broken(at_work, f"It has not ended after {limit:g} seconds.")
            return
        if heard is None:
            return
        if isinstance(heard, str):
            at_work = heard
        else:
            yield heard


def _work(works: dict[str, Work], coming: "SimpleQueue[Check | str | None]") -> None:
    """Tells each name as it is begun, what is found, and None at the end."""
    for name, work in works.items():
        coming.put(name)
        try:
            for check in work():
                coming.put(check)
        except Exception as defect:  # what a build has lost shows itself as anything: ImportError, OSError, SSLError, …
            coming.put(broken(name, f"{type(defect).__name__}: {plain(str(defect), 200)}"))
    coming.put(None)

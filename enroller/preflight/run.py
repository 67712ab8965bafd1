"""Makes the checks beside each other, each group in a thread of its own, and waits for no longer than people would."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from enroller import errors
from enroller.model import Protection
from enroller.preflight import LOCAL, NAMES, Check, Target, Verdict
from enroller.preflight.local import key_store, storage

if TYPE_CHECKING:
    from enroller.app import App

LIMIT = 8.5
"""Seconds for everything together."""


def run(
    app: "App",
    target: Target | None,
    report: Callable[[Check], None],
    *,
    local: bool,
    limit: float = LIMIT,
    protection: Protection = Protection.KEYRING,
) -> list[Check]:
    """See `preflight.examine`. What has not ended after `limit` seconds is left behind, and said to hang."""
    until = time.monotonic() + limit
    groups: list[Callable[[], Iterator[Check]]] = []
    if local:
        groups += [partial(storage, app), partial(key_store, app, protection)]
    if target is not None:
        from enroller.preflight.network import network

        groups.append(partial(network, target, until))
    wanted = [name for name in NAMES if (local if name in LOCAL else target is not None)]
    done = _collected(groups, wanted, report, until)
    for name in wanted:
        if name not in done:
            done[name] = _hanging(name)
            report(done[name])
    return [done[name] for name in wanted]


def _collected(
    groups: list[Callable[[], Iterator[Check]]], wanted: list[str], report: Callable[[Check], None], until: float
) -> dict[str, Check]:
    """What comes from the threads in time; each is reported from here, so that nobody is told two things at once."""
    coming: SimpleQueue[Check | Exception] = SimpleQueue()
    for group in groups:
        threading.Thread(target=_fill, args=(group, coming), name="preflight", daemon=True).start()
    done: dict[str, Check] = {}
    while len(done) < len(wanted):
        try:
            check = coming.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        if isinstance(check, Exception):
            raise check  # a defect of ours, in the thread of who can report it
        done[check.name] = check
        report(check)
    return done


def _fill(group: Callable[[], Iterator[Check]], coming: "SimpleQueue[Check | Exception]") -> None:
    try:
        for check in group():
            coming.put(check)
    except Exception as defect:
        coming.put(defect)


def _hanging(name: str) -> Check:
    kinds = {"storage": errors.StorageError, "key_store": errors.KeyStoreHanging}
    kind = kinds.get(name)
    if kind is None:
        return Check(name, Verdict.SKIPPED, "There was no time left for this.")
    error = kind("There was no answer in time.")
    return Check(name, Verdict.FAILED, error.message, error, error.whose)

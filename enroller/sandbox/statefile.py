"""Keeps the sandbox's memory in a file (`--state`), so that what was approved is still approved after a restart."""

import json
import logging
import os
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from enroller.errors import InputError
from enroller.model import ClientType, KeyType
from enroller.sandbox.privicore import values
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.world import Key, Memory, Registration, RequestState, Token, World

SCHEMA = 2

Memories = tuple[Memory, values.Memory]
"""What both services remember."""

_log = logging.getLogger("enroller.sandbox")


def load(path: Path) -> Memories | None:
    """What an earlier run kept in `path`; None where there is no such file yet.

    Raises InputError (field `state`) where the file cannot be read or is not ours.
    """
    try:
        return _memories(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"The state file {path} cannot be read: {error.strerror}.", field="state") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is not a state file of this sandbox.",
            field="state",
            advice="Name another file with --state, or remove this one to start afresh.",
        ) from error


def keep(safeq: World, privicore: PrivicoreWorld, path: Path) -> None:
    """Saves now and after each change. Raises InputError (field `state`) where the first time does not work."""
    keeper = _Keeper(path)
    keeper.take("safeq", safeq)
    keeper.take("privicore", privicore)
    try:
        keeper.save()
    except OSError as error:
        raise InputError(f"The state file {path} cannot be written: {error.strerror}.", field="state") from error
    safeq.subscribe(lambda: keeper.save_or_say("safeq", safeq))
    privicore.subscribe(lambda: keeper.save_or_say("privicore", privicore))


class _Keeper:
    """The document as it was last, since whoever changes one world must not wait for the other one's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._document: dict[str, object] = {"schema": SCHEMA}
        self._lock = threading.Lock()

    def take(self, name: str, world: World | PrivicoreWorld) -> None:
        with world.locked() as memory:
            self._document[name] = asdict(memory)

    def save(self) -> None:
        write_atomically(self._path, json.dumps(self._document, indent=1).encode())

    def save_or_say(self, name: str, world: World | PrivicoreWorld) -> None:
        try:
            with self._lock:
                self.take(name, world)
                self.save()
        except OSError as error:
            _log.error("The state cannot be kept in %s: %s. The sandbox goes on without.", self._path, error.strerror)


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replaces `path` in one step, so that no reader ever sees half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")  # mkstemp makes it for the owner only
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _memories(document: Any) -> Memories:
    match document["schema"]:
        case 1:  # of the time when there was SAFEQ Cloud alone
            return _safeq(document), values.Memory()
        case 2:
            return _safeq(document["safeq"]), _privicore(document["privicore"])
    raise ValueError("another schema")


def _safeq(document: Any) -> Memory:
    return Memory(
        api_key=str(document["api_key"]),
        trust=bool(document["trust"]),
        registrations={key: _registration(value) for key, value in document["registrations"].items()},
        devices={client_id: _key(value) for client_id, value in document["devices"].items()},
        access={token: Token(**value) for token, value in document["access"].items()},
        refresh={token: Token(**value) for token, value in document["refresh"].items()},
    )


def _privicore(document: Any) -> values.Memory:
    return values.Memory(
        profiles={name: values.Profile(**value) for name, value in document["profiles"].items()},
        devices={
            identifier: values.Device(**value | {"state": values.DeviceState(value["state"])})
            for identifier, value in document["devices"].items()
        },
        tokens={token: values.Token(**value) for token, value in document["tokens"].items()},
        commands={key: _command(value) for key, value in document["commands"].items()},
        engine_key=str(document["engine_key"]),
    )


def _command(value: dict[str, Any]) -> values.Command:
    return values.Command(
        **value
        | {
            "kind": values.CommandKind(value["kind"]),
            "state": values.CommandState(value["state"]),
        }
    )


def _registration(value: dict[str, Any]) -> Registration:
    return Registration(
        **value
        | {
            "client_type": ClientType(value["client_type"]),
            "key": _key(value["key"]),
            "state": RequestState(value["state"]),
        }
    )


def _key(value: dict[str, str] | None) -> Key | None:
    return None if value is None else Key(KeyType(value["key_type"]), value["public_key"], value["fingerprint"])

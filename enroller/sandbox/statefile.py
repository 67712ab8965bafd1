"""Keeps the sandbox's memory in a file (`--state`), so that what was approved is still approved after a restart."""

import json
import logging
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from enroller.errors import InputError
from enroller.model import ClientType, KeyType
from enroller.sandbox.world import Key, Memory, Registration, RequestState, Token, World

SCHEMA = 1

_log = logging.getLogger("enroller.sandbox")


def load(path: Path) -> Memory | None:
    """What an earlier run kept in `path`; None where there is no such file yet.

    Raises InputError (field `state`) where the file cannot be read or is not ours.
    """
    try:
        document = json.loads(path.read_bytes())
        return _memory(document)
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


def keep(world: World, path: Path) -> None:
    """Saves now and after each change. Raises InputError (field `state`) where the first time does not work."""
    try:
        _save(world, path)
    except OSError as error:
        raise InputError(f"The state file {path} cannot be written: {error.strerror}.", field="state") from error

    def save_or_say() -> None:
        try:
            _save(world, path)
        except OSError as error:
            _log.error("The state cannot be kept in %s: %s. The sandbox goes on without.", path, error.strerror)

    world.subscribe(save_or_say)


def _save(world: World, path: Path) -> None:
    with world.locked() as memory:
        content = json.dumps({"schema": SCHEMA} | asdict(memory), indent=1).encode()
        write_atomically(path, content)


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


def _memory(document: Any) -> Memory:
    if document["schema"] != SCHEMA:
        raise ValueError("another schema")
    return Memory(
        api_key=str(document["api_key"]),
        trust=bool(document["trust"]),
        registrations={key: _registration(value) for key, value in document["registrations"].items()},
        devices={client_id: _key(value) for client_id, value in document["devices"].items()},
        access={token: Token(**value) for token, value in document["access"].items()},
        refresh={token: Token(**value) for token, value in document["refresh"].items()},
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

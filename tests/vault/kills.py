"""Does one piece of work in a process of its own, again and again, and kills it at its first, second, … system call.

Arguments: the work, a folder that is the starting point, and where the folders that the kills left are to be put, one a
call, named by number. The last one was not killed: the work has no more calls than that.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock  # noqa: F401 - imported before the calls are counted

from enroller.model import Asked, Enrollment, KeyPair, KeyType, Protection, Secret
from enroller.vault import Opened, Unlock, Vault, recover, seal, unlock  # noqa: F401 - as above

CALLS = ("open", "write", "fsync", "link", "unlink", "rename", "replace", "mkdir", "rmdir", "chmod", "close")


def arm(at: int) -> None:
    """From now on the process dies right before its system call number `at`; a write gets half through."""
    count = 0

    def deadly(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == at:
                if name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    for name in CALLS:
        setattr(os, name, deadly(name, getattr(os, name)))


def create(vault: Vault, at: int) -> None:
    asked = Asked("https://acme.example:7400", "client-1", protection=Protection.FILE)
    key = KeyPair(KeyType.ED25519, Secret("private"), "cHVibGlj", "SHA256:abc")
    arm(at)
    vault.create(Enrollment("an-id", asked, key, None, created_at=1.0, nonce="old"), Unlock())


def save(vault: Vault, at: int) -> None:
    opened: Opened = vault.open("an-id", Unlock())
    arm(at)
    opened.save(replace(opened.enrollment, nonce="new"))


def repair(vault: Vault, at: int) -> None:
    arm(at)
    vault.open("an-id", Unlock())


def remove(vault: Vault, at: int) -> None:
    arm(at)
    vault.remove("an-id")


def main() -> None:
    work = {"create": create, "save": save, "repair": repair, "remove": remove}[sys.argv[1]]
    start, left = Path(sys.argv[2]), Path(sys.argv[3])
    for at in range(1, 1000):
        place = left / f"{at:03}"
        shutil.copytree(start, place)
        child = os.fork()
        if child == 0:
            work(Vault(place), at)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"the work failed by itself before call {at}: {status}")


if __name__ == "__main__":
    main()

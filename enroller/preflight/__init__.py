"""The checks before an enrollment, before anything secret is typed: can it be stored, is there a way to the service?

Each check says what was found, whose job it is to mend it, and (by its error) what to do. A check that could not be
made because an earlier one failed says so; one that fails does not hide what can be asked all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from enroller.errors import EnrollerError
from enroller.model import Login, Protection, ServiceName

if TYPE_CHECKING:
    from enroller.app import App

NAMES = ("storage", "key_store", "proxy", "name", "connection", "tls", "clock", "login_page", "service")
"""The checks, in the order in which people read them; the first two are of this device alone."""

LOCAL = NAMES[:2]


class Verdict(StrEnum):
    """Noted: it works, and people should know. Skipped: an earlier one failed, or there is nothing to ask."""

    PASSED = "passed"
    FAILED = "failed"
    NOTED = "noted"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Target:
    """The server to find the way to. `server`: as people paste it. `ca_pem`: certificates to trust besides the
    system's. `proxy_login`: for a proxy that wants one."""

    service: ServiceName
    server: str
    ca_pem: str | None = field(default=None, repr=False)
    proxy_login: Login | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `name`: one of NAMES. `found`: one sentence, what was found.

    `error`: what stands in the way, or is worth knowing; its advice says what to do. `whose` job that is: "technician",
    "IT", "service" or "nobody"; empty where there is nothing to do.
    """

    name: str
    verdict: Verdict
    found: str
    error: EnrollerError | None = None
    whose: str = ""


def examine(
    app: "App",
    target: Target | None,
    report: Callable[[Check], None],
    *,
    local: bool = True,
    protection: Protection = Protection.KEYRING,
) -> list[Check]:
    """All checks, in the order of NAMES. It blocks for less than ten seconds, whatever is broken.

    `report` is called with each check as soon as it is done, from the calling thread. `target` None: nothing is asked
    of the network. `local` False: nothing is asked of this device's store. `protection`: what is to keep the secrets.
    """
    from enroller.preflight.run import run

    return run(app, target, report, local=local, protection=protection)

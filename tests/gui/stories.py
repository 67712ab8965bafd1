"""What people do again and again on their way through the window."""

from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import Qt

from enroller.gui.prefill import Prefill
from enroller.keys import signed_public_key
from enroller.model import Credential, CredentialKind, Secret
from enroller.sandbox.server import Sandbox
from tests.gui.person import Person

TITLES = ("Service and server", "Identity of this device", "Key of this device", "Review and submit")
"""The form's pages, in their order."""

OTHER_KEY = signed_public_key(bytes(range(32)))
"""A key that other devices of an account have."""


class Open(Protocol):
    """Opens a window on the test's data folder; what `prefill` holds stands in the fields already."""

    def __call__(self, prefill: Prefill | None = None) -> Person: ...


def with_api_key(prefill: Prefill, api_key: str) -> Prefill:
    """The same form with another API key."""
    return replace(prefill, credential=Credential(CredentialKind.API_KEY, Secret(api_key)))


def with_asked(prefill: Prefill, **changes: object) -> Prefill:
    """The same form with other values."""
    return replace(prefill, asked=replace(prefill.asked, **changes))  # type: ignore[arg-type]


def goes_to(person: Person, title: str, *, second: bool = False) -> None:
    """Presses Next on one filled page after the other. `second`: beside an enrollment with the same server."""
    if not person.sees(*TITLES[:1]) and person.can_press("New enrollment"):
        person.clicks("New enrollment")
    elif person.sees("Enroll this device"):
        person.clicks("Next")
    for each in TITLES:
        person.waits_for(each)
        if each == title:
            return
        person.clicks("Next")
        if second and each == TITLES[0]:
            person.clicks("Enroll a second identity")


def submits(person: Person) -> None:
    """Presses Next on all filled pages, then Submit, and waits until the service has taken the request."""
    goes_to(person, "Review and submit")
    person.clicks("Submit")
    person.waits_for("Waiting for approval", "Not approved yet")


def leaves_and_resumes(open_window: Open, filled: Prefill) -> Person:
    """Submits, closes the window while it waits, and goes on in another, which is given."""
    person = open_window(filled)
    submits(person)
    person.presses(Qt.Key.Key_Escape)
    again = open_window()
    again.clicks("Resume")
    again.waits_for("Not approved yet")
    return again


def newest(sandbox: Sandbox) -> str:
    """The id of the newest request, for the administrator."""
    return sandbox.world.requests()[0].id

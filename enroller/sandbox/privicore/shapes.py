"""The shapes in which Privicore's answers come, each seen in the field or left open by the vendor's pages.

Each can be set by itself, at any moment: `Shapes` names them, and its defaults suit a client that knows one of each.
"""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self


class CommandId(StrEnum):
    """How `202 Accepted` tells the id of the command."""

    STRING = "string"
    """A bare JSON string."""
    ARRAY = "array"
    """An array with one string."""
    OBJECT = "object"
    """`{"commandId": "…"}`."""
    HEADER = "header"
    """No body; the header `X-DPT-CAB-ID`."""


class Methods(StrEnum):
    """Which of the two ways to ask there is (GET, or the recorded service's POST), and how the other is refused."""

    BOTH = "both"
    GET_OR_405 = "get-or-405"
    GET_OR_404 = "get-or-404"
    POST_OR_405 = "post-or-405"
    POST_OR_404 = "post-or-404"

    def refusal(self, method: str) -> int | None:
        """The status that refuses `method`; None where it is there."""
        if self is Methods.BOTH or self.name.startswith(method):
            return None
        return 405 if self.name.endswith("405") else 404


class CommandStatus(StrEnum):
    """How a command's outcome is told to those who ask."""

    STRING = "string"
    """`"started"`, `"succeeded"` or `"rejected"`; no reason is given."""
    ARRAY = "array"
    """The same as the one element of an array."""
    OBJECT = "object"
    """`{"command_status": 1}`, 2 or 3; `body` says why it was rejected."""


class Identifier(StrEnum):
    """How a device learns its identifier."""

    OBJECT = "object"
    """`{"deviceIdentifier": "…"}`."""
    STRING = "string"
    """A bare JSON string."""


class IdentifierName(StrEnum):
    """The member of a device's record that has the identifier."""

    DEVICE_IDENTIFIER = "deviceIdentifier"
    DEVICE_ID = "deviceId"
    ID = "id"


class NameName(StrEnum):
    """The member of a device's record that has its name."""

    DEVICE_NAME = "deviceName"
    NAME = "name"


class State(StrEnum):
    """The member of a device's record that tells its state: a word, or only whether it is approved."""

    STATUS = "status"
    STATE = "state"
    APPROVED = "approved"
    IS_APPROVED = "isApproved"

    @property
    def is_word(self) -> bool:
        """Whether it is a word and no boolean."""
        return self in (State.STATUS, State.STATE)


class ApprovedWord(StrEnum):
    """The word for an approved device."""

    APPROVED = "approved"
    ACTIVE = "active"


class Rejected(StrEnum):
    """What becomes of a rejected device's record."""

    GONE = "gone"
    LISTED = "listed"
    """It says `rejected`. Where the state is a boolean, which cannot say that, the record is gone all the same."""


class NoKey(StrEnum):
    """How a profile without a public key answers to the question for it."""

    NOT_FOUND = "404"
    EMPTY = "empty"
    """`{"publicKey": ""}`."""
    NULL = "null"
    """`{"publicKey": null}`."""
    NOTHING = "nothing"
    """200 without a body."""


class Renewal(StrEnum):
    """What a renewed token is."""

    SAME_TOKEN = "same-token"
    """The same one, with a later end."""
    NEW_TOKEN = "new-token"
    """Another one; the old one has ended."""
    END_ONLY = "end-only"
    """The same one, of which the answer tells nothing but the end."""


class Join(StrEnum):
    """How a WebSocket's joining is answered."""

    ECHOED = "echoed"
    """With the correlation id that was sent."""
    BARE = "bare"
    """Without it."""
    UNANSWERED = "unanswered"
    """Not at all, though it has worked."""


class Messages(StrEnum):
    """What a WebSocket hears of a command."""

    PLAIN = "plain"
    """One message when it has started, one when it has ended."""
    REPEATED = "repeated"
    """Each message twice, and the end of the command before it once more: repeated and late."""
    FOREIGN = "foreign"
    """Before each message one of another type, one of a command that nobody gave, and one that is no JSON."""
    SILENT = "silent"
    """None: the socket is joined, and nothing comes."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """One choice for everything that comes in more than one shape."""

    command_id: CommandId = CommandId.STRING
    status_method: Methods = Methods.BOTH
    status: CommandStatus = CommandStatus.STRING
    identifier: Identifier = Identifier.OBJECT
    configuration_method: Methods = Methods.BOTH
    record_identifier: IdentifierName = IdentifierName.DEVICE_IDENTIFIER
    record_name: NameName = NameName.DEVICE_NAME
    record_state: State = State.STATUS
    approved: ApprovedWord = ApprovedWord.APPROVED
    rejected: Rejected = Rejected.GONE
    no_key: NoKey = NoKey.NOT_FOUND
    renewal: Renewal = Renewal.SAME_TOKEN
    join: Join = Join.ECHOED
    messages: Messages = Messages.PLAIN

    def changed(self, name: str, value: str) -> Self:
        """The same with another choice. Raises ValueError, which names the choices, for a name or a value of none."""
        kinds = choices()
        if name not in kinds:
            raise ValueError(f"There is no shape {name}, but: {', '.join(kinds)}.")
        if value not in list(kinds[name]):
            raise ValueError(f"{name} is none of: {', '.join(kinds[name])}.")
        change: dict[str, Any] = {name: kinds[name](value)}
        return replace(self, **change)


def choices() -> dict[str, type[StrEnum]]:
    """What can be chosen, by the names of the members of `Shapes`."""
    return {field.name: type(field.default) for field in fields(Shapes)}  # type: ignore[misc] # all have a default

"""What Privicore remembers: profiles, tokens, devices, commands. No socket and no file; the clock is given.

    request ──> PENDING ──approve──> APPROVED ──remove──> REMOVED
                   └──reject──> REJECTED   (remove: also from PENDING)

Whatever a client commands is accepted first and done `lag` seconds later; the owner at the administrator's page acts at
once. All methods may be called from any thread.
"""

import hmac
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from enroller import keys
from enroller.model import KeyType
from enroller.sandbox.faults import NOT_PRIVICORE, PRIVICORE, Faults
from enroller.sandbox.privicore import changes
from enroller.sandbox.privicore.channels import Channels, Listener
from enroller.sandbox.privicore.shapes import Shapes
from enroller.sandbox.privicore.values import (
    Command,
    CommandKind,
    CommandState,
    Device,
    Memory,
    Profile,
    Seen,
    Token,
)
from enroller.sandbox.watched import Watched

JOIN = "join"
"""What a WebSocket's request to join is counted as."""

LONGEST_LAG = 86_400.0


class PrivicoreWorld(Watched[Memory]):
    """The service's state, and the owner's hands on it.

    `username` is the ready-made profile; `password` is its password (None: the one that it has, or a new one).
    `token_life` and `lag` are seconds. `shapes` and `lag` may be set at any moment. The owner's methods raise KeyError
    for what does not exist and ValueError for what cannot be done to it (any more). What is counted: the endpoints by
    the values of `Where`, and `join`.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        username: str,
        password: str | None = None,
        token_life: float = 86_400,
        lag: float = 0.0,
        shapes: Shapes | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(memory, faults=Faults(PRIVICORE, NOT_PRIVICORE), kinds=(*PRIVICORE, JOIN), now=now)
        self.username = username
        self.token_life = token_life
        self._lag = lag
        self._shapes = shapes or Shapes()
        self._channels = Channels()
        self._to_reject: dict[CommandKind, str] = {}
        profile = memory.profiles.get(username) or Profile(username, secrets.token_urlsafe(18))
        memory.profiles[username] = replace(profile, password=password or profile.password)

    # What is set

    @property
    def shapes(self) -> Shapes:
        """The shapes in which everything is answered from now on."""
        return self._shapes

    @shapes.setter
    def shapes(self, new: Shapes) -> None:
        with self._lock:
            self._shapes = new
            self._changed()

    @property
    def lag(self) -> float:
        """Seconds between the acceptance of a command and its outcome, for commands from now on."""
        return self._lag

    @lag.setter
    def lag(self, seconds: float) -> None:
        if not 0 <= seconds <= LONGEST_LAG:
            raise ValueError(f"The lag must be between 0 and {LONGEST_LAG:.0f} seconds.")
        with self._lock:
            self._lag = seconds
            self._changed()

    def reject_commands(self, kind: CommandKind | str, reason: str) -> None:
        """Lets the next command of this kind end as rejected. Raises ValueError for a kind that does not exist."""
        with self._lock:
            self._to_reject[CommandKind(kind)] = reason
            self._changed()

    def commands_to_reject(self) -> dict[CommandKind, str]:
        """The kinds of command that will be rejected once, and the reasons."""
        with self._lock:
            return dict(self._to_reject)

    # What the owner does

    @property
    def password(self) -> str:
        """The password of the ready-made profile."""
        return self._memory.profiles[self.username].password

    def change_password(self, new: str) -> None:
        """From now on only `new` opens the ready-made profile; tokens stay good."""
        with self._lock:
            profiles = self._memory.profiles
            profiles[self.username] = replace(profiles[self.username], password=new)
            self._changed()

    def devices(self) -> list[Seen]:
        """All devices, the newest first; also those that the service has forgotten."""
        with self._lock:
            self.settle()
            return [self._seen(each) for each in reversed(self._memory.devices.values())]

    def approve(self, identifier: str) -> None:
        """A pending device gets its configuration; its profile must have a public key."""
        self._by_owner(changes.approve, identifier)

    def reject(self, identifier: str) -> None:
        """Deletes the record of a pending device."""
        self._by_owner(changes.reject, identifier)

    def remove(self, identifier: str) -> None:
        """Deletes the record of a device, pending or approved."""
        self._by_owner(changes.remove, identifier)

    def public_key(self, username: str | None = None) -> str | None:
        """The public key of a profile (the ready-made one where None), as it was registered."""
        with self._lock:
            self.settle()
            return self._memory.profiles[username or self.username].public_key

    def set_public_key(self, username: str | None, public_key: str | None) -> None:
        """Gives a profile (the ready-made one where None) a key in its signed form, or takes its key away."""
        if public_key is not None:
            keys.open_signed_public_key(public_key)
        with self._lock:
            changes.set_public_key(self._memory, username or self.username, public_key)
            self._changed()

    def expire_tokens(self) -> None:
        """Ends all tokens now."""
        with self._lock:
            self._memory.tokens.clear()
            self._changed()

    def drop_sockets(self) -> None:
        """Ends all WebSocket connections without a word."""
        with self._lock:
            self._channels.drop()

    def sockets(self) -> int:
        """How many WebSocket connections have joined a channel."""
        with self._lock:
            return self._channels.joined()

    # What the service does

    def authenticate(self, username: str, password: str) -> tuple[str, float] | None:
        """A new token and its end; None where the name or the password is wrong."""
        with self._lock:
            self.settle()
            profile = self._memory.profiles.get(username)
            if profile is None or not hmac.compare_digest(profile.password.encode(), password.encode()):
                return None
            now = self.now()
            self._memory.tokens = {k: v for k, v in self._memory.tokens.items() if v.expires_at > now}
            return self._mint(username, self.token_life)

    def holder(self, token: str) -> Token | None:
        """Whose token it is; None where it is unknown or has expired."""
        with self._lock:
            found = self._memory.tokens.get(token)
            return found if found and found.expires_at > self.now() else None

    def extend(self, token: str, seconds: float) -> float:
        """Lets a good token end `seconds` from now; gives that end."""
        with self._lock:
            end = self.now() + seconds
            self._memory.tokens[token] = replace(self._memory.tokens[token], expires_at=end)
            self._changed()
            return end

    def exchange(self, token: str, seconds: float) -> tuple[str, float]:
        """Ends a good token and gives another one, with its end."""
        with self._lock:
            return self._mint(self._memory.tokens.pop(token).profile, seconds)

    def revoke(self, token: str) -> None:
        """Ends a good token."""
        with self._lock:
            del self._memory.tokens[token]
            self._changed()

    @property
    def engine_key(self) -> str:
        """The engine's public key in its signed form."""
        return self._memory.engine_key

    def accept(self, kind: CommandKind, profile: str | None, **arguments: str) -> Command:
        """Takes a command, whose outcome is known `lag` seconds later."""
        with self._lock:
            command = Command(str(uuid.uuid4()), kind, profile, self.now() + self.lag, arguments)
            self._memory.commands[command.id] = command
            self._channels.publish(command, self.shapes.messages)
            self.settle()
            self._changed()
            return command

    def command(self, command_id: str) -> Command | None:
        """The command with this id."""
        with self._lock:
            self.settle()
            return self._memory.commands.get(command_id)

    def devices_of(self, profile: str) -> dict[str, Device]:
        """The devices of a profile in the order of their requests, also those that the service has forgotten."""
        with self._lock:
            self.settle()
            return {key: each for key, each in self._memory.devices.items() if each.profile == profile}

    def settle(self) -> float | None:
        """Does what is due, in the order of acceptance; gives the seconds until more is due, or None."""
        with self._lock:
            now = self.now()
            started = [each for each in self._memory.commands.values() if each.state is CommandState.STARTED]
            due = [each for each in started if each.due <= now]
            for command in due:
                self._finish(command, command.due)  # it was done then, whoever looks when
            if due:
                self._changed()
            return min((each.due - now for each in started if each.due > now), default=None)

    # Who listens

    def connect(self, listener: Listener) -> None:
        """A WebSocket connection was made."""
        with self._lock:
            self._channels.connect(listener)

    def disconnect(self, listener: Listener) -> None:
        """A WebSocket connection is no more."""
        with self._lock:
            self._channels.disconnect(listener)
            self._changed()

    def join(self, listener: Listener, token: str) -> str | None:
        """Joins the channel of the token's profile and gives its id; None where the token is not good."""
        with self._lock:
            self._counts[JOIN] += 1
            holder = self.holder(token)
            if holder is None:
                return None
            channel = self._channels.join(listener, holder.profile)
            self._changed()
            return channel

    def leave(self, listener: Listener, channel: str | None, token: str | None) -> str | None:
        """Leaves the channel of that id, or of the token's profile; gives the id of what was left, if anything."""
        with self._lock:
            holder = self.holder(token) if token else None
            left = self._channels.leave(listener, channel, holder.profile if holder else None)
            self._changed()
            return left

    # Inside

    def _by_owner(self, change: Callable[[Memory, str, float], None], identifier: str) -> None:
        with self._lock:
            self.settle()
            try:
                change(self._memory, identifier, self.now())
            except changes.Rejection as rejection:
                raise ValueError(str(rejection)) from None
            self._changed()

    def _mint(self, profile: str, life: float) -> tuple[str, float]:
        token, end = secrets.token_urlsafe(32), self.now() + life
        self._memory.tokens[token] = Token(profile, end)
        self._changed()
        return token, end

    def _finish(self, command: Command, now: float) -> None:
        reason, device = self._to_reject.pop(command.kind, None), None
        if reason is None:
            try:
                device = changes.perform(self._memory, command, now)
            except changes.Rejection as rejection:
                reason = str(rejection)
        state = CommandState.SUCCEEDED if reason is None else CommandState.REJECTED
        # Its arguments may hold a password and are needed no more.
        done = replace(command, state=state, reason=reason, device=device, arguments={})
        self._memory.commands[command.id] = done
        self._channels.publish(done, self.shapes.messages)

    def _seen(self, device: Device) -> Seen:
        fingerprint = key_fingerprint(self._memory.profiles[device.profile].public_key)
        return Seen(
            identifier=device.identifier,
            name=device.name,
            meta_name=device.meta_name,
            profile=device.profile,
            state=device.state,
            created_at=device.created_at,
            decided_at=device.decided_at,
            fingerprint=fingerprint,
            spoken=keys.spoken(fingerprint) if fingerprint else None,
        )


def key_fingerprint(signed: str | None) -> str | None:
    """The fingerprint of a public key in its signed form; None stays None."""
    return keys.fingerprint(KeyType.X25519, keys.open_signed_public_key(signed)) if signed else None

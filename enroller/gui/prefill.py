"""What the wizard's fields begin with."""

from dataclasses import dataclass

from enroller.model import Asked, Credential


@dataclass(frozen=True, slots=True)
class Prefill:
    """Values to begin with; empty texts leave a field to its default."""

    asked: Asked
    credential: Credential | None = None

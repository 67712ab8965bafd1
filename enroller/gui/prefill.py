"""What the wizard's fields begin with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from enroller.model import Asked, Credential

if TYPE_CHECKING:
    from enroller.preset import Preset


@dataclass(frozen=True, slots=True)
class Prefill:
    """Values to begin with; empty texts leave a field to its default. `sealed`: the preset that holds the API key."""

    asked: Asked
    credential: Credential | None = None
    sealed: "Preset | None" = None

"""Presets: values to begin the form with, in a `.enroll` file or an `enroller://` link.

Whoever sends one may mean harm. A preset fills in the form and submits nothing. It carries no secret but an API key
that is sealed with a passphrase, and may be signed; who is trusted to sign says the setting `preset_keys`.
"""

from enroller.preset.content import LARGEST, NAMES, Preset, parse, read
from enroller.preset.handed import Handed, taken
from enroller.preset.link import SCHEME, from_link

__all__ = ["LARGEST", "NAMES", "SCHEME", "Handed", "Preset", "from_link", "parse", "read", "taken"]
